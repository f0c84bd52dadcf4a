// What changes timers, and what is run beside the plan.
#include <fmt/format.h>

#include "schedule/engine.h"

namespace tidemill::schedule {
namespace {

constexpr std::size_t backfill_max = 10'000;

/// Whether the two are due at the same instants.
bool same_times(const TimerRow& a, const TimerRow& b) {
  return a.expression == b.expression && a.zone == b.zone && a.start == b.start && a.end == b.end &&
         Policy::parse(a.policy).dst == Policy::parse(b.policy).dst;
}

TimeMs first_run(const TimerOrder& order, TimeMs now, bool is_new) {
  const auto read = calendar::parse_expression(order.expression, calendar::Dialect::scheduler);
  const auto* rate = read ? std::get_if<calendar::Rate>(&*read) : nullptr;
  if (rate == nullptr) return {};
  return {now.ms + (is_new && order.runs_at_once ? 0 : rate->period_ms)};
}

}  // namespace

/// Before a timer changes: what its old expression planned until now isn't forgotten.
Status Engine::close_old(store::Tx& tx, const TimerRow& old, bool by_edit) {
  TM_TRY(const auto timer, timers_.compile(old));
  if (old.enabled) {
    TM_TRY([[maybe_unused]] const auto claim, settle(tx, old.id, timer));
    return {};
  }
  if (by_edit) return {};
  const auto idle = decide_disabled(timers_.timing(timer), old.decided, parts_.clock.now());
  for (auto verdict : idle.verdicts) TM_CHECK(judge(tx, old.id, timer, verdict));
  return {};
}

Status Engine::put(store::Tx& tx, const TimerOrder& order) {
  const auto now = parts_.clock.now();
  TM_TRY(auto old, find_timer(tx, order.arn));
  TimerRow row{.arn = order.arn,
               .kind = order.kind,
               .ref = order.ref,
               .enabled = order.enabled,
               .expression = order.expression,
               .zone = order.zone,
               .start = order.start,
               .end = order.end,
               .base = first_run(order, now, !old),
               .spread_ms = place_in_spread(order.arn, order.policy.spread_ms),
               .policy = order.policy.text(),
               .decided = {order.runs_at_once && !old ? now.ms - 1 : now.ms}};
  if (old) {
    const bool same = same_times(*old, row);
    TM_CHECK(close_old(tx, *old, !same || !order.enabled));
    TM_TRY(old, find_timer(tx, order.arn));
    row.id = old->id;
    row.version = old->version + 1;
    if (same) row.base = old->base;
    if (same && old->enabled) row.decided = old->decided;
    TM_TRY(const auto later,
           tx.one(
               "SELECT 1 FROM firings WHERE timer = $1 AND planned_ms > $2",
               [](const store::Row& r) { return r.integer(0); }, row.id, row.decided.ms));
    row.recheck = later.has_value();
  }
  TM_TRY(row.id, save_timer(tx, row));
  refresh(tx, row);
  return {};
}

void Engine::refresh(store::Tx& tx, const TimerRow& row) {
  auto timer = row.enabled ? timers_.compile(row) : fail(Errc::not_found, "");
  tx.on_commit([this, id = row.id, timer = std::move(timer)] {
    if (!timer || timer->due == INT64_MAX) {
      timers_.erase(id);
      return;
    }
    timers_.put(id, *timer);
    if (parts_.due) parts_.due({timer->due});
  });
}

Status Engine::remove(store::Tx& tx, std::string_view arn) {
  TM_TRY(const auto row, find_timer(tx, arn));
  if (!row) return {};
  TM_CHECK(tx.exec("DELETE FROM firings WHERE timer = $1", row->id));
  TM_CHECK(tx.exec("DELETE FROM timers WHERE id = $1", row->id));
  tx.on_commit([this, id = row->id] { timers_.erase(id); });
  return {};
}

Status Engine::drain(store::Tx& tx) {
  if (drained_ == buffered_) return {};
  TM_TRY(const auto waiting, buffering_timers(tx));
  // They may wait again, if this transaction or the commit fails.
  if (waiting.empty()) tx.on_commit([this, drained = buffered_] { drained_ = drained; });
  for (const auto& row : waiting) {
    TM_TRY(const bool busy, is_busy(tx, row.id));
    if (busy) continue;
    TM_TRY(const auto planned,
           tx.one(
               "SELECT planned_ms FROM firings WHERE timer = $1 AND fate = 'buffered'"
               " ORDER BY planned_ms LIMIT 1",
               [](const store::Row& r) { return TimeMs{r.integer(0)}; }, row.id));
    TM_TRY(const auto event, starter(row.kind).start(tx, row.ref, *planned, {}));
    TM_CHECK(
        tx.exec("UPDATE firings SET fate = 'late', reason = 'it waited for the run before it',"
                " decided_ms = $3, event = $4 WHERE timer = $1 AND planned_ms = $2",
                row.id, planned->ms, parts_.clock.now().ms, event));
  }
  return {};
}

Result<std::int64_t> Engine::run_now(store::Tx& tx, std::string_view arn) {
  TM_TRY(const auto row, require_timer(tx, arn));
  const auto now = parts_.clock.now();
  TM_TRY(const auto event, starter(row.kind).start(tx, row.ref, now, {}));
  // Planned instants are whole seconds: this row is never in the way of one.
  const auto odd = now.ms % 1000 == 0 ? now.ms + 1 : now.ms;
  TM_CHECK(write(tx, row.id, {.planned = {odd}, .reason = "run-now"}, event));
  return event;
}

Result<std::vector<TimeMs>> Engine::backfill(store::Tx& tx, std::string_view arn,
                                             const Backfill& order) {
  TM_TRY(const auto row, require_timer(tx, arn));
  TM_TRY(auto timer, timers_.compile(row));
  const auto timing = timers_.timing(timer);
  TM_TRY(const auto ran,
         tx.all(
             "SELECT planned_ms FROM firings WHERE timer = $1 AND planned_ms BETWEEN $2 AND $3"
             " AND fate IN ('fired', 'late', 'buffered') ORDER BY planned_ms",
             [](const store::Row& r) { return r.integer(0); }, row.id, order.from.ms, order.to.ms));
  std::vector<TimeMs> wanted;
  // What comes later is still to be decided in its time.
  const auto until = std::min(order.to, row.decided);
  for (auto next = calendar::next_fire(timing, {order.from.ms - 1}); next && *next <= until;
       next = calendar::next_fire(timing, *next)) {
    if (std::ranges::binary_search(ran, next->ms)) continue;
    if (wanted.size() == backfill_max) {
      return fail(Errc::invalid_argument,
                  fmt::format("that is more than {} runs; take a shorter time", backfill_max));
    }
    wanted.push_back(*next);
  }
  if (order.dry_run) return wanted;
  const bool one_by_one = order.overlap != Overlap::allow;
  for (const auto planned : wanted) {
    std::optional<std::int64_t> event;
    if (!one_by_one) {
      TM_TRY(event, starter(row.kind).start(tx, row.ref, planned, {}));
    }
    TM_CHECK(write(tx, row.id,
                   {.planned = planned,
                    .fate = one_by_one ? Fate::buffered : Fate::late,
                    .reason = "backfill"},
                   event));
  }
  if (one_by_one) {
    ++buffered_;
    TM_CHECK(drain(tx));
  }
  return wanted;
}

/// Over what is told of that instant so far: it didn't run.
Status Engine::write(store::Tx& tx, TimerId id, const Verdict& verdict,
                     std::optional<std::int64_t> event) {
  TM_CHECK(tx.exec(
      "INSERT INTO firings (timer, planned_ms, fate, reason, decided_ms, event)"
      " VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (timer, planned_ms) DO UPDATE SET"
      " fate = $3, reason = $4, decided_ms = $5, event = $6",
      id, verdict.planned.ms, text(verdict.fate), verdict.reason, parts_.clock.now().ms, event));
  return {};
}

}  // namespace tidemill::schedule
