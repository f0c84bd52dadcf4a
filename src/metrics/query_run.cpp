#include "metrics/query_run.h"

#include <algorithm>
#include <set>

#include <fmt/format.h>

namespace tidemill::metrics {

/// Values in several units are those of the first of them.
Result<MathValue> QueryRun::measured(const MetricQuery& query) {
  TM_TRY(const auto windows, windows_(query.series));
  std::set<std::string> units;
  for (const auto& window : windows) units.insert(window.unit);
  if (units.size() > 1) units_[query.id].assign(units.begin(), units.end());
  Line line{query.label, query.series.period_s, {}};
  for (const auto& window : windows) {
    if (window.unit != *units.begin()) continue;
    line.samples.push_back({window.at, window.aggregate.of(query.statistic).value_or(0)});
  }
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
