// Composite alarms whose actions wait for a suppressor: their rows, and what becomes of the
// actions.
#include <utility>

#include <fmt/format.h>

#include "metrics/alarm_book.h"
#include "metrics/alarm_rows.h"
#include "metrics/alarm_text.h"

namespace tidemill::metrics {

Result<Suppressor> AlarmBook::suppressor_of(store::Tx& tx, const Alarm& alarm) const {
  TM_TRY(const auto state,
         tx.one(
             "SELECT state FROM alarms WHERE id = $1",
             [](const store::Row& row) { return row.text(0); }, *alarm.suppressor));
  return Suppressor{
      state == state::alarm, std::chrono::seconds(alarm.integer("ActionsSuppressorWaitPeriod")),
      std::chrono::seconds(alarm.integer("ActionsSuppressorExtensionPeriod")), parts_.clock.now()};
}

Status AlarmBook::suppress(store::Tx& tx, Alarm& alarm, Suppression suppression) const {
  if (suppression == alarm.suppression) return {};
  std::optional<std::string> told;
  if (suppression.by.empty()) told = std::exchange(suppression.untold, std::nullopt);
  const bool is_news = !suppression.by.empty() && suppression.by != alarm.suppression.by;
  alarm.suppression = std::move(suppression);
  const auto& now = alarm.suppression;
  TM_CHECK(tx.exec(
      "UPDATE alarms SET suppressed_by = $2, suppressed_until_ms = $3, untold = $4,"
      " revision = revision + 1 WHERE id = $1",
      alarm.id, now.by.empty() ? std::nullopt : std::optional(now.by), now.until, now.untold));
  if (now.until && parts_.changed) tx.on_commit([this] { parts_.changed(); });
  if (is_news) {
    TM_CHECK(note(tx, alarm, {"Action", alarm.suppressed_reason(), suppressed_data(alarm)}));
  }
  if (!told) return {};
  auto before = alarm;
  before.state = *told;
  return act(tx, before, alarm);
}

Status AlarmBook::put_suppressor(store::Tx& tx, Alarm& alarm,
                                 const std::optional<Alarm>& by) const {
  const auto id = by ? std::optional(by->id) : std::nullopt;
  if (id == alarm.suppressor) return {};
  alarm.suppressor = id;
  TM_CHECK(tx.exec("UPDATE alarms SET suppressor = $2 WHERE id = $1", alarm.id, id));
  const bool is_in_alarm = by && by->state == state::alarm;
  return suppress(tx, alarm, after_replacement(alarm.suppression, is_in_alarm));
}

Result<std::optional<TimeMs>> AlarmBook::release(store::Tx& tx) {
  static const std::string sql =
      fmt::format("SELECT {} FROM alarms WHERE suppressed_until_ms <= $1", alarm_columns);
  TM_TRY(auto alarms, tx.all(sql, read_alarm, parts_.clock.now().ms));
  for (auto& alarm : alarms) TM_CHECK(suppress(tx, alarm, after_period(alarm.suppression)));
  return next_release(tx);
}

Result<std::optional<TimeMs>> AlarmBook::next_release(store::Tx& tx) {
  return tx.one(
      "SELECT suppressed_until_ms FROM alarms WHERE suppressed_until_ms IS NOT NULL"
      " ORDER BY suppressed_until_ms LIMIT 1",
      [](const store::Row& row) { return TimeMs{row.integer(0)}; });
}

}  // namespace tidemill::metrics
