/// The functions and operators of metric math: what they are called with and what they give.
/// Internal to metrics/; pure.
#pragma once

#include <span>

#include "metrics/math.h"

namespace tidemill::metrics {

struct MathFunction {
  std::string_view name;
  std::size_t least, most;  ///< Arguments.
  Result<MathValue> (*call)(std::span<MathValue> arguments, const MathWorld& world);
};

/// nullptr if there is none. Operators are found by their sign.
[[nodiscard]] const MathFunction* find_math_function(std::string_view name);

/// The operators, and what is computed value by value.
[[nodiscard]] std::span<const MathFunction> math_operators();
/// What looks at a series or an array of them as a whole.
[[nodiscard]] std::span<const MathFunction> math_aggregates();
[[nodiscard]] std::span<const MathFunction> math_arrays();

/// "Scalar", "TimeSeries", "Array[TimeSeries]", "String".
[[nodiscard]] std::string_view type_name(const MathValue& value);
[[nodiscard]] std::unexpected<Error> wrong_type(std::string_view function,
                                                std::span<const MathValue> arguments);
/// Takes `count` values from what may still be computed.
[[nodiscard]] Status spend(const MathWorld& world, std::size_t count);

/// `f(line)` for a series, or for each of an array.
template <class F>
Result<MathValue> for_lines(std::string_view function, std::span<MathValue> arguments,
                            const MathWorld& world, F f) {
  auto& value = arguments[0];
  if (auto* line = std::get_if<Line>(&value)) {
    TM_CHECK(spend(world, line->samples.size()));
    f(*line);
    return std::move(value);
  }
  auto* lines = std::get_if<Lines>(&value);
  if (lines == nullptr) return wrong_type(function, arguments);
  for (auto& one : *lines) {
    TM_CHECK(spend(world, one.samples.size()));
    f(one);
  }
  return std::move(value);
}

/// The beginnings of the periods that `world` covers.
[[nodiscard]] Result<std::vector<TimeMs>> periods_of(const MathWorld& world, std::int64_t period_s);

}  // namespace tidemill::metrics
