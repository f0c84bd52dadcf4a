/// A log group as a target: each event is a line in it. logs.db is a database of its own, so the
/// line is written here as a row, in the transaction that ends the delivery, and copied from there
/// as the rules' decisions are. (AWS: "Amazon CloudWatch Logs log groups as EventBridge targets".)
#pragma once

#include <functional>

#include "events/hub.h"
#include "events/target.h"

namespace tidemill::events {

class LogGroupTarget final : public Target {
 public:
  using Exists = std::function<bool(const Scope&, const std::string& group)>;

  /// `hub` outlives it; `exists` is asked on the commit thread.
  LogGroupTarget(Hub& hub, Exists exists) : hub_(hub), exists_(std::move(exists)) {}

  [[nodiscard]] bool takes(const Arn& arn) const override;
  [[nodiscard]] std::string_view action() const override { return "logs:PutLogEvents"; }
  /// A group of the account may be written to: AWS asks the group's resource policy, which isn't
  /// kept here.
  Result<std::optional<RoleDecision>> decide(store::Tx& tx, const Delivery& delivery) override;
  Result<Outcome> apply(store::Tx& tx, const Delivery& delivery) override;

 private:
  Hub& hub_;
  const Exists exists_;
};

}  // namespace tidemill::events
