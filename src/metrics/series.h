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
#include "metrics/distribution.h"

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
  /// How they are spread. Empty where all are equal, which takes no more room, and where it isn't
  /// known: of a set of statistics, with values below 0, and of what older versions wrote.
  Distribution spread = {};

  void add(double value, double times = 1);
  void merge(const Aggregate& other);

  [[nodiscard]] bool is_spread_known() const;
  /// The values by size, each or as known; none where that isn't known.
  [[nodiscard]] std::vector<Weighted> values() const;
};

/// Values of a metric from `from` (inclusive) to `until`, a window each `period_s`, from `from` on.
struct SeriesQuery {
  SeriesKey series;
  TimeMs from, until;
  std::int64_t period_s = 60;
  std::string unit;          ///< Empty: any.
  bool with_spread = false;  ///< For extended statistics.
};

/// A window that has values, in one unit.
struct Window {
  TimeMs at;
  std::string unit;
  Aggregate aggregate;
};

}  // namespace tidemill::metrics
