/// Schedules as the program runs them: the engine with what it starts, its alarm, and the log line
/// on what was due while the program was down. Owned by the program.
#pragma once

#include <atomic>
#include <memory>

#include "base/json.h"
#include "events/hub.h"
#include "glue/runs.h"
#include "glue/workflow/workflows.h"
#include "schedule/book.h"
#include "schedule/engine.h"
#include "schedule/starters.h"
#include "server/chore.h"
#include "server/trigger_starter.h"
#include "store/store.h"

namespace tidemill::server {

class Scheduling {
 public:
  /// All outlive it.
  struct Parts {
    CallAt call_at;  ///< Whoever is told calls wake() then; on the commit thread.
    store::Store& store;
    events::Hub& hub;
    glue::Runs& runs;
    glue::Workflows& workflows;
    const Clock& clock;
    Random& random;
  };
  explicit Scheduling(const Parts& parts);

  [[nodiscard]] schedule::Engine& engine() noexcept { return engine_; }
  [[nodiscard]] schedule::Book& book() noexcept { return book_; }
  [[nodiscard]] schedule::RuleTimers& rules() noexcept { return rule_timers_; }
  [[nodiscard]] glue::TriggerTimers& triggers() noexcept { return triggers_; }
  [[nodiscard]] calendar::Zones& zones() noexcept { return zones_; }

  /// Looks for what is due, on the commit thread; soon. Any thread.
  void wake();

 private:
  [[nodiscard]] schedule::Engine::Parts engine_parts();
  [[nodiscard]] Result<bool> is_busy(store::Tx& tx, std::int64_t event) const;
  [[nodiscard]] Status cancel(store::Tx& tx, std::int64_t event) const;
  void worked(const Status& done, bool began);
  void tell_startup();

  const Parts parts_;
  calendar::Zones zones_;
  schedule::RuleStarter rule_starter_;
  schedule::ScheduleStarter schedule_starter_;
  TriggerStarter trigger_starter_;
  schedule::Engine engine_;
  schedule::RuleTimers rule_timers_;
  ScheduledTriggers triggers_;
  schedule::Book book_;
  std::atomic<bool> is_woken_ = false;
  bool told_ = false;  ///< Commit thread.
};

}  // namespace tidemill::server
