/// Metric filters: what is counted or measured of the events of a group. Immutable once compiled;
/// what a batch comes to belongs to the commit thread of logs.db.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/json.h"
#include "base/meter.h"
#include "logs/records.h"

namespace tidemill::logs {

/// A metric filter as it was put, under AWS's names.
struct MetricFilterSettings {
  std::string name, pattern;
  json::object transformation;  ///< metricName, metricNamespace, metricValue, …
};

class MetricFilter {
 public:
  /// Fails with InvalidParameterException, in AWS's words where it has some.
  [[nodiscard]] static Result<MetricFilter> compile(const MetricFilterSettings& settings);

  struct Value {
    double number;
    std::vector<std::pair<std::string, std::string>> dimensions;  ///< By name.
  };
  [[nodiscard]] bool matches(std::string_view message) const { return pattern_.matches(message); }
  /// Of a message that matches; nullopt if it lacks the value, or a dimension.
  [[nodiscard]] std::optional<Value> value_of(std::string_view message) const;

  void measure(Meter& meter, const Scope& scope, const Value& value, TimeMs at) const;
  [[nodiscard]] const std::string& name() const { return name_; }
  [[nodiscard]] const std::optional<double>& default_value() const { return default_; }

 private:
  Status check_dimensions(const json::object& transformation);

  std::string name_, space_, metric_, unit_;
  FilterPattern pattern_;
  std::string value_;  ///< A selector, unless `constant_`.
  std::optional<double> constant_;
  std::optional<double> default_;
  std::vector<std::pair<std::string, std::string>> dimensions_;  ///< Name and selector, by name.
  std::vector<std::string> selectors_;                           ///< All that are used.
};

/// A number as it may stand in a log: nothing before or behind it.
[[nodiscard]] std::optional<double> read_number(std::string_view text);

}  // namespace tidemill::logs
