#include "server/scheduling.h"

#include <fmt/format.h>

#include "base/log.h"

namespace tidemill::server {
namespace {

struct Open {
  std::int64_t id = 0;
  std::string state, result;
};

Result<std::vector<Open>> deliveries_of(store::Tx& tx, std::int64_t event) {
  return tx.all(
      "SELECT id, state, coalesce(result, '') FROM deliveries WHERE event = $1",
      [](const store::Row& row) { return Open{row.integer(0), row.text(1), row.text(2)}; }, event);
}

}  // namespace

Scheduling::Scheduling(const Parts& parts)
    : parts_(parts),
      rule_starter_(parts.hub, parts.random),
      schedule_starter_(parts.hub, parts.random),
      trigger_starter_(parts.workflows),
      engine_(engine_parts()),
      rule_timers_(engine_),
      triggers_(engine_, parts.workflows, parts.clock),
      book_(engine_) {
  schedule_starter_.remove = [this](store::Tx& tx, const schedule::Schedule& done) {
    return book_.remove(tx, done);
  };
}

schedule::Engine::Parts Scheduling::engine_parts() {
  return {.clock = parts_.clock,
          .zones = zones_,
          .starters = {&rule_starter_, &schedule_starter_, &trigger_starter_},
          .activity = {
              .is_busy = [this](store::Tx& tx, std::int64_t event) { return is_busy(tx, event); },
              .cancel = [this](store::Tx& tx, std::int64_t event) { return cancel(tx, event); }},
          .due = parts_.call_at};
}

Result<bool> Scheduling::is_busy(store::Tx& tx, std::int64_t event) const {
  TM_TRY(const auto deliveries, deliveries_of(tx, event));
  for (const auto& delivery : deliveries) {
    if (delivery.state == "pending") return true;
    if (glue::is_workflow_run(delivery.result)) {
      TM_TRY(const auto run, glue::find_workflow_run(tx, delivery.result));
      if (run && run->is_open()) return true;
    }
    if (!delivery.result.starts_with("jr_")) continue;
    TM_TRY(const auto run, parts_.runs.find(tx, delivery.result));
    if (run && !glue::is_final(run->state)) return true;
  }
  return false;
}

Status Scheduling::cancel(store::Tx& tx, std::int64_t event) const {
  TM_CHECK(parts_.hub.cancel(tx, event, "The schedule's next run took its place."));
  TM_TRY(const auto deliveries, deliveries_of(tx, event));
  for (const auto& delivery : deliveries) {
    if (glue::is_workflow_run(delivery.result)) {
      TM_TRY(const auto run, glue::find_workflow_run(tx, delivery.result));
      if (run && run->status == "RUNNING") TM_CHECK(parts_.workflows.stop(tx, *run));
    }
    if (!delivery.result.starts_with("jr_")) continue;
    TM_TRY(const auto run, parts_.runs.find(tx, delivery.result));
    const bool goes_on =
        run && !glue::is_final(run->state) && run->state != glue::RunState::stopping;
    if (goes_on) TM_CHECK(parts_.runs.stop(tx, run->scope, run->job, run->id));
  }
  return {};
}

void Scheduling::wake() {
  if (is_woken_.exchange(true)) return;
  auto began = std::make_shared<bool>(false);  // A full store refuses on this thread.
  parts_.store.post(
      [this, began](store::Tx& tx) {
        *began = true;
        is_woken_ = false;
        return engine_.run_due(tx);
      },
      [this, began](const Status& done) { worked(done, *began); });
}

void Scheduling::worked(const Status& done, bool began) {
  if (!done) {
    if (began) {
      engine_.abandon();
    } else {
      is_woken_ = false;
    }
    TM_LOG(error, "schedule", "what is due waits", {{"reason", done.error().message}});
    parts_.call_at(parts_.clock.now().plus(pause_after_failure));
    return;
  }
  if (!told_ && engine_.caught_up()) tell_startup();
}

void Scheduling::tell_startup() {
  told_ = true;
  const auto& tally = engine_.startup();
  if (tally.due == 0) return;
  auto line = fmt::format("{} were due while down:", tally.due);
  if (tally.coalesced > 0) {
    line += fmt::format(" {} made into {}", tally.coalesced + tally.ran, tally.ran);
  } else {
    line += fmt::format(" {} run now", tally.ran);
  }
  if (tally.skipped > 0) line += fmt::format(", {} skipped", tally.skipped);
  if (tally.dropped > 0) line += fmt::format(", {} dropped", tally.dropped);
  TM_LOG(info, "schedule", line);
}

}  // namespace tidemill::server
