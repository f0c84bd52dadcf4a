/// A bus as a target: a schedule's PutEvents puts an event on it, a rule hands its event on to it.
/// (AWS: "Sending events between EventBridge buses".)
#pragma once

#include "base/random.h"
#include "events/bus.h"
#include "events/target.h"

namespace tidemill::events {

class BusTarget final : public Target {
 public:
  BusTarget(Bus& bus, const Clock& clock, Random& random)
      : bus_(bus), clock_(clock), random_(random) {}
  [[nodiscard]] bool takes(const Arn& arn) const override;
  [[nodiscard]] std::string_view action() const override { return "events:PutEvents"; }
  Result<Outcome> apply(store::Tx& tx, const Delivery& delivery) override;

 private:
  Bus& bus_;
  const Clock& clock_;
  Random& random_;
};

}  // namespace tidemill::events
