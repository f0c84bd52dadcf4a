#include "metrics/alarm_suppression.h"

namespace tidemill::metrics {
namespace {

Suppression over(std::string_view by, std::chrono::seconds period, TimeMs now,
                 std::optional<std::string> untold) {
  if (period.count() == 0) return {"", std::nullopt, std::move(untold)};
  return {std::string(by), now.plus(period), std::move(untold)};
}

Suppression by_alarm(std::optional<std::string> untold) {
  return {std::string(suppressed_by::alarm), std::nullopt, std::move(untold)};
}

}  // namespace

Suppression after_change(const Suppressor& suppressor, std::string_view state) {
  if (suppressor.is_in_alarm) return by_alarm(std::string(state));
  return over(suppressed_by::wait, suppressor.wait, suppressor.now, std::string(state));
}

Suppression after_suppressor(const Suppression& present, const Suppressor& suppressor) {
  if (suppressor.is_in_alarm) return by_alarm(present.untold);
  if (present.by != suppressed_by::alarm) return present;
  return over(suppressed_by::extension, suppressor.extension, suppressor.now, present.untold);
}

Suppression after_replacement(const Suppression& present, bool is_in_alarm) {
  if (is_in_alarm) return by_alarm(present.untold);
  return after_period(present);
}

Suppression after_period(const Suppression& present) { return {"", std::nullopt, present.untold}; }

}  // namespace tidemill::metrics
