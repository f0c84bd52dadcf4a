/// What joins Glue's triggers with the engine of schedules: neither knows the other. Owned by the
/// program; on the commit thread.
#pragma once

#include "base/random.h"
#include "events/hub.h"
#include "glue/trigger.h"
#include "schedule/engine.h"

namespace tidemill::server {

/// Starts the jobs of a trigger, each by a delivery of its own: a job that is full lets it wait.
class TriggerStarter final : public schedule::Starter {
 public:
  TriggerStarter(events::Hub& hub, Random& random) : hub_(hub), random_(random) {}
  [[nodiscard]] Result<std::int64_t> start(store::Tx& tx, std::int64_t ref, TimeMs planned,
                                           std::optional<std::int64_t> late_ms) override;
  [[nodiscard]] Status completed(store::Tx&, std::int64_t) override { return {}; }
  [[nodiscard]] Result<std::int64_t> start(store::Tx& tx, const glue::JobTrigger& trigger,
                                           TimeMs at, std::optional<std::int64_t> late_ms = {});

 private:
  events::Hub& hub_;
  Random& random_;
};

class ScheduledTriggers final : public glue::TriggerTimers {
 public:
  ScheduledTriggers(schedule::Engine& engine, TriggerStarter& starter, const Clock& clock)
      : engine_(engine), starter_(starter), clock_(clock) {}
  [[nodiscard]] Status changed(store::Tx& tx, const glue::JobTrigger& trigger) override;
  [[nodiscard]] Status removed(store::Tx& tx, const glue::JobTrigger& trigger) override;
  [[nodiscard]] Status start(store::Tx& tx, const glue::JobTrigger& trigger) override;

 private:
  schedule::Engine& engine_;
  TriggerStarter& starter_;
  const Clock& clock_;
};

}  // namespace tidemill::server
