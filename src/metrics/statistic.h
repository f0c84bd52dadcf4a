/// The statistics of CloudWatch by their names: "Sum", "p99.9", "TM(10%:90%)", "PR(:300)", "IQM".
/// Pure. (AWS: "CloudWatch statistics definitions".)
#pragma once

#include <optional>
#include <string_view>

#include "metrics/series.h"

namespace tidemill::metrics {

struct Statistic {
  enum class Kind : std::uint8_t {
    sample_count,
    sum,
    average,
    minimum,
    maximum,
    percentile,
    trimmed_mean,
    winsorized_mean,
    trimmed_count,
    trimmed_sum,
    percentile_rank,
  };
  Kind kind = Kind::sum;
  /// What is looked at: by rank, in percent of all values, or by value, without `low` itself.
  bool by_percent = true;
  std::optional<double> low, high;

  /// nullopt if there is none of that name.
  [[nodiscard]] static std::optional<Statistic> parse(std::string_view name);

  /// One that AWS calls extended: it needs to know how the values are spread.
  [[nodiscard]] bool is_extended() const { return kind >= Kind::percentile; }
  /// How many values it takes to mean something (AWS: "Percentile-based alarms and low data
  /// samples"); 0 of what isn't a percentile.
  [[nodiscard]] double samples_needed() const;
  /// nullopt where it isn't known how the values are spread, and for the mean of none.
  [[nodiscard]] std::optional<double> of(const Aggregate& aggregate) const;
};

}  // namespace tidemill::metrics
