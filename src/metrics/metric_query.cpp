#include "metrics/metric_query.h"

#include <algorithm>
#include <charconv>
#include <set>

#include <fmt/format.h>

#include "metrics/alarm.h"

namespace tidemill::metrics {
namespace {

constexpr std::int64_t minute_ms = 60'000;

/// The metric's name, and what tells queries of the same metric apart.
std::string label_of(const std::vector<MetricQuery>& queries, const MetricQuery& query) {
  if (!query.label.empty()) return query.label;
  bool statistics = false, periods = false;
  for (const auto& other : queries) {
    if (other.series.series.name != query.series.series.name || !other.label.empty()) continue;
    statistics = statistics || other.statistic != query.statistic;
    periods = periods || other.series.period_s != query.series.period_s;
  }
  auto label = query.series.series.name;
  if (statistics) label += " " + query.statistic;
  if (periods) label += fmt::format(" {}", query.series.period_s);
  return label;
}

}  // namespace

TimeMs round_start(TimeMs from, TimeMs now) {
  std::int64_t to_ms = minute_ms;
  if (from < now.plus(-std::chrono::days(15))) to_ms = 5 * minute_ms;
  if (from < now.plus(-std::chrono::days(63))) to_ms = 60 * minute_ms;
  return {from.ms - from.ms % to_ms};
}

Result<std::int64_t> page_start(const std::optional<std::string>& token) {
  std::int64_t number = 0;
  if (!token) return number;
  const auto end = token->data() + token->size();
  const auto read = std::from_chars(token->data(), end, number);
  if (read.ec == std::errc() && read.ptr == end && number > 0) return number;
  return fail(Errc::invalid_argument, "InvalidNextToken", "The next token is invalid.");
}

Status prepare(DataQuery& query, const std::optional<std::string>& token) {
  TM_TRY(query.first, page_start(token));
  std::set<std::string> ids;
  for (auto& one : query.queries) {
    if (!ids.insert(one.id).second) {
      return invalid(fmt::format(
          "The values for parameter id in MetricDataQueries are not unique: {}", one.id));
    }
    if (one.series.period_s % 60 != 0) {
      return invalid("Metrics are kept by the minute: Period must be a multiple of 60.");
    }
    if (!is_statistic(one.statistic)) {
      return invalid(
          fmt::format("The statistic {} isn't kept: ask for Average, Sum, Minimum, "
                      "Maximum or SampleCount.",
                      one.statistic));
    }
    const auto period_ms = one.series.period_s * 1000;
    one.series.from = {query.from.ms - query.from.ms % period_ms};
    one.series.until = query.until;
  }
  std::vector<std::string> labels;
  for (const auto& one : query.queries) labels.push_back(label_of(query.queries, one));
  for (std::size_t i = 0; i < labels.size(); ++i) query.queries[i].label = std::move(labels[i]);
  return {};
}

Result<DataPage> get_data(store::Tx& tx, Ledger& ledger, const DataQuery& query) {
  DataPage page;
  std::size_t values = 0;
  for (std::size_t i = query.first; i < query.queries.size(); ++i) {
    const auto& one = query.queries[i];
    if (!one.is_shown) continue;
    if (!page.results.empty() && values >= query.values_max) {
      page.next = std::to_string(i);
      return page;
    }
    TM_TRY(auto windows, ledger.windows(tx, one.series));
    if (query.newest_first) std::ranges::reverse(windows);
    MetricResult result{one.id, one.label, {}, {}, {}};
    std::set<std::string> units;
    for (const auto& window : windows) units.insert(window.unit);
    if (units.size() > 1) result.units.assign(units.begin(), units.end());
    for (const auto& window : windows) {
      if (window.unit != *units.begin()) continue;
      result.times.push_back(window.at);
      result.values.push_back(window.aggregate.of(one.statistic).value_or(0));
    }
    values += result.values.size();
    page.results.push_back(std::move(result));
  }
  return page;
}

}  // namespace tidemill::metrics
