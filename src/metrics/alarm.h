/// An alarm: what it watches, its state, and what PutMetricAlarm may say. Pure.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/arn.h"
#include "base/error.h"
#include "base/json.h"
#include "base/time.h"
#include "metrics/metric_query.h"

namespace tidemill::metrics {

using Tags = std::map<std::string, std::string>;

struct AlarmKey {
  Scope scope;
  std::string name;
  [[nodiscard]] std::string arn() const { return make_arn("cloudwatch", scope, "alarm:" + name); }
};
/// nullopt if `arn` is no alarm's.
[[nodiscard]] std::optional<AlarmKey> alarm_key(std::string_view arn);

namespace state {
inline constexpr std::string_view ok = "OK", alarm = "ALARM", unknown = "INSUFFICIENT_DATA";
}

/// Whether a composite alarm's actions wait.
struct Suppression {
  std::string by;               ///< "WaitPeriod", "ExtensionPeriod", "Alarm"; empty: they don't.
  std::optional<TimeMs> until;  ///< The end of the period.
  std::optional<std::string> untold;  ///< The state before the change that actions wait to tell.

  bool operator==(const Suppression&) const = default;
};

/// A row of `alarms`.
struct Alarm {
  std::int64_t id = 0;
  AlarmKey key;
  json::object settings;  ///< What PutMetricAlarm or PutCompositeAlarm was given: AWS's names.
  bool is_composite = false;
  bool actions_enabled = true;
  std::string state = std::string(state::unknown);
  std::string reason = "Unchecked: Initial alarm creation";
  std::optional<std::string> reason_data;
  TimeMs state_at, changed, configured;
  std::int64_t revision = 0;
  std::optional<std::int64_t> suppressor;  ///< The id of an alarm; only composite alarms have one.
  Suppression suppression;

  [[nodiscard]] std::string_view text(std::string_view name) const {
    return json::text_or_empty(settings, name);
  }
  [[nodiscard]] std::int64_t integer(std::string_view name, std::int64_t otherwise = 0) const;
  [[nodiscard]] double number(std::string_view name) const;
  /// The strings of a list ("AlarmActions").
  [[nodiscard]] std::vector<std::string> texts(std::string_view name) const;
  /// ActionsSuppressedReason; empty where actions don't wait.
  [[nodiscard]] std::string suppressed_reason() const;
  /// The actions of the state it is in.
  [[nodiscard]] std::vector<std::string> actions() const;
};

/// What an alarm compares: taken from its settings, ready for use.
struct Criteria {
  SeriesKey series;
  std::string statistic, unit;       ///< Statistic or ExtendedStatistic.
  std::vector<MetricQuery> queries;  ///< Instead of `series`, where the alarm has Metrics.
  std::int64_t period_s = 60;
  int periods = 1, to_alarm = 1;
  double threshold = 0;
  std::string comparison, missing;
  bool ignores_few_samples = false;  ///< EvaluateLowSampleCountPercentile is "ignore".
};
[[nodiscard]] Criteria criteria_of(const Alarm& alarm);

/// What of PutMetricAlarm's settings can't be: in AWS's words, or our own with what to do.
[[nodiscard]] Status check_alarm(const json::object& settings);

[[nodiscard]] Status check_state(std::string_view state);
[[nodiscard]] std::unexpected<Error> invalid(std::string message);
[[nodiscard]] std::unexpected<Error> invalid_combination(std::string message);

}  // namespace tidemill::metrics
