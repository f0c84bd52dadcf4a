/// Topics as the targets of rules and schedules: arn:aws:sns:REGION:ACCOUNT:NAME. A delivery's
/// input becomes a message, in the delivery's own transaction.
#pragma once

#include "events/target.h"
#include "sns/topics.h"

namespace tidemill::sns {

/// Commit thread. `topics` outlives it.
class TopicTarget final : public events::Target {
 public:
  explicit TopicTarget(Topics& topics) : topics_(topics) {}

  [[nodiscard]] bool takes(const Arn& arn) const override { return arn.service == "sns"; }
  [[nodiscard]] std::string_view action() const override { return "sns:Publish"; }
  /// The topic's policy must let events.amazonaws.com publish for the rule; a schedule has a role.
  Result<std::optional<events::RoleDecision>> decide(store::Tx& tx,
                                                     const events::Delivery& delivery) override;
  Result<events::Outcome> apply(store::Tx& tx, const events::Delivery& delivery) override;

 private:
  Topics& topics_;
};

}  // namespace tidemill::sns
