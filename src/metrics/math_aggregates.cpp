// Metric math: functions that make one value of many, and those that go along a series.
#include <algorithm>
#include <cmath>
#include <map>
#include <optional>

#include "metrics/math_functions.h"

namespace tidemill::metrics {
namespace {

using Arguments = std::span<MathValue>;
using Reduce = double (*)(std::span<const double> values);  ///< Of at least one value.

double sum(std::span<const double> values) {
  double sum = 0;
  for (const double value : values) sum += value;
  return sum;
}
double average(std::span<const double> values) { return sum(values) / double(values.size()); }
double deviation(std::span<const double> values) {
  const double mean = average(values);
  double squares = 0;
  for (const double value : values) squares += (value - mean) * (value - mean);
  return std::sqrt(squares / double(values.size()));
}

/// Of a series, the number that its values come to; of an array, a series: the number of each time.
template <const char* Name, Reduce reduce>
Result<MathValue> reduced(Arguments arguments, const MathWorld& world) {
  if (const auto* line = std::get_if<Line>(&arguments[0])) {
    TM_CHECK(spend(world, line->samples.size()));
    std::vector<double> values;
    for (const auto& sample : line->samples) values.push_back(sample.value);
    return values.empty() ? 0 : reduce(values);
  }
  const auto* lines = std::get_if<Lines>(&arguments[0]);
  if (lines == nullptr) return wrong_type(Name, arguments);
  std::map<TimeMs, std::vector<double>> by_time;
  Line result;
  for (const auto& line : *lines) {
    TM_CHECK(spend(world, line.samples.size()));
    result.period_s = std::max(result.period_s, line.period_s);
    for (const auto& [at, value] : line.samples) by_time[at].push_back(value);
  }
  for (const auto& [at, values] : by_time) result.samples.push_back({at, reduce(values)});
  return result;
}

/// Value by value.
template <const char* Name, double (*f)(double)>
Result<MathValue> each(Arguments arguments, const MathWorld& world) {
  if (const auto* scalar = std::get_if<double>(&arguments[0])) return f(*scalar);
  return for_lines(Name, arguments, world, [](Line& line) {
    for (auto& sample : line.samples) sample.value = f(sample.value);
    std::erase_if(line.samples, [](const Sample& s) { return !std::isfinite(s.value); });
  });
}

/// Of each value and the one before it.
template <const char* Name, double (*f)(const Sample& before, const Sample& now)>
Result<MathValue> steps(Arguments arguments, const MathWorld& world) {
  return for_lines(Name, arguments, world, [](Line& line) {
    for (std::size_t i = line.samples.size(); i-- > 1;) {
      line.samples[i].value = f(line.samples[i - 1], line.samples[i]);
    }
    if (!line.samples.empty()) line.samples.erase(line.samples.begin());
  });
}

double seconds_between(const Sample& before, const Sample& now) {
  return double(now.at.ms - before.at.ms) / 1000;
}

Result<MathValue> running_sum(Arguments arguments, const MathWorld& world) {
  return for_lines("RUNNING_SUM", arguments, world, [](Line& line) {
    double total = 0;
    for (auto& sample : line.samples) sample.value = total += sample.value;
  });
}

/// What a period without a value gets.
struct Filler {
  std::optional<double> constant;
  const Line* line = nullptr;
  bool repeats = false, is_linear = false;
};

std::optional<double> fill_of(const Filler& filler, const Line& line, std::size_t next, TimeMs at) {
  if (filler.constant) return filler.constant;
  if (filler.line != nullptr) {
    const auto& samples = filler.line->samples;
    const auto found = std::ranges::lower_bound(samples, at, {}, &Sample::at);
    if (found == samples.end() || found->at != at) return std::nullopt;
    return found->value;
  }
  if (next == 0) return std::nullopt;
  const auto& before = line.samples[next - 1];
  if (filler.repeats) return before.value;
  if (next == line.samples.size()) return std::nullopt;
  const auto& after = line.samples[next];
  const double way = double(at.ms - before.at.ms) / double(after.at.ms - before.at.ms);
  return before.value + (after.value - before.value) * way;
}

Line filled(const Line& line, const Filler& filler, const std::vector<TimeMs>& periods) {
  Line result{line.label, line.period_s, {}};
  std::size_t next = 0;
  for (const auto at : periods) {
    while (next < line.samples.size() && line.samples[next].at < at) ++next;
    if (next < line.samples.size() && line.samples[next].at == at) {
      result.samples.push_back(line.samples[next]);
    } else if (const auto value = fill_of(filler, line, next, at)) {
      result.samples.push_back({at, *value});
    }
  }
  return result;
}

/// FILL(series, number | series | REPEAT | LINEAR)
Result<MathValue> fill(Arguments arguments, const MathWorld& world) {
  Filler filler;
  if (const auto* scalar = std::get_if<double>(&arguments[1])) filler.constant = *scalar;
  filler.line = std::get_if<Line>(&arguments[1]);
  if (const auto* text = std::get_if<std::string>(&arguments[1])) {
    filler.repeats = *text == "REPEAT";
    filler.is_linear = *text == "LINEAR";
  }
  if (!filler.constant && filler.line == nullptr && !filler.repeats && !filler.is_linear) {
    return wrong_type("FILL", arguments);
  }
  Status done;
  auto value = for_lines("FILL", arguments, world, [&](Line& line) {
    const auto periods = periods_of(world, line.period_s);
    if (!periods) {
      done = std::unexpected(periods.error());
    } else {
      line = filled(line, filler, *periods);
    }
  });
  TM_CHECK(done);
  return value;
}

constexpr char sum_name[] = "SUM", avg_name[] = "AVG", min_name[] = "MIN", max_name[] = "MAX",
               stddev_name[] = "STDDEV", count_name[] = "DATAPOINT_COUNT", abs_name[] = "ABS",
               ceil_name[] = "CEIL", floor_name[] = "FLOOR", log_name[] = "LOG",
               log10_name[] = "LOG10", diff_name[] = "DIFF", time_name[] = "DIFF_TIME",
               rate_name[] = "RATE";

constexpr MathFunction aggregates[] = {
    {sum_name, 1, 1, reduced<sum_name, sum>},
    {avg_name, 1, 1, reduced<avg_name, average>},
    {min_name, 1, 1,
     reduced<min_name, [](std::span<const double> v) { return std::ranges::min(v); }>},
    {max_name, 1, 1,
     reduced<max_name, [](std::span<const double> v) { return std::ranges::max(v); }>},
    {stddev_name, 1, 1, reduced<stddev_name, deviation>},
    {count_name, 1, 1,
     reduced<count_name, [](std::span<const double> v) { return double(v.size()); }>},
    {abs_name, 1, 1, each<abs_name, [](double v) { return std::abs(v); }>},
    {ceil_name, 1, 1, each<ceil_name, [](double v) { return std::ceil(v); }>},
    {floor_name, 1, 1, each<floor_name, [](double v) { return std::floor(v); }>},
    {log_name, 1, 1, each<log_name, [](double v) { return std::log(v); }>},
    {log10_name, 1, 1, each<log10_name, [](double v) { return std::log10(v); }>},
    {diff_name, 1, 1,
     steps<diff_name, [](const Sample& a, const Sample& b) { return b.value - a.value; }>},
    {time_name, 1, 1, steps<time_name, seconds_between>},
    {rate_name, 1, 1,
     steps<rate_name, [](const Sample& a,
                         const Sample& b) { return (b.value - a.value) / seconds_between(a, b); }>},
    {"RUNNING_SUM", 1, 1, running_sum},
    {"FILL", 2, 2, fill},
};

}  // namespace

std::span<const MathFunction> math_aggregates() { return aggregates; }

}  // namespace tidemill::metrics
