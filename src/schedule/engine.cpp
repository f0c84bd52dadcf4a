#include "schedule/engine.h"

#include <fmt/format.h>

#include "base/failpoint.h"
#include "base/log.h"
#include "schedule/loader.h"

namespace tidemill::schedule {
namespace {

/// One claim in so many looks for old history of its timer.
constexpr std::uint64_t prune_every = 16;
constexpr int looked_at_max = 16;  // So many of a timer's last runs may still be busy.
constexpr std::int64_t reserve_max = 4'000'000;
constexpr int recheck_max = 10'000;

/// What the timer's last starts published (events.seq).
Result<std::vector<std::int64_t>> latest_events(store::Tx& tx, TimerId id) {
  return tx.all(
      "SELECT event FROM firings WHERE timer = $1 AND event IS NOT NULL"
      " ORDER BY planned_ms DESC LIMIT $2",
      [](const store::Row& row) { return row.integer(0); }, id, looked_at_max);
}

}  // namespace

Status Engine::load(store::Tx& tx) {
  loaded_ = parts_.clock.now();
  // At most; to count them would take as long as to read them.
  TM_TRY(const auto last, tx.one("SELECT coalesce(max(id), 0) FROM timers",
                                 [](const store::Row& row) { return row.integer(0); }));
  timers_.reserve(std::size_t(std::min(last.value_or(0), reserve_max)));
  Loader loader(timers_);
  TM_CHECK(each_enabled_timer(tx, [&](const TimerRow& row) { loader.add(row); }));
  for (const auto& failure : loader.finish()) {
    TM_TRY(const auto arn, arn_of(tx, failure.id));
    TM_LOG(error, "schedule", "a schedule can't run",
           {{"arn", arn}, {"reason", failure.error.message}});
  }
  return {};
}

Status Engine::run_due(store::Tx& tx) {
  // What was taken just now is still to be committed; then this is called again.
  if (!taken_.empty()) return {};
  const auto now = parts_.clock.now();
  taken_ = timers_.take_due(now, batch_);
  batch_ = taken_.size() == batch_ ? std::min(2 * batch_, batch_max) : batch_min;
  std::vector<std::pair<TimerId, Timer>> after;
  for (const auto id : taken_) {
    auto timer = *timers_.find(id);
    TM_TRY(const auto claim, settle(tx, id, timer));
    if (!claim.holds) continue;  // put() in this same commit, or another node.
    timer.decided = claim.decision.decided.ms;
    timer.due = claim.decision.next ? claim.decision.next->ms + timer.spread_s * std::int64_t{1000}
                                    : INT64_MAX;
    after.emplace_back(id, timer);
    if (!claim.decision.next) TM_CHECK(starter(timer.kind).completed(tx, timer.ref));
  }
  tx.on_commit([this, after = std::move(after)] {
    taken_.clear();
    for (const auto& [id, timer] : after) {
      const auto* known = timers_.find(id);
      if (known == nullptr || known->version != timer.version) continue;
      if (timer.due == INT64_MAX) {
        timers_.erase(id);
      } else {
        timers_.put(id, timer);
      }
    }
    if (const auto next = timers_.next_due(); next && parts_.due) parts_.due(*next);
  });
  return {};
}

bool Engine::caught_up() {
  const auto next = timers_.next_due();
  return !next || loaded_ < *next;
}

void Engine::abandon() {
  for (const auto id : taken_) timers_.put_back(id);
  taken_.clear();
}

Result<Engine::Claim> Engine::settle(store::Tx& tx, TimerId id, const Timer& timer) {
  const TimeMs now{parts_.clock.now().ms - timer.spread_s * std::int64_t{1000}};
  Claim claim{.decision =
                  decide(timers_.timing(timer), timers_.policy(timer), {timer.decided}, now)};
  auto& decision = claim.decision;
  TM_TRY(const auto changed,
         tx.exec("UPDATE timers SET decided_ms = $1 WHERE id = $2 AND version = $3"
                 " AND decided_ms = $4 AND enabled = 1",
                 decision.decided.ms, id, timer.version, timer.decided));
  TM_FAILPOINT_CHECK("schedule.claim");
  claim.holds = changed == 1;
  if (!claim.holds) return claim;
  if (timer.recheck) TM_CHECK(leave_out_decided(tx, id, decision));
  for (auto& verdict : decision.verdicts) TM_CHECK(judge(tx, id, timer, verdict));
  count(decision);
  if (++claims_ % prune_every == 0) TM_CHECK(prune(tx, id, decision));
  return claim;
}

/// The clock was set back and the schedule was changed then: some instants have a row already.
Status Engine::leave_out_decided(store::Tx& tx, TimerId id, Decision& decision) const {
  TM_TRY(const auto rows, tx.all(
                              "SELECT planned_ms FROM firings WHERE timer = $1"
                              " AND planned_ms <= $2 ORDER BY planned_ms DESC LIMIT $3",
                              [](const store::Row& row) { return row.integer(0); }, id,
                              decision.decided.ms, recheck_max));
  std::erase_if(decision.verdicts, [&](const Verdict& verdict) {
    return std::ranges::binary_search(rows, verdict.planned.ms, std::greater<>());
  });
  return {};
}

/// Carries one verdict out and writes its row. That this timer is at this instant was claimed
/// before; the row's key is the last guard.
Status Engine::judge(store::Tx& tx, TimerId id, const Timer& timer, Verdict& verdict) {
  const auto overlap = timers_.policy(timer).overlap;
  auto step = Step::run;
  if (verdict.runs() && overlap != Overlap::allow) {
    TM_TRY(const bool busy, is_busy(tx, id));
    TM_TRY(const auto buffered,
           tx.one(
               "SELECT count(*) FROM firings WHERE timer = $1 AND fate = 'buffered'",
               [](const store::Row& row) { return int(row.integer(0)); }, id));
    step = beside_others(overlap, busy, *buffered);
  }
  if (verdict.runs() && step == Step::skip) {
    verdict.fate = Fate::skipped;
    verdict.reason = "the run before it is not over";
  } else if (verdict.runs() && step == Step::buffer) {
    verdict.fate = Fate::buffered;
    verdict.reason = "it waits for the run before it";
    ++buffered_;
  }
  std::optional<std::int64_t> event;
  if (verdict.runs()) {
    if (step == Step::cancel_and_run) TM_CHECK(cancel(tx, id));
    const auto late_ms =
        parts_.clock.now().ms - verdict.planned.ms - timer.spread_s * std::int64_t{1000};
    TM_TRY(event, starter(timer.kind).start(tx, timer.ref, verdict.planned, late_ms));
    TM_FAILPOINT_CHECK("schedule.start");
  }
  TM_TRY(const auto written,
         tx.exec("INSERT INTO firings (timer, planned_ms, fate, reason, decided_ms, event)"
                 " VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (timer, planned_ms) DO NOTHING",
                 id, verdict.planned.ms, text(verdict.fate),
                 verdict.others == 0
                     ? verdict.reason
                     : fmt::format("{} (and {} before it)", verdict.reason, verdict.others),
                 parts_.clock.now().ms, event));
  if (written == 1 || !event) return {};
  return fail(Errc::internal,
              fmt::format("timer {} has run at {} before", id, iso_seconds(verdict.planned)));
}

Result<bool> Engine::is_busy(store::Tx& tx, TimerId id) {
  TM_TRY(const auto events, latest_events(tx, id));
  for (const auto event : events) {
    TM_TRY(const bool busy, parts_.activity.is_busy(tx, event));
    if (busy) return true;
  }
  return false;
}

Status Engine::cancel(store::Tx& tx, TimerId id) {
  TM_TRY(const auto events, latest_events(tx, id));
  for (const auto event : events) {
    TM_TRY(const bool busy, parts_.activity.is_busy(tx, event));
    if (busy) TM_CHECK(parts_.activity.cancel(tx, event));
  }
  return {};
}

void Engine::count(const Decision& decision) {
  for (const auto& verdict : decision.verdicts) {
    if (loaded_ < verdict.planned) continue;
    startup_.due += 1 + verdict.others;
    startup_.ran += verdict.runs() ? 1 : 0;
    if (verdict.fate == Fate::skipped) startup_.skipped += 1 + verdict.others;
    if (verdict.fate == Fate::coalesced) startup_.coalesced += 1 + verdict.others;
    if (verdict.fate == Fate::dropped) startup_.dropped += 1 + verdict.others;
  }
}

Status Engine::prune(store::Tx& tx, TimerId id, const Decision& decision) {
  const auto decided = decision.decided.ms;
  const auto gap = decision.next ? decision.next->ms - decided : INT64_MAX;
  TM_CHECK(tx.exec("DELETE FROM firings WHERE timer = $1 AND planned_ms < $2", id,
                   decided - history_ms(gap)));
  return {};
}

Status Engine::reset(store::Tx& tx) {
  for (const auto* table : {"firings", "timers", "schedule_tags", "schedules", "schedule_groups"}) {
    TM_CHECK(tx.exec(fmt::format("DELETE FROM {}", table)));
  }
  tx.on_commit([this] { timers_.clear(); });
  return {};
}

std::size_t Engine::reload_zones() {
  const auto changed = timers_.reload_zones();
  if (const auto next = timers_.next_due(); next && parts_.due) parts_.due(*next);
  return changed;
}

}  // namespace tidemill::schedule
