/// What `tidemill schedule …` asks of the running program, under /_tidemill/api/schedules/. Owned
/// by the program; called on event loops.
#pragma once

#include "console/console.h"
#include "schedule/heatmap.h"
#include "server/scheduling.h"

namespace tidemill::server {

class ScheduleDesk {
 public:
  /// All outlive it.
  ScheduleDesk(store::Store& store, Scheduling& scheduling, const Clock& clock)
      : store_(store), scheduling_(scheduling), clock_(clock) {}

  void open(console::Console& console);

  /// What schedule::heatmap says of all that is planned for the week to come.
  [[nodiscard]] Result<json::object> collisions(store::Tx& tx) const;

 private:
  using Answer = Task<Result<json::value>>;

  Answer preview(const console::Question& question);
  Answer explain(const console::Question& question);
  Answer heatmap(const console::Question& question);
  Answer run_now(const console::Question& question);
  Answer backfill(const console::Question& question);
  Answer reload_zones(const console::Question& question);

  store::Store& store_;
  Scheduling& scheduling_;
  const Clock& clock_;
};

}  // namespace tidemill::server
