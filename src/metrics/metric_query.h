/// GetMetricData's questions: several metrics at once, their labels, pages.
#pragma once

#include "metrics/ledger.h"

namespace tidemill::metrics {

struct MetricQuery {
  std::string id, label, statistic;
  SeriesQuery series;
  bool is_shown = true;
};

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
[[nodiscard]] Result<DataPage> get_data(store::Tx& tx, Ledger& ledger, const DataQuery& query);

/// The start that a question counts from: whole minutes, of what is older 5 minutes or hours.
[[nodiscard]] TimeMs round_start(TimeMs from, TimeMs now);
/// A page's token as a number; fails with InvalidNextToken.
[[nodiscard]] Result<std::int64_t> page_start(const std::optional<std::string>& token);

}  // namespace tidemill::metrics
