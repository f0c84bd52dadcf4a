/// When a composite alarm's actions wait for its suppressor, and when they are taken after all.
/// Pure. (AWS: "Suppressing composite alarm actions".)
#pragma once

#include "metrics/alarm.h"

namespace tidemill::metrics {

namespace suppressed_by {
inline constexpr std::string_view wait = "WaitPeriod", extension = "ExtensionPeriod",
                                  alarm = "Alarm";
}

/// What ActionsSuppressor… of a composite alarm say, and how things are.
struct Suppressor {
  bool is_in_alarm = false;
  std::chrono::seconds wait{0}, extension{0};
  TimeMs now;
};

/// After the alarm went out of `state`: a running period is forgotten for a new one.
[[nodiscard]] Suppression after_change(const Suppressor& suppressor, std::string_view state);
/// After the suppressor went into ALARM or out of it.
[[nodiscard]] Suppression after_suppressor(const Suppression& present,
                                           const Suppressor& suppressor);
/// With another suppressor, or none (which is in no state): a running period is forgotten.
[[nodiscard]] Suppression after_replacement(const Suppression& present, bool is_in_alarm);
/// At the end of a period.
[[nodiscard]] Suppression after_period(const Suppression& present);

}  // namespace tidemill::metrics
