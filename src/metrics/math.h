/// Metric math: expressions over metrics, as GetMetricData and alarms take them. Pure.
/// (AWS: "Using math expressions with CloudWatch metrics".)
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/error.h"
#include "base/time.h"

namespace tidemill::metrics {

struct Sample {
  TimeMs at;
  double value;
  bool operator==(const Sample&) const = default;
};

/// A time series, the oldest value first.
struct Line {
  std::string label;
  std::int64_t period_s = 60;
  std::vector<Sample> samples;
};
using Lines = std::vector<Line>;

/// What an expression comes to; a text only as a function's argument.
using MathValue = std::variant<double, Line, Lines, std::string>;

/// A parsed expression. Operators are calls of functions with their sign as name.
struct MathNode {
  enum class Kind : std::uint8_t { number, text, name, list, call };
  Kind kind = Kind::number;
  std::string text;
  double number = 0;
  std::vector<MathNode> parts;
};

/// Fails with ValidationException: what is wrong and at which character. A function that isn't
/// there, or has too few or too many arguments, is found here too.
[[nodiscard]] Result<MathNode> parse_math(std::string_view text);

/// The ids of other queries that `node` names, METRICS() apart.
[[nodiscard]] std::vector<std::string> names_in(const MathNode& node);

/// What an expression is evaluated in.
struct MathWorld {
  TimeMs from, until;
  TimeMs anchor;               ///< A time at which periods begin.
  std::int64_t period_s = 60;  ///< Of series that come from a number.
  /// The value of another query.
  std::function<Result<MathValue>(const std::string& id)> query;
  /// The metrics whose ids contain `part`, without what expressions come to.
  std::function<Result<Lines>(const std::string& part)> metrics;
  std::int64_t& work_left;  ///< Values that may still be computed.
};

/// Fails with ValidationException if the types of the operands don't fit.
[[nodiscard]] Result<MathValue> evaluate(const MathNode& node, const MathWorld& world);

[[nodiscard]] std::unexpected<Error> math_error(std::string message);

}  // namespace tidemill::metrics
