/// Several metrics at once and what is computed of them: GetMetricData's questions, with labels and
/// pages, and what an alarm with Metrics looks at. Pure.
#pragma once

#include <functional>
#include <optional>

#include "base/json.h"
#include "metrics/math.h"
#include "metrics/series.h"

namespace tidemill::metrics {

/// A metric's statistic, or an expression over other queries.
struct MetricQuery {
  std::string id, label, statistic;
  SeriesQuery series;
  std::optional<MathNode> expression;
  std::int64_t period_s = 60;  ///< Of what an expression makes of a number.
  bool is_shown = true;
};

/// Of a MetricDataQuery in JSON under AWS's names; its Dimensions are a list of Name and Value.
/// `place` is where it stands in the request: "MetricDataQueries.member.1". Fails with
/// ValidationException.
[[nodiscard]] Result<MetricQuery> read_query(const json::object& given, const Scope& scope,
                                             std::string_view place);
/// Checks that ids are unique, that expressions name queries that are there, and that none needs
/// itself.
[[nodiscard]] Status check_queries(const std::vector<MetricQuery>& queries);

struct DataQuery {
  std::vector<MetricQuery> queries;
  TimeMs from, until;
  bool newest_first = true;
  std::size_t values_max = 100'800;
  std::size_t first = 0;  ///< The query that the page begins with.
};

struct MetricResult {
  std::string id, label;
  std::vector<TimeMs> times;
  std::vector<double> values;
  std::vector<std::string> units;  ///< Where there were several, of which one is shown.
};
struct DataPage {
  std::vector<MetricResult> results;
  std::optional<std::string> next;
};

/// Checks the queries, and gives them their times and labels.
[[nodiscard]] Status prepare(DataQuery& query, const std::optional<std::string>& token);
/// Where the values come from: Ledger::windows, in a transaction.
using WindowsFn = std::function<Result<std::vector<Window>>(const SeriesQuery&)>;
[[nodiscard]] Result<DataPage> get_data(const WindowsFn& windows, const DataQuery& query);

/// The shown query's series in the periods from `from` to `until`, the first of which begins at
/// `from`. Fails with ValidationException if it isn't a single series.
[[nodiscard]] Result<Line> watched_line(const WindowsFn& windows, const DataQuery& query);

/// The start that a question counts from: whole minutes, of what is older 5 minutes or hours.
[[nodiscard]] TimeMs round_start(TimeMs from, TimeMs now);
/// A page's token as a number; fails with InvalidNextToken.
[[nodiscard]] Result<std::int64_t> page_start(const std::optional<std::string>& token);

}  // namespace tidemill::metrics
