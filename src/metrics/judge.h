/// Whether an alarm's datapoints breach its threshold: M of N, what is missing, and the reason in
/// CloudWatch's words. Pure.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "metrics/alarm_book.h"

namespace tidemill::metrics {

/// A period of the evaluation; without a value it is missing.
struct Datapoint {
  TimeMs at;
  std::optional<double> value;
  double samples = 0;
};

/// When and what was looked at.
struct Evaluation {
  TimeMs now;
  std::vector<Datapoint> points;  ///< The oldest first: `criteria.periods` of them.
};

[[nodiscard]] bool breaches(std::string_view comparison, double value, double threshold);

/// What the alarm is in now; its present state where it is to be left as it is.
[[nodiscard]] Verdict judge(const Criteria& criteria, const Evaluation& seen,
                            std::string_view present);

/// The beginning of the evaluation at `now`: it ends with the last whole minute.
[[nodiscard]] TimeMs evaluation_end(TimeMs now);

}  // namespace tidemill::metrics
