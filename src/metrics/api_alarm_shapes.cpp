#include "metrics/api_alarm_shapes.h"

#include <algorithm>

#include "metrics/api_queries.h"

namespace tidemill::metrics {
namespace {

template <class Value>
void put_in(json::object& settings, std::string_view name, const std::optional<Value>& value) {
  if (value) settings[name] = *value;
}

void put_in(json::object& settings, std::string_view name,
            const std::optional<std::vector<std::string>>& list) {
  if (!list || list->empty()) return;
  json::array items;
  for (const auto& item : *list) items.emplace_back(item);
  settings[name] = std::move(items);
}

Result<std::string> dimensions_of(const std::vector<w::Dimension>& given) {
  Dimensions dimensions;
  for (const auto& dimension : given) {
    dimensions.emplace_back(dimension.Name.value_or(""), dimension.Value.value_or(""));
  }
  std::ranges::sort(dimensions);
  const auto twice = std::ranges::adjacent_find(
      dimensions, [](const auto& a, const auto& b) { return a.first == b.first; });
  if (twice != dimensions.end()) {
    return invalid("No two dimensions of a metric can have the same name: " + twice->first);
  }
  return dimensions_text(dimensions);
}

void show_metric(const Alarm& alarm, w::MetricAlarm& shown) {
  const auto text = [&alarm](std::string_view name) -> std::optional<std::string> {
    if (!alarm.settings.contains(name)) return std::nullopt;
    return std::string(alarm.text(name));
  };
  const auto number = [&alarm](std::string_view name) -> std::optional<std::int32_t> {
    if (!alarm.settings.contains(name)) return std::nullopt;
    return std::int32_t(alarm.integer(name));
  };
  shown.MetricName = text("MetricName");
  shown.Namespace = text("Namespace");
  shown.Statistic = text("Statistic");
  shown.ExtendedStatistic = text("ExtendedStatistic");
  shown.Unit = text("Unit");
  shown.ComparisonOperator = text("ComparisonOperator");
  shown.TreatMissingData = text("TreatMissingData");
  shown.EvaluateLowSampleCountPercentile = text("EvaluateLowSampleCountPercentile");
  shown.Period = number("Period");
  shown.EvaluationPeriods = number("EvaluationPeriods");
  shown.DatapointsToAlarm = number("DatapointsToAlarm");
  if (alarm.settings.contains("Threshold")) shown.Threshold = alarm.number("Threshold");
  if (const auto* metrics = alarm.settings.if_contains("Metrics")) {
    shown.Metrics.emplace();
    for (const auto& query : metrics->as_array()) {
      shown.Metrics->push_back(query_to_wire(query.as_object()));
    }
  }
  shown.Dimensions.emplace();
  for (auto& [name, value] : parse_dimensions(alarm.text("Dimensions"))) {
    shown.Dimensions->push_back({name, value});
  }
}

/// What metric alarms and composite alarms have in common.
template <class Shown>
Shown basics(const Alarm& alarm) {
  Shown shown;
  shown.AlarmName = alarm.key.name;
  shown.AlarmArn = alarm.key.arn();
  shown.AlarmConfigurationUpdatedTimestamp = alarm.configured;
  shown.ActionsEnabled = alarm.actions_enabled;
  shown.OKActions = alarm.texts("OKActions");
  shown.AlarmActions = alarm.texts("AlarmActions");
  shown.InsufficientDataActions = alarm.texts("InsufficientDataActions");
  shown.StateValue = alarm.state;
  shown.StateReason = alarm.reason;
  shown.StateReasonData = alarm.reason_data;
  shown.StateUpdatedTimestamp = alarm.state_at;
  shown.StateTransitionedTimestamp = alarm.changed;
  if (alarm.settings.contains("AlarmDescription")) {
    shown.AlarmDescription = std::string(alarm.text("AlarmDescription"));
  }
  return shown;
}

void show_suppression(const Alarm& alarm, w::CompositeAlarm& shown) {
  if (!alarm.settings.contains("ActionsSuppressor")) return;
  shown.ActionsSuppressor = std::string(alarm.text("ActionsSuppressor"));
  shown.ActionsSuppressorWaitPeriod = std::int32_t(alarm.integer("ActionsSuppressorWaitPeriod"));
  shown.ActionsSuppressorExtensionPeriod =
      std::int32_t(alarm.integer("ActionsSuppressorExtensionPeriod"));
  if (alarm.suppression.by.empty()) return;
  shown.ActionsSuppressedBy = alarm.suppression.by;
  shown.ActionsSuppressedReason = alarm.suppressed_reason();
}

template <class Shown>
Shown briefly(const Alarm& alarm) {
  Shown shown;
  shown.AlarmName = alarm.key.name;
  shown.AlarmArn = alarm.key.arn();
  shown.StateValue = alarm.state;
  shown.StateUpdatedTimestamp = alarm.state_at;
  return shown;
}

template <class Put, class Request>
void put_common(const Put& put, const Request& request) {
  put("AlarmDescription", request.AlarmDescription);
  put("ActionsEnabled", request.ActionsEnabled);
  put("OKActions", request.OKActions);
  put("AlarmActions", request.AlarmActions);
  put("InsufficientDataActions", request.InsufficientDataActions);
}

}  // namespace

Tags tags_of(const std::optional<std::vector<w::Tag>>& given) {
  Tags tags;
  for (const auto& tag : given.value_or(std::vector<w::Tag>())) {
    tags[tag.Key.value_or("")] = tag.Value.value_or("");
  }
  return tags;
}

Result<json::object> settings_of(const w::PutMetricAlarmInput& request) {
  json::object settings;
  const auto put = [&settings](std::string_view name, const auto& value) {
    put_in(settings, name, value);
  };
  put_common(put, request);
  put("MetricName", request.MetricName);
  put("Namespace", request.Namespace);
  put("Statistic", request.Statistic);
  put("ExtendedStatistic", request.ExtendedStatistic);
  put("Period", request.Period);
  put("Unit", request.Unit);
  put("EvaluationPeriods", request.EvaluationPeriods);
  put("DatapointsToAlarm", request.DatapointsToAlarm);
  put("Threshold", request.Threshold);
  put("ComparisonOperator", request.ComparisonOperator);
  put("TreatMissingData", request.TreatMissingData);
  put("EvaluateLowSampleCountPercentile", request.EvaluateLowSampleCountPercentile);
  put("ThresholdMetricId", request.ThresholdMetricId);
  if (request.Metrics && !request.Metrics->empty()) {
    auto& metrics = settings["Metrics"].emplace_array();
    for (const auto& query : *request.Metrics) metrics.push_back(to_json(query));
  }
  if (request.EvaluationCriteria) settings["EvaluationCriteria"] = true;
  TM_TRY(settings["Dimensions"],
         dimensions_of(request.Dimensions.value_or(std::vector<w::Dimension>())));
  return settings;
}

Result<json::object> settings_of(const w::PutCompositeAlarmInput& request) {
  json::object settings;
  const auto put = [&settings](std::string_view name, const auto& value) {
    put_in(settings, name, value);
  };
  put_common(put, request);
  put("AlarmRule", request.AlarmRule);
  put("ActionsSuppressor", request.ActionsSuppressor);
  put("ActionsSuppressorWaitPeriod", request.ActionsSuppressorWaitPeriod);
  put("ActionsSuppressorExtensionPeriod", request.ActionsSuppressorExtensionPeriod);
  return settings;
}

void show(const Alarm& alarm, w::DescribeAlarmsOutput& response) {
  if (alarm.is_composite) {
    auto shown = basics<w::CompositeAlarm>(alarm);
    shown.AlarmRule = std::string(alarm.text("AlarmRule"));
    show_suppression(alarm, shown);
    response.CompositeAlarms->push_back(std::move(shown));
    return;
  }
  auto shown = basics<w::MetricAlarm>(alarm);
  show_metric(alarm, shown);
  response.MetricAlarms->push_back(std::move(shown));
}

void show_briefly(const Alarm& alarm, w::DescribeAlarmsOutput& response) {
  if (alarm.is_composite) {
    response.CompositeAlarms->push_back(briefly<w::CompositeAlarm>(alarm));
  } else {
    response.MetricAlarms->push_back(briefly<w::MetricAlarm>(alarm));
  }
}

}  // namespace tidemill::metrics
