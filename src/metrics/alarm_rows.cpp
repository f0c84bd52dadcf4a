#include "metrics/alarm_rows.h"

namespace tidemill::metrics {

Alarm read_alarm(const store::Row& row) {
  Alarm alarm;
  alarm.id = row.integer(0);
  alarm.key = {{row.text(1), row.text(2)}, row.text(3)};
  alarm.settings = json::parse_object(row.bytes(4)).value();
  alarm.actions_enabled = row.integer(5) != 0;
  alarm.state = row.text(6);
  alarm.reason = row.text(7);
  alarm.reason_data = row.maybe_text(8);
  alarm.state_at = {row.integer(9)};
  alarm.changed = {row.integer(10)};
  alarm.configured = {row.integer(11)};
  alarm.revision = row.integer(12);
  alarm.is_composite = row.integer(13) != 0;
  alarm.suppressor = row.maybe_integer(14);
  alarm.suppression = {row.text(15), row.maybe_time(16), row.maybe_text(17)};
  return alarm;
}

}  // namespace tidemill::metrics
