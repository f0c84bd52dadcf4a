/// The values of queries that name each other, each computed once. Internal to metrics/; pure.
#pragma once

#include <map>

#include "metrics/metric_query.h"

namespace tidemill::metrics {

class QueryRun {
 public:
  /// All outlive it. Periods begin at `anchor`.
  QueryRun(const WindowsFn& windows, const DataQuery& query, TimeMs anchor)
      : windows_(windows), query_(query), anchor_(anchor) {}

  /// Good as long as this is.
  [[nodiscard]] Result<const MathValue*> value(const MetricQuery& query);
  /// The units that a metric's values were in, if there were several.
  [[nodiscard]] std::vector<std::string> units(const std::string& id) const;

 private:
  Result<MathValue> measured(const MetricQuery& query);
  Result<MathValue> computed(const MetricQuery& query);
  Result<Lines> metrics(const std::string& part);
  [[nodiscard]] const MetricQuery* find(const std::string& id) const;

  const WindowsFn& windows_;
  const DataQuery& query_;
  const TimeMs anchor_;
  std::map<std::string, MathValue> known_;
  std::map<std::string, std::vector<std::string>> units_;
  /// Some seconds of work.
  std::int64_t work_left_ = 20'000'000;
};

}  // namespace tidemill::metrics
