#include "metrics/alarm_text.h"

#include <cmath>

#include <fmt/format.h>

namespace tidemill::metrics {
namespace {

/// Further members of a state whose actions wait.
std::string suppression_json(const Alarm& alarm) {
  if (alarm.suppression.by.empty()) return "";
  return fmt::format(R"(,"actionsSuppressedBy":{},"actionsSuppressedReason":{})",
                     json::quote(alarm.suppression.by), json::quote(alarm.suppressed_reason()));
}

/// What a composite alarm is decided by.
std::string rule_json(const Alarm& alarm) {
  auto text = R"("alarmRule":)" + json::quote(alarm.text("AlarmRule"));
  if (!alarm.settings.contains("ActionsSuppressor")) return text;
  return text + fmt::format(R"(,"actionsSuppressor":{},"actionsSuppressorWaitPeriod":{},)"
                            R"("actionsSuppressorExtensionPeriod":{})",
                            json::quote(alarm.text("ActionsSuppressor")),
                            alarm.integer("ActionsSuppressorWaitPeriod"),
                            alarm.integer("ActionsSuppressorExtensionPeriod"));
}

std::string state_json(const Alarm& alarm) {
  std::string text = fmt::format(R"({{"stateValue":{},"stateReason":{})", json::quote(alarm.state),
                                 json::quote(alarm.reason));
  if (alarm.reason_data) text += R"(,"stateReasonData":)" + *alarm.reason_data;
  return text + suppression_json(alarm) + "}";
}

std::string event_state(const Alarm& alarm) {
  std::string text = fmt::format(R"({{"value":{},"reason":{})", json::quote(alarm.state),
                                 json::quote(alarm.reason));
  if (alarm.reason_data) text += R"(,"reasonData":)" + json::quote(*alarm.reason_data);
  return text + suppression_json(alarm) +
         fmt::format(R"(,"timestamp":{}}})", json::quote(stamp(alarm.state_at)));
}

std::string stat_json(const SeriesQuery& query, std::string_view statistic) {
  std::string dimensions;
  for (const auto& [name, value] : query.series.dimensions) {
    if (!dimensions.empty()) dimensions += ",";
    dimensions += json::quote(name) + ":" + json::quote(value);
  }
  return fmt::format(R"("metricStat":{{"metric":{{"namespace":{},"name":{},"dimensions":{{{}}}}},)"
                     R"("period":{},"stat":{}}})",
                     json::quote(query.series.space), json::quote(query.series.name), dimensions,
                     query.period_s, json::quote(statistic));
}

/// What the alarm looks at: its metric, or its queries in their order.
std::string metrics_json(const Alarm& alarm, std::string_view query_id) {
  const auto criteria = criteria_of(alarm);
  if (criteria.queries.empty()) {
    const SeriesQuery series{criteria.series, {}, {}, criteria.period_s, ""};
    return fmt::format(R"({{"id":"{}",{},"returnData":true}})", query_id,
                       stat_json(series, criteria.statistic));
  }
  std::string listed;
  const auto& given = alarm.settings.at("Metrics").as_array();
  for (std::size_t i = 0; i < criteria.queries.size(); ++i) {
    const auto& query = criteria.queries[i];
    listed += fmt::format(R"({}{{"id":{},)", i > 0 ? "," : "", json::quote(query.id));
    if (!query.label.empty()) listed += fmt::format(R"("label":{},)", json::quote(query.label));
    listed += query.expression
                  ? "\"expression\":" +
                        json::quote(json::text_or_empty(given[i].as_object(), "Expression"))
                  : stat_json(query.series, query.statistic);
    listed += fmt::format(R"(,"returnData":{}}})", query.is_shown);
  }
  return listed;
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

std::string suppressed_data(const Alarm& alarm) {
  return fmt::format(
      R"({{"version":"1.0","actionState":"Suppressed","stateUpdateTimestamp":{}{}}})",
      alarm.state_at.ms, suppression_json(alarm));
}

std::string state_change_detail(const Alarm& before, const Alarm& after,
                                std::string_view query_id) {
  std::string configuration;
  if (const auto said = after.text("AlarmDescription"); !said.empty()) {
    configuration = fmt::format(R"("description":{},)", json::quote(said));
  }
  configuration += after.is_composite
                       ? rule_json(after)
                       : fmt::format(R"("metrics":[{}])", metrics_json(after, query_id));
  return fmt::format(R"({{"alarmName":{},"state":{},"previousState":{},"configuration":{{{}}}}})",
                     json::quote(after.key.name), event_state(after), event_state(before),
                     configuration);
}

std::string transition_text(const Alarm& cause) {
  constexpr std::string_view days[] = {"Sunday",   "Monday", "Tuesday", "Wednesday",
                                       "Thursday", "Friday", "Saturday"};
  constexpr std::string_view months[] = {"January",   "February", "March",    "April",
                                         "May",       "June",     "July",     "August",
                                         "September", "October",  "November", "December"};
  const std::chrono::sys_time<std::chrono::milliseconds> time{
      std::chrono::milliseconds(cause.state_at.ms)};
  const auto day = std::chrono::floor<std::chrono::days>(time);
  const std::chrono::year_month_day date{day};
  return fmt::format("{} transitioned to {} at {} {:02} {}, {} {} UTC", cause.key.arn(),
                     cause.state, days[std::chrono::weekday{day}.c_encoding()],
                     unsigned(date.day()), months[unsigned(date.month()) - 1], int(date.year()),
                     iso_seconds(cause.state_at).substr(11, 8));
}

std::string triggering_data(const Alarm& cause) {
  return fmt::format(
      R"({{"triggeringAlarms":[{{"arn":{},"state":{{"value":{},"timestamp":"{}"}}}}]}})",
      json::quote(cause.key.arn()), json::quote(cause.state), stamp(cause.state_at));
}

}  // namespace tidemill::metrics
