/// A bus as a target: a schedule's PutEvents puts an event on it, a rule hands its event on to it.
/// (AWS: "Sending events between EventBridge buses".)
#pragma once

#include "base/random.h"
#include "events/bus.h"
#include "events/bus_policy.h"
#include "events/target.h"

namespace tidemill::events {

class BusTarget final : public Target {
 public:
  /// All outlive it.
  struct Parts {
    Bus& bus;
    const BusPolicies& policies;
    const Clock& clock;
    Random& random;
  };
  explicit BusTarget(const Parts& parts)
      : bus_(parts.bus), policies_(parts.policies), clock_(parts.clock), random_(parts.random) {}
  [[nodiscard]] bool takes(const Arn& arn) const override;
  [[nodiscard]] std::string_view action() const override { return "events:PutEvents"; }
  Result<std::optional<RoleDecision>> decide(store::Tx&, const Delivery& delivery) override {
    return policies_.decide(delivery);
  }
  Result<Outcome> apply(store::Tx& tx, const Delivery& delivery) override;

 private:
  Bus& bus_;
  const BusPolicies& policies_;
  const Clock& clock_;
  Random& random_;
};

}  // namespace tidemill::events
