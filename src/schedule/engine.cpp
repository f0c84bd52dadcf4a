#include "schedule/engine.h"

#include <fmt/format.h>

#include "base/log.h"

namespace tidemill::schedule {
namespace {

constexpr std::string_view timer_columns =
    "id, arn, kind, ref, version, enabled, expression, zone, start_ms, end_ms, base_ms, spread_ms,"
    " policy, decided_ms";
/// One claim in so many looks for old history of its timer.
constexpr std::uint64_t prune_every = 16;
constexpr int looked_at_max = 16;  // So many of a timer's last runs may still be busy.
constexpr std::size_t backfill_max = 10'000;

std::optional<TimeMs> maybe_time(const store::Row& row, int column) {
  const auto ms = row.maybe_integer(column);
  return ms ? std::optional(TimeMs{*ms}) : std::nullopt;
}

std::optional<std::int64_t> maybe_ms(const std::optional<TimeMs>& time) {
  return time ? std::optional(time->ms) : std::nullopt;
}

void read_timer(const store::Row& row, TimerRow& timer) {
  timer.id = row.integer(0);
  timer.arn.assign(row.bytes(1));
  timer.kind = TimerKind(row.integer(2));
  timer.ref = row.integer(3);
  timer.version = std::int32_t(row.integer(4));
  timer.enabled = row.integer(5) != 0;
  timer.expression.assign(row.bytes(6));
  timer.zone.assign(row.bytes(7));
  timer.start = maybe_time(row, 8);
  timer.end = maybe_time(row, 9);
  timer.base = {row.integer(10)};
  timer.spread_ms = row.integer(11);
  timer.policy.assign(row.bytes(12));
  timer.decided = {row.integer(13)};
}

TimerRow read_row(const store::Row& row) {
  TimerRow timer;
  read_timer(row, timer);
  return timer;
}

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

Result<std::vector<TimerRow>> enabled_timers(store::Tx& tx, std::size_t most) {
  static const std::string sql =
      fmt::format("SELECT {} FROM timers WHERE enabled = 1 ORDER BY id LIMIT $1", timer_columns);
  TM_TRY(auto rows, tx.all(sql, read_row, most + 1));
  if (rows.size() <= most) return rows;
  return fail(Errc::too_large, fmt::format("there are more than {} schedules", most));
}

Result<std::optional<TimerRow>> find_timer(store::Tx& tx, std::string_view arn) {
  static const std::string sql = fmt::format("SELECT {} FROM timers WHERE arn = $1", timer_columns);
  return tx.one(sql, read_row, arn);
}

Result<TimerRow> Engine::require(store::Tx& tx, std::string_view arn) const {
  TM_TRY(auto found, find_timer(tx, arn));
  if (found) return *std::move(found);
  return fail(Errc::not_found, "ResourceNotFoundException",
              fmt::format("{} has no schedule.", arn));
}

/// What a timer came to in a transaction; holds in memory once that is committed.
struct Engine::Claim {
  bool holds = false;  ///< Else another was first, or it was changed meanwhile.
  Decision decision;
};

Status Engine::load(store::Tx& tx) {
  loaded_ = parts_.clock.now();
  TM_TRY(const auto count, tx.one("SELECT count(*) FROM timers",
                                  [](const store::Row& row) { return row.integer(0); }));
  timers_.reserve(std::size_t(count.value_or(0)));
  static const std::string sql =
      fmt::format("SELECT {} FROM timers WHERE enabled = 1", timer_columns);
  TimerRow timer;
  const auto add = [&](const store::Row& row) {
    read_timer(row, timer);
    const auto compiled = timers_.compile(timer);
    if (compiled) {
      if (compiled->due != INT64_MAX) timers_.put(timer.id, *compiled);
    } else {
      TM_LOG(error, "schedule", "a schedule can't run",
             {{"arn", timer.arn}, {"reason", compiled.error().message}});
    }
    return true;
  };
  return tx.each(sql, add);
}

Status Engine::run_due(store::Tx& tx) {
  const auto now = parts_.clock.now();
  taken_ = timers_.take_due(now, batch);
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
  claim.holds = changed == 1;
  if (!claim.holds) return claim;
  for (auto& verdict : decision.verdicts) TM_CHECK(judge(tx, id, timer, verdict));
  count(decision);
  if (++claims_ % prune_every == 0) TM_CHECK(prune(tx, id, decision.decided, timer));
  return claim;
}

/// Carries one verdict out and writes its row; the row comes first, for it is the claim.
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
    may_be_buffered_ = true;
  }
  TM_TRY(const auto claimed,
         tx.exec("INSERT INTO firings (timer, planned_ms, fate, reason, decided_ms, event)"
                 " VALUES ($1, $2, $3, $4, $5, NULL) ON CONFLICT (timer, planned_ms) DO NOTHING",
                 id, verdict.planned.ms, text(verdict.fate),
                 verdict.others == 0
                     ? verdict.reason
                     : fmt::format("{} (and {} before it)", verdict.reason, verdict.others),
                 parts_.clock.now().ms));
  if (claimed == 0 || !verdict.runs()) return {};
  if (step == Step::cancel_and_run) TM_CHECK(cancel(tx, id));
  TM_TRY(const auto event, starter(timer.kind).start(tx, timer.ref, verdict.planned));
  TM_CHECK(tx.exec("UPDATE firings SET event = $3 WHERE timer = $1 AND planned_ms = $2", id,
                   verdict.planned.ms, event));
  return {};
}

Result<bool> Engine::is_busy(store::Tx& tx, TimerId id) {
  TM_TRY(const auto events,
         tx.all(
             "SELECT event FROM firings WHERE timer = $1 AND event IS NOT NULL"
             " ORDER BY planned_ms DESC LIMIT $2",
             [](const store::Row& row) { return row.integer(0); }, id, looked_at_max));
  for (const auto event : events) {
    TM_TRY(const bool busy, parts_.activity.is_busy(tx, event));
    if (busy) return true;
  }
  return false;
}

Status Engine::cancel(store::Tx& tx, TimerId id) {
  TM_TRY(const auto events,
         tx.all(
             "SELECT event FROM firings WHERE timer = $1 AND event IS NOT NULL"
             " ORDER BY planned_ms DESC LIMIT $2",
             [](const store::Row& row) { return row.integer(0); }, id, looked_at_max));
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

Status Engine::prune(store::Tx& tx, TimerId id, TimeMs planned, const Timer& timer) {
  const auto next = calendar::next_fire(timers_.timing(timer), planned);
  const auto gap = next ? next->ms - planned.ms : INT64_MAX;
  TM_CHECK(tx.exec("DELETE FROM firings WHERE timer = $1 AND planned_ms < $2", id,
                   planned.ms - history_ms(gap)));
  return {};
}

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
  }
  const auto add = [](const store::Row& r) { return r.integer(0); };
  TM_TRY(const auto id,
         tx.one("INSERT INTO timers (arn, kind, ref, version, enabled, expression, zone, start_ms,"
                " end_ms, base_ms, spread_ms, policy, decided_ms) VALUES ($1, $2, $3, $4, $5, $6,"
                " $7, $8, $9, $10, $11, $12, $13) ON CONFLICT (arn) DO UPDATE SET kind = $2,"
                " ref = $3, version = $4, enabled = $5, expression = $6, zone = $7, start_ms = $8,"
                " end_ms = $9, base_ms = $10, spread_ms = $11, policy = $12, decided_ms = $13"
                " RETURNING id",
                add, row.arn, int(row.kind), row.ref, row.version, row.enabled ? 1 : 0,
                row.expression, row.zone, maybe_ms(row.start), maybe_ms(row.end), row.base.ms,
                row.spread_ms, row.policy, row.decided.ms));
  row.id = *id;
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
  if (!may_be_buffered_) return {};
  static const std::string sql = fmt::format(
      "SELECT {} FROM timers WHERE id IN (SELECT timer FROM firings WHERE fate = 'buffered')",
      timer_columns);
  TM_TRY(const auto waiting, tx.all(sql, read_row));
  may_be_buffered_ = !waiting.empty();
  for (const auto& row : waiting) {
    TM_TRY(const bool busy, is_busy(tx, row.id));
    if (busy) continue;
    TM_TRY(const auto planned,
           tx.one(
               "SELECT planned_ms FROM firings WHERE timer = $1 AND fate = 'buffered'"
               " ORDER BY planned_ms LIMIT 1",
               [](const store::Row& r) { return TimeMs{r.integer(0)}; }, row.id));
    TM_TRY(const auto event, starter(row.kind).start(tx, row.ref, *planned));
    TM_CHECK(
        tx.exec("UPDATE firings SET fate = 'late', reason = 'it waited for the run before it',"
                " decided_ms = $3, event = $4 WHERE timer = $1 AND planned_ms = $2",
                row.id, planned->ms, parts_.clock.now().ms, event));
  }
  return {};
}

Result<std::int64_t> Engine::run_now(store::Tx& tx, std::string_view arn) {
  TM_TRY(const auto row, require(tx, arn));
  const auto now = parts_.clock.now();
  TM_TRY(const auto event, starter(row.kind).start(tx, row.ref, now));
  TM_CHECK(
      tx.exec("INSERT INTO firings (timer, planned_ms, fate, reason, decided_ms, event)"
              " VALUES ($1, $2, 'fired', 'run-now', $2, $3) ON CONFLICT DO NOTHING",
              row.id, now.ms, event));
  return event;
}

Result<std::vector<TimeMs>> Engine::backfill(store::Tx& tx, std::string_view arn,
                                             const Backfill& order) {
  TM_TRY(const auto row, require(tx, arn));
  TM_TRY(auto timer, timers_.compile(row));
  const auto timing = timers_.timing(timer);
  TM_TRY(const auto ran,
         tx.all(
             "SELECT planned_ms FROM firings WHERE timer = $1 AND planned_ms BETWEEN $2 AND $3"
             " AND fate IN ('fired', 'late', 'buffered') ORDER BY planned_ms",
             [](const store::Row& r) { return r.integer(0); }, row.id, order.from.ms, order.to.ms));
  std::vector<TimeMs> wanted;
  TimeMs at{order.from.ms - 1};
  for (auto next = calendar::next_fire(timing, at); next && *next <= order.to;
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
      TM_TRY(event, starter(row.kind).start(tx, row.ref, planned));
    }
    TM_CHECK(write(tx, row.id,
                   {.planned = planned,
                    .fate = one_by_one ? Fate::buffered : Fate::late,
                    .reason = "backfill"},
                   event));
  }
  if (one_by_one) {
    may_be_buffered_ = true;
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
