// Metric math: conditions, arrays of series, and what is known of a series beside its values.
#include <algorithm>
#include <cmath>

#include "metrics/math_functions.h"

namespace tidemill::metrics {
namespace {

using Arguments = std::span<MathValue>;

/// A branch of IF at one time.
std::optional<double> value_at(const MathValue& branch, TimeMs at) {
  if (const auto* scalar = std::get_if<double>(&branch)) return *scalar;
  const auto& samples = std::get<Line>(branch).samples;
  const auto found = std::ranges::lower_bound(samples, at, {}, &Sample::at);
  if (found == samples.end() || found->at != at) return std::nullopt;
  return found->value;
}

/// IF(condition, true[, false]): without the third, no value where the condition doesn't hold.
Result<MathValue> choose(Arguments arguments, const MathWorld& world) {
  if (const auto* scalar = std::get_if<double>(&arguments[0])) {
    if (*scalar != 0) return std::move(arguments[1]);
    if (arguments.size() == 3) return std::move(arguments[2]);
    return Line{"", world.period_s, {}};
  }
  const auto* condition = std::get_if<Line>(&arguments[0]);
  const auto branches = arguments.subspan(1);
  const bool fits =
      condition != nullptr && std::ranges::all_of(branches, [](const auto& branch) {
        return std::holds_alternative<double>(branch) || std::holds_alternative<Line>(branch);
      });
  if (!fits) return wrong_type("IF", arguments);
  TM_CHECK(spend(world, condition->samples.size()));
  Line result{"", condition->period_s, {}};
  for (const auto& [at, holds] : condition->samples) {
    if (holds == 0 && branches.size() == 1) continue;
    if (const auto value = value_at(branches[holds != 0 ? 0 : 1], at)) {
      result.samples.push_back({at, *value});
    }
  }
  return result;
}

/// METRICS(["part of an id"])
Result<MathValue> metrics_of(Arguments arguments, const MathWorld& world) {
  std::string part;
  if (!arguments.empty()) {
    auto* text = std::get_if<std::string>(&arguments[0]);
    if (text == nullptr) return wrong_type("METRICS", arguments);
    part = std::move(*text);
  }
  TM_TRY(auto lines, world.metrics(part));
  for (const auto& line : lines) TM_CHECK(spend(world, line.samples.size()));
  return lines;
}

Result<Lines*> lines_of(std::string_view function, Arguments arguments) {
  auto* lines = std::get_if<Lines>(&arguments[0]);
  if (lines == nullptr) return wrong_type(function, arguments);
  return lines;
}

Result<MathValue> count_of(Arguments arguments, const MathWorld&) {
  TM_TRY(const auto* lines, lines_of("METRIC_COUNT", arguments));
  return double(lines->size());
}

Result<MathValue> first_of(Arguments arguments, const MathWorld&) {
  TM_TRY(auto* lines, lines_of("FIRST", arguments));
  return lines->empty() ? Line() : std::move(lines->front());
}

Result<MathValue> last_of(Arguments arguments, const MathWorld&) {
  TM_TRY(auto* lines, lines_of("LAST", arguments));
  return lines->empty() ? Line() : std::move(lines->back());
}

Result<MathValue> without_empty(Arguments arguments, const MathWorld&) {
  TM_TRY(auto* lines, lines_of("REMOVE_EMPTY", arguments));
  std::erase_if(*lines, [](const Line& line) { return line.samples.empty(); });
  return std::move(*lines);
}

/// SLICE(array, from[, until]): one series without `until`.
Result<MathValue> slice(Arguments arguments, const MathWorld&) {
  TM_TRY(auto* lines, lines_of("SLICE", arguments));
  std::size_t bounds[2] = {0, lines->size()};
  for (std::size_t i = 1; i < arguments.size(); ++i) {
    const auto* bound = std::get_if<double>(&arguments[i]);
    if (bound == nullptr || !(*bound >= 0)) return wrong_type("SLICE", arguments);
    bounds[i - 1] = std::size_t(std::min(*bound, double(lines->size())));
  }
  if (arguments.size() == 2) {
    return bounds[0] < lines->size() ? std::move((*lines)[bounds[0]]) : Line();
  }
  Lines some;
  for (auto i = bounds[0]; i < bounds[1]; ++i) some.push_back(std::move((*lines)[i]));
  return some;
}

/// SORT(array, AVG|MIN|MAX|SUM, ASC|DESC[, count])
Result<MathValue> sort(Arguments arguments, const MathWorld& world) {
  TM_TRY(auto* lines, lines_of("SORT", arguments));
  const auto* by = std::get_if<std::string>(&arguments[1]);
  const auto* order = std::get_if<std::string>(&arguments[2]);
  const auto* count = arguments.size() > 3 ? std::get_if<double>(&arguments[3]) : nullptr;
  const auto* function = by == nullptr ? nullptr : find_math_function(*by);
  constexpr std::string_view reducers[] = {"AVG", "MIN", "MAX", "SUM"};
  if (function == nullptr || std::ranges::find(reducers, function->name) == std::end(reducers) ||
      order == nullptr || (*order != "ASC" && *order != "DESC") ||
      (arguments.size() > 3 && (count == nullptr || !(*count >= 0)))) {
    return wrong_type("SORT", arguments);
  }
  std::vector<std::pair<double, std::size_t>> keys;
  for (std::size_t i = 0; i < lines->size(); ++i) {
    MathValue line = (*lines)[i];
    TM_TRY(const auto key, function->call(std::span(&line, 1), world));
    keys.emplace_back(*order == "ASC" ? std::get<double>(key) : -std::get<double>(key), i);
  }
  std::ranges::sort(keys);
  if (count != nullptr && *count < double(keys.size())) keys.resize(std::size_t(*count));
  Lines sorted;
  for (const auto& [key, i] : keys) sorted.push_back(std::move((*lines)[i]));
  return sorted;
}

Result<MathValue> period_of(Arguments arguments, const MathWorld&) {
  const auto* line = std::get_if<Line>(&arguments[0]);
  if (line == nullptr) return wrong_type("PERIOD", arguments);
  return double(line->period_s);
}

Result<MathValue> time_series(Arguments arguments, const MathWorld& world) {
  const auto* scalar = std::get_if<double>(&arguments[0]);
  if (scalar == nullptr) return wrong_type("TIME_SERIES", arguments);
  TM_TRY(const auto periods, periods_of(world, world.period_s));
  Line line{"", world.period_s, {}};
  if (!std::isfinite(*scalar)) return line;
  for (const auto at : periods) line.samples.push_back({at, *scalar});
  return line;
}

enum class Part : std::uint8_t { minute, hour, day, date, month, year, epoch };

double part_of(TimeMs at, Part part) {
  const std::chrono::sys_time<std::chrono::milliseconds> time{std::chrono::milliseconds(at.ms)};
  const auto day = std::chrono::floor<std::chrono::days>(time);
  const std::chrono::year_month_day date{day};
  switch (part) {
    case Part::minute: return double(at.ms / 60'000 % 60);
    case Part::hour: return double(at.ms / 3'600'000 % 24);
    case Part::day: return double(std::chrono::weekday{day}.iso_encoding());
    case Part::date: return double(unsigned(date.day()));
    case Part::month: return double(unsigned(date.month()));
    case Part::year: return double(int(date.year()));
    case Part::epoch: return double(at.ms / 1000);
  }
  return 0;
}

/// Of the time of each value, in UTC.
template <Part part>
Result<MathValue> time_part(Arguments arguments, const MathWorld& world) {
  return for_lines("of a time", arguments, world, [](Line& line) {
    for (auto& sample : line.samples) sample.value = part_of(sample.at, part);
  });
}

constexpr MathFunction arrays[] = {
    {"IF", 2, 3, choose},
    {"METRICS", 0, 1, metrics_of},
    {"METRIC_COUNT", 1, 1, count_of},
    {"FIRST", 1, 1, first_of},
    {"LAST", 1, 1, last_of},
    {"REMOVE_EMPTY", 1, 1, without_empty},
    {"SLICE", 2, 3, slice},
    {"SORT", 3, 4, sort},
    {"PERIOD", 1, 1, period_of},
    {"TIME_SERIES", 1, 1, time_series},
    {"MINUTE", 1, 1, time_part<Part::minute>},
    {"HOUR", 1, 1, time_part<Part::hour>},
    {"DAY", 1, 1, time_part<Part::day>},
    {"DATE", 1, 1, time_part<Part::date>},
    {"MONTH", 1, 1, time_part<Part::month>},
    {"YEAR", 1, 1, time_part<Part::year>},
    {"EPOCH", 1, 1, time_part<Part::epoch>},
};

}  // namespace

std::span<const MathFunction> math_arrays() { return arrays; }

}  // namespace tidemill::metrics
