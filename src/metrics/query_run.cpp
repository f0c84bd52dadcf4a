#include "metrics/query_run.h"

#include <algorithm>

#include <fmt/format.h>

#include "metrics/statistic.h"

namespace tidemill::metrics {

/// Values in several units are those of the first of them. Some windows are read at a time: each
/// may have kilobytes to compute a percentile from.
Result<MathValue> QueryRun::measured(const MetricQuery& query) {
  constexpr std::int64_t windows_at_once = 1440;
  const auto step = std::chrono::seconds(query.series.period_s * windows_at_once);
  const auto statistic = Statistic::parse(query.statistic).value();
  std::map<std::string, std::vector<Sample>> by_unit;
  for (auto part = query.series; part.from < query.series.until; part.from = part.until) {
    part.until = std::min(part.from.plus(step), query.series.until);
    TM_TRY(const auto windows, windows_(part));
    for (const auto& window : windows) {
      auto& samples = by_unit[window.unit];
      const auto value = statistic.of(window.aggregate);
      if (value) samples.push_back({window.at, *value});
    }
  }
  Line line{query.label, query.series.period_s, {}};
  if (by_unit.empty()) return line;
  if (by_unit.size() > 1) {
    for (const auto& [unit, samples] : by_unit) units_[query.id].push_back(unit);
  }
  line.samples = std::move(by_unit.begin()->second);
  return line;
}

const MetricQuery* QueryRun::find(const std::string& id) const {
  const auto found = std::ranges::find(query_.queries, id, &MetricQuery::id);
  return found == query_.queries.end() ? nullptr : &*found;
}

Result<Lines> QueryRun::metrics(const std::string& part) {
  Lines lines;
  for (const auto& one : query_.queries) {
    if (one.expression || one.id.find(part) == std::string::npos) continue;
    TM_TRY(const auto* line, value(one));
    lines.push_back(std::get<Line>(*line));
  }
  return lines;
}

/// What it names comes first, so that the depth of an expression counts once.
Result<MathValue> QueryRun::computed(const MetricQuery& query) {
  for (const auto& name : names_in(*query.expression)) TM_CHECK(value(*find(name)));
  const MathWorld world{
      query_.from,
      query_.until,
      anchor_,
      query.period_s,
      [this](const std::string& id) -> Result<MathValue> { return known_.at(id); },
      [this](const std::string& part) { return metrics(part); },
      work_left_};
  auto value = evaluate(*query.expression, world);
  if (value) return value;
  auto error = std::move(value).error();
  error.message = fmt::format("Error in expression '{}': {}", query.id, error.message);
  return std::unexpected(std::move(error));
}

/// check_queries has seen that no query needs itself.
Result<const MathValue*> QueryRun::value(const MetricQuery& query) {
  if (const auto found = known_.find(query.id); found != known_.end()) return &found->second;
  TM_TRY(auto value, query.expression ? computed(query) : measured(query));
  return &known_.emplace(query.id, std::move(value)).first->second;
}

std::vector<std::string> QueryRun::units(const std::string& id) const {
  const auto found = units_.find(id);
  return found == units_.end() ? std::vector<std::string>() : found->second;
}

}  // namespace tidemill::metrics
