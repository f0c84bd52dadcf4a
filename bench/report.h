/// What the bench prints: one JSON object a line, each a figure beside what it is measured by.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"

namespace tidemill::bench {

enum class Better : std::uint8_t { more, less };

struct Measurement {
  std::string name;
  double value = 0;
  std::string unit;
  /// What `value` is divided by for the ratio; 0: there is nothing to hold it against.
  double target = 0;
  Better better = Better::more;
  json::object reference = {};  ///< The target's own members: what it consists of, what others do.
  json::object detail = {};     ///< Further figures of the same run.
};

/// {"name", "value", "unit", "reference": {…}, "ratio", "met", …}
void print(const Measurement& measurement);
void print(const json::object& line);

/// `values` are sorted by it. `part` 0.5: the median.
[[nodiscard]] double quantile(std::vector<double>& values, double part);
/// To four significant digits: more would mean nothing.
[[nodiscard]] double rounded(double value);

}  // namespace tidemill::bench
