#include "schedule/timer_rows.h"

#include <fmt/format.h>

namespace tidemill::schedule {
namespace {

constexpr std::string_view timer_columns =
    "id, kind, ref, version, expression, zone, start_ms, end_ms, base_ms, spread_ms, policy,"
    " decided_ms, recheck, enabled, arn";

/// All but `enabled` and `arn`.
void read_plan(const store::Row& row, TimerRow& timer) {
  timer.id = row.integer(0);
  timer.kind = TimerKind(row.integer(1));
  timer.ref = row.integer(2);
  timer.version = std::int32_t(row.integer(3));
  timer.expression.assign(row.bytes(4));
  timer.zone.assign(row.bytes(5));
  timer.start = row.maybe_time(6);
  timer.end = row.maybe_time(7);
  timer.base = {row.integer(8)};
  timer.spread_ms = row.integer(9);
  timer.policy.assign(row.bytes(10));
  timer.decided = {row.integer(11)};
  timer.recheck = row.integer(12) != 0;
}

TimerRow read_row(const store::Row& row) {
  TimerRow timer;
  read_plan(row, timer);
  timer.enabled = row.integer(13) != 0;
  timer.arn.assign(row.bytes(14));
  return timer;
}

}  // namespace

Status each_enabled_timer(store::Tx& tx, const std::function<void(const TimerRow&)>& each) {
  static const std::string sql =
      fmt::format("SELECT {} FROM timers WHERE enabled = 1", timer_columns);
  TimerRow timer;
  const auto add = [&](const store::Row& row) {
    read_plan(row, timer);
    each(timer);
    return true;
  };
  return tx.each(sql, add);
}

Result<std::vector<TimerRow>> enabled_timers(store::Tx& tx, std::size_t most) {
  static const std::string sql =
      fmt::format("SELECT {} FROM timers WHERE enabled = 1 ORDER BY id LIMIT $1", timer_columns);
  TM_TRY(auto rows, tx.all(sql, read_row, most + 1));
  if (rows.size() <= most) return rows;
  return fail(Errc::too_large, fmt::format("there are more than {} schedules", most));
}

Result<std::string> arn_of(store::Tx& tx, TimerId id) {
  TM_TRY(auto arn, tx.one(
                       "SELECT arn FROM timers WHERE id = $1",
                       [](const store::Row& row) { return row.text(0); }, id));
  return std::move(arn).value_or("");
}

Result<std::optional<TimerRow>> find_timer(store::Tx& tx, std::string_view arn) {
  static const std::string sql = fmt::format("SELECT {} FROM timers WHERE arn = $1", timer_columns);
  return tx.one(sql, read_row, arn);
}

Result<TimerRow> require_timer(store::Tx& tx, std::string_view arn) {
  TM_TRY(auto found, find_timer(tx, arn));
  if (found) return *std::move(found);
  return fail(Errc::not_found, "ResourceNotFoundException",
              fmt::format("{} has no schedule.", arn));
}

Result<std::vector<TimerRow>> buffering_timers(store::Tx& tx) {
  static const std::string sql = fmt::format(
      "SELECT {} FROM timers WHERE id IN (SELECT timer FROM firings WHERE fate = 'buffered')",
      timer_columns);
  return tx.all(sql, read_row);
}

Result<TimerId> save_timer(store::Tx& tx, const TimerRow& row) {
  TM_TRY(const auto id,
         tx.one(
             "INSERT INTO timers (arn, kind, ref, version, enabled, expression, zone, start_ms,"
             " end_ms, base_ms, spread_ms, policy, decided_ms, recheck) VALUES ($1, $2, $3, $4,"
             " $5, $6, $7, $8, $9, $10, $11, $12, $13, $14) ON CONFLICT (arn) DO UPDATE SET"
             " kind = $2, ref = $3, version = $4, enabled = $5, expression = $6, zone = $7,"
             " start_ms = $8, end_ms = $9, base_ms = $10, spread_ms = $11, policy = $12,"
             " decided_ms = $13, recheck = $14 RETURNING id",
             [](const store::Row& r) { return r.integer(0); }, row.arn, int(row.kind), row.ref,
             row.version, row.enabled ? 1 : 0, row.expression, row.zone, row.start, row.end,
             row.base.ms, row.spread_ms, row.policy, row.decided.ms, row.recheck ? 1 : 0));
  return *id;
}

}  // namespace tidemill::schedule
