#include "metrics/alarm_text.h"

#include <cmath>

#include <fmt/format.h>

namespace tidemill::metrics {
namespace {

std::string state_json(const Alarm& alarm) {
  std::string text = fmt::format(R"({{"stateValue":{},"stateReason":{})", json::quote(alarm.state),
                                 json::quote(alarm.reason));
  if (alarm.reason_data) text += R"(,"stateReasonData":)" + *alarm.reason_data;
  return text + "}";
}

std::string event_state(const Alarm& alarm) {
  std::string text = fmt::format(R"({{"value":{},"reason":{})", json::quote(alarm.state),
                                 json::quote(alarm.reason));
  if (alarm.reason_data) text += R"(,"reasonData":)" + json::quote(*alarm.reason_data);
  return text + fmt::format(R"(,"timestamp":{}}})", json::quote(stamp(alarm.state_at)));
}

}  // namespace

std::string stamp(TimeMs t) {
  auto text = iso_millis(t);
  text.pop_back();
  return text + "+0000";
}

std::string number_text(double value) {
  const double size = std::abs(value);
  if (size == 0 || (size >= 1e-3 && size < 1e7)) {
    auto text = fmt::format("{}", value);
    if (text.find('.') == std::string::npos) text += ".0";
    return text;
  }
  // The shortest digits, one before the point; the exponent bare.
  auto text = fmt::format("{:e}", value);
  auto digits = text.substr(0, text.find('e'));
  while (digits.ends_with('0') && !digits.ends_with(".0")) digits.pop_back();
  return fmt::format("{}E{}", digits, std::stoi(text.substr(text.find('e') + 1)));
}

std::string configuration_data(const Alarm& alarm, std::string_view what) {
  std::string shown =
      fmt::format(R"({{"alarmName":{},"alarmArn":{},"actionsEnabled":{})",
                  json::quote(alarm.key.name), json::quote(alarm.key.arn()), alarm.actions_enabled);
  for (const auto& setting : alarm.settings) {
    auto name = std::string(setting.key());
    if (name == "Tags" || name.empty()) continue;
    name[0] = char(name[0] == 'O' && name.starts_with("OK") ? 'O' : name[0] | 0x20);
    if (name.starts_with("OK")) name.replace(0, 2, "ok");
    const auto& value = setting.value();
    shown += fmt::format(",{}:{}", json::quote(name),
                         value.is_double() ? number_text(value.get_double()) : json::dump(value));
  }
  return fmt::format(R"({{"version":"1.0","type":"{}","{}":{}}}}})", what,
                     what == "Update"   ? "updatedAlarm"
                     : what == "Create" ? "createdAlarm"
                                        : "deletedAlarm",
                     shown);
}

std::string state_update_data(const Alarm& before, const Alarm& after) {
  return fmt::format(R"({{"version":"1.0","oldState":{},"newState":{}}})", state_json(before),
                     state_json(after));
}

std::string action_data(const Alarm& alarm, std::string_view action, std::string_view message,
                        const std::optional<std::string>& failure) {
  return fmt::format(R"({{"version":"1.0","actionState":"{}","stateUpdateTimestamp":{},)"
                     R"("notificationResource":{},"publishedMessage":{},"error":{}}})",
                     failure ? "Failed" : "Succeeded", alarm.state_at.ms, json::quote(action),
                     failure ? "null" : json::quote(message),
                     failure ? json::quote(*failure) : "null");
}

std::string state_change_detail(const Alarm& before, const Alarm& after,
                                std::string_view query_id) {
  const auto criteria = criteria_of(after);
  std::string dimensions;
  for (const auto& [name, value] : criteria.series.dimensions) {
    if (!dimensions.empty()) dimensions += ",";
    dimensions += json::quote(name) + ":" + json::quote(value);
  }
  std::string configuration;
  if (const auto said = after.text("AlarmDescription"); !said.empty()) {
    configuration = fmt::format(R"("description":{},)", json::quote(said));
  }
  configuration +=
      fmt::format(R"("metrics":[{{"id":"{}","metricStat":{{"metric":{{"namespace":{},"name":{},)"
                  R"("dimensions":{{{}}}}},"period":{},"stat":{}}},"returnData":true}}])",
                  query_id, json::quote(criteria.series.space), json::quote(criteria.series.name),
                  dimensions, criteria.period_s, json::quote(criteria.statistic));
  return fmt::format(R"({{"alarmName":{},"state":{},"previousState":{},"configuration":{{{}}}}})",
                     json::quote(after.key.name), event_state(after), event_state(before),
                     configuration);
}

}  // namespace tidemill::metrics
