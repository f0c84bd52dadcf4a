/// A metric's name: namespace, name and dimensions. The aggregate that its values become, and the
/// windows that are asked of it. Pure.
#pragma once

#include <algorithm>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/arn.h"
#include "base/time.h"

namespace tidemill::metrics {

using Dimensions = std::vector<std::pair<std::string, std::string>>;  ///< By name.

struct SeriesKey {
  Scope scope;
  std::string space, name;
  Dimensions dimensions;
};

/// The dimensions as the store has them: a JSON array of [name, value].
[[nodiscard]] std::string dimensions_text(const Dimensions& dimensions);
[[nodiscard]] Dimensions parse_dimensions(std::string_view text);

/// What is kept of the values of a period.
struct Aggregate {
  double count = 0, sum = 0;
  double least = std::numeric_limits<double>::infinity();
  double most = -std::numeric_limits<double>::infinity();

  void add(double value, double times = 1) { merge({times, value * times, value, value}); }
  void merge(const Aggregate& other) {
    count += other.count;
    sum += other.sum;
    least = std::min(least, other.least);
    most = std::max(most, other.most);
  }
  /// "SampleCount", "Average", "Sum", "Minimum", "Maximum"; nullopt for any other.
  [[nodiscard]] std::optional<double> of(std::string_view statistic) const;
};

[[nodiscard]] bool is_statistic(std::string_view name);

/// Values of a metric from `from` (inclusive) to `until`, a window each `period_s`, from `from` on.
struct SeriesQuery {
  SeriesKey series;
  TimeMs from, until;
  std::int64_t period_s = 60;
  std::string unit;  ///< Empty: any.
};

/// A window that has values, in one unit.
struct Window {
  TimeMs at;
  std::string unit;
  Aggregate aggregate;
};

}  // namespace tidemill::metrics
