/// What joins Glue's triggers with the engine of schedules: neither knows the other. Owned by the
/// program; on the commit thread.
#pragma once

#include "glue/trigger.h"
#include "glue/workflow/workflows.h"
#include "schedule/engine.h"

namespace tidemill::server {

/// Fires a trigger when its time has come.
class TriggerStarter final : public schedule::Starter {
 public:
  explicit TriggerStarter(glue::Workflows& workflows) : workflows_(workflows) {}
  [[nodiscard]] Result<std::int64_t> start(store::Tx& tx, std::int64_t ref, TimeMs planned,
                                           std::optional<std::int64_t> late_ms) override;
  [[nodiscard]] Status completed(store::Tx&, std::int64_t) override { return {}; }

 private:
  glue::Workflows& workflows_;
};

class ScheduledTriggers final : public glue::TriggerTimers {
 public:
  ScheduledTriggers(schedule::Engine& engine, glue::Workflows& workflows, const Clock& clock)
      : engine_(engine), workflows_(workflows), clock_(clock) {}
  [[nodiscard]] Status changed(store::Tx& tx, const glue::JobTrigger& trigger) override;
  [[nodiscard]] Status removed(store::Tx& tx, const glue::JobTrigger& trigger) override;
  [[nodiscard]] Status start(store::Tx& tx, const glue::JobTrigger& trigger) override;

 private:
  schedule::Engine& engine_;
  glue::Workflows& workflows_;
  const Clock& clock_;
};

}  // namespace tidemill::server
