// Metric math: what a tree comes to, and the operators.
#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "metrics/math_functions.h"

namespace tidemill::metrics {
namespace {

using Operator = double (*)(double, double);

/// What a missing value of one of two series does.
enum class Missing : std::uint8_t { drops, is_zero };

void push(std::vector<Sample>& samples, TimeMs at, double value) {
  if (std::isfinite(value)) samples.push_back({at, value});
}

/// Value by value, where both have one or either.
Line zip(const Line& left, const Line& right, Operator op, Missing missing) {
  Line line{"", std::max(left.period_s, right.period_s), {}};
  const auto& a = left.samples;
  const auto& b = right.samples;
  std::size_t i = 0, j = 0;
  while (i < a.size() || j < b.size()) {
    const bool has_left = i < a.size() && (j == b.size() || a[i].at <= b[j].at);
    const bool has_right = j < b.size() && (i == a.size() || b[j].at <= a[i].at);
    const auto at = has_left ? a[i].at : b[j].at;
    if ((has_left && has_right) || missing == Missing::is_zero) {
      push(line.samples, at, op(has_left ? a[i].value : 0, has_right ? b[j].value : 0));
    }
    i += has_left ? 1 : 0;
    j += has_right ? 1 : 0;
  }
  return line;
}

/// The value of an operand for one line of the result.
struct Operand {
  const double* scalar;
  const Line* line;
};

Line combine(const Operand& left, const Operand& right, Operator op, Missing missing) {
  if (left.line != nullptr && right.line != nullptr) {
    return zip(*left.line, *right.line, op, missing);
  }
  const auto& over = left.line != nullptr ? *left.line : *right.line;
  Line line{over.label, over.period_s, {}};
  for (const auto& [at, value] : over.samples) {
    push(line.samples, at,
         left.line != nullptr ? op(value, *right.scalar) : op(*left.scalar, value));
  }
  return line;
}

std::size_t size_of(const MathValue& value) {
  if (const auto* line = std::get_if<Line>(&value)) return line->samples.size();
  std::size_t size = 1;
  if (const auto* lines = std::get_if<Lines>(&value)) {
    for (const auto& line : *lines) size += line.samples.size();
  }
  return size;
}

/// At most one of the two may be an array.
Result<MathValue> apply(std::string_view sign, std::span<MathValue> both, const MathWorld& world,
                        Operator op, Missing missing) {
  TM_CHECK(spend(world, size_of(both[0]) + size_of(both[1])));
  const auto operand = [](const MathValue& value) {
    return Operand{std::get_if<double>(&value), std::get_if<Line>(&value)};
  };
  const auto left = operand(both[0]), right = operand(both[1]);
  if (left.scalar != nullptr && right.scalar != nullptr) return op(*left.scalar, *right.scalar);
  const auto* array = std::get_if<Lines>(&both[0]);
  const bool is_left = array != nullptr;
  if (!is_left) array = std::get_if<Lines>(&both[1]);
  const auto& other = is_left ? right : left;
  const auto is_single = [](const Operand& o) { return o.scalar != nullptr || o.line != nullptr; };
  if (array == nullptr && is_single(left) && is_single(right)) {
    return combine(left, right, op, missing);
  }
  if (array == nullptr || !is_single(other)) {
    return math_error(fmt::format("Unsupported operand type(s) for {}: '{}, {}'", sign,
                                  type_name(both[0]), type_name(both[1])));
  }
  Lines lines;
  for (const auto& one : *array) {
    TM_CHECK(spend(world, other.line != nullptr ? other.line->samples.size() : 0));
    const Operand line{nullptr, &one};
    lines.push_back(is_left ? combine(line, other, op, missing)
                            : combine(other, line, op, missing));
    lines.back().label = one.label;
  }
  return lines;
}

/// An operator as a row of the table.
template <char... Sign>
struct Text {
  static constexpr char chars[] = {Sign...};
  static constexpr std::string_view view{chars, sizeof...(Sign)};
};

template <class Sign, auto Op, Missing missing = Missing::drops>
constexpr MathFunction binary() {
  return {Sign::view, 2, 2, [](std::span<MathValue> both, const MathWorld& world) {
            return apply(Sign::view, both, world, Op, missing);
          }};
}

template <class Sign, auto Op>
constexpr MathFunction test() {
  constexpr auto op = [](double a, double b) { return Op(a, b) ? 1.0 : 0.0; };
  return binary<Sign, +op, Missing::is_zero>();
}

constexpr MathFunction operators[] = {
    binary<Text<'+'>, +[](double a, double b) { return a + b; }>(),
    binary<Text<'-'>, +[](double a, double b) { return a - b; }>(),
    binary<Text<'*'>, +[](double a, double b) { return a * b; }>(),
    binary<Text<'/'>, +[](double a, double b) { return a / b; }>(),
    binary<Text<'^'>, +[](double a, double b) { return std::pow(a, b); }>(),
    test<Text<'=', '='>, +[](double a, double b) { return a == b; }>(),
    test<Text<'!', '='>, +[](double a, double b) { return a != b; }>(),
    test<Text<'<'>, +[](double a, double b) { return a < b; }>(),
    test<Text<'<', '='>, +[](double a, double b) { return a <= b; }>(),
    test<Text<'>'>, +[](double a, double b) { return a > b; }>(),
    test<Text<'>', '='>, +[](double a, double b) { return a >= b; }>(),
    test<Text<'&', '&'>, +[](double a, double b) { return a != 0 && b != 0; }>(),
    test<Text<'|', '|'>, +[](double a, double b) { return a != 0 || b != 0; }>(),
    {"~", 1, 1,
     [](std::span<MathValue> one, const MathWorld& world) -> Result<MathValue> {
       MathValue both[] = {-1.0, std::move(one[0])};
       return apply("-", both, world, [](double a, double b) { return a * b; }, Missing::drops);
     }},
};

/// [m1, METRICS("x"), …]
Result<MathValue> array_of(std::vector<MathValue> parts) {
  Lines lines;
  for (auto& part : parts) {
    if (auto* line = std::get_if<Line>(&part)) {
      lines.push_back(std::move(*line));
    } else if (auto* more = std::get_if<Lines>(&part)) {
      std::ranges::move(*more, std::back_inserter(lines));
    } else {
      return math_error(fmt::format(
          "An array can only have elements of the type TimeSeries, not {}", type_name(part)));
    }
  }
  return lines;
}

}  // namespace

std::span<const MathFunction> math_operators() { return operators; }

const MathFunction* find_math_function(std::string_view name) {
  for (const auto table : {math_operators(), math_aggregates(), math_arrays()}) {
    const auto found = std::ranges::find(table, name, &MathFunction::name);
    if (found != table.end()) return &*found;
  }
  return nullptr;
}

std::string_view type_name(const MathValue& value) {
  constexpr std::string_view names[] = {"Scalar", "TimeSeries", "Array[TimeSeries]", "String"};
  return names[value.index()];
}

std::unexpected<Error> wrong_type(std::string_view function, std::span<const MathValue> arguments) {
  std::string types;
  for (const auto& argument : arguments) {
    types.append(types.empty() ? "" : ", ").append(type_name(argument));
  }
  return math_error(fmt::format("Function '{}' can't be called with ({})", function, types));
}

Status spend(const MathWorld& world, std::size_t count) {
  world.work_left -= std::int64_t(count) + 1;
  if (world.work_left >= 0) return {};
  return math_error(
      "The expressions compute too many values: ask for less time, fewer metrics or a larger "
      "Period");
}

Result<std::vector<TimeMs>> periods_of(const MathWorld& world, std::int64_t period_s) {
  const auto period_ms = period_s * 1000;
  std::vector<TimeMs> periods;
  const auto first = world.from.ms - (world.from.ms - world.anchor.ms) % period_ms;
  const auto count = (world.until.ms - first + period_ms - 1) / period_ms;
  TM_CHECK(spend(world, std::size_t(std::max<std::int64_t>(count, 0))));
  for (auto at = first; at < world.until.ms; at += period_ms) periods.push_back({at});
  return periods;
}

Result<MathValue> evaluate(const MathNode& node, const MathWorld& world) {
  if (node.kind == MathNode::Kind::number) return node.number;
  if (node.kind == MathNode::Kind::text) return node.text;
  if (node.kind == MathNode::Kind::name) {
    TM_TRY(auto value, world.query(node.text));
    TM_CHECK(spend(world, size_of(value)));
    return value;
  }
  std::vector<MathValue> parts;
  for (const auto& part : node.parts) {
    TM_TRY(auto value, evaluate(part, world));
    parts.push_back(std::move(value));
  }
  if (node.kind == MathNode::Kind::list) return array_of(std::move(parts));
  return find_math_function(node.text)->call(parts, world);
}

}  // namespace tidemill::metrics
