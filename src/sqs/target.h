/// Queues as the targets of rules: arn:aws:sqs:REGION:ACCOUNT:NAME. A delivery's input becomes the
/// body of a message, in the delivery's own transaction.
#pragma once

#include "events/target.h"
#include "sqs/queues.h"

namespace tidemill::sqs {

/// Commit thread. `queues` outlives it.
class QueueTarget final : public events::Target {
 public:
  explicit QueueTarget(Queues& queues) : queues_(queues) {}

  [[nodiscard]] bool takes(const Arn& arn) const override { return arn.service == "sqs"; }
  [[nodiscard]] std::string_view action() const override { return "sqs:SendMessage"; }
  /// The queue's policy must let events.amazonaws.com send for the rule; a schedule has a role.
  Result<std::optional<events::RoleDecision>> decide(store::Tx& tx,
                                                     const events::Delivery& delivery) override;
  Result<events::Outcome> apply(store::Tx& tx, const events::Delivery& delivery) override;

 private:
  Queues& queues_;
};

}  // namespace tidemill::sqs
