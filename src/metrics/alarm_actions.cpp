#include "metrics/alarm_actions.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "metrics/alarm_text.h"

namespace tidemill::metrics {
namespace {

using Name = std::pair<std::string_view, std::string_view>;
constexpr std::array regions = {
    Name{"af-south-1", "Africa (Cape Town)"},
    Name{"ap-east-1", "Asia Pacific (Hong Kong)"},
    Name{"ap-northeast-1", "Asia Pacific (Tokyo)"},
    Name{"ap-northeast-2", "Asia Pacific (Seoul)"},
    Name{"ap-northeast-3", "Asia Pacific (Osaka)"},
    Name{"ap-south-1", "Asia Pacific (Mumbai)"},
    Name{"ap-south-2", "Asia Pacific (Hyderabad)"},
    Name{"ap-southeast-1", "Asia Pacific (Singapore)"},
    Name{"ap-southeast-2", "Asia Pacific (Sydney)"},
    Name{"ap-southeast-3", "Asia Pacific (Jakarta)"},
    Name{"ap-southeast-4", "Asia Pacific (Melbourne)"},
    Name{"ca-central-1", "Canada (Central)"},
    Name{"ca-west-1", "Canada West (Calgary)"},
    Name{"eu-central-1", "EU (Frankfurt)"},
    Name{"eu-central-2", "Europe (Zurich)"},
    Name{"eu-north-1", "EU (Stockholm)"},
    Name{"eu-south-1", "Europe (Milan)"},
    Name{"eu-south-2", "Europe (Spain)"},
    Name{"eu-west-1", "EU (Ireland)"},
    Name{"eu-west-2", "EU (London)"},
    Name{"eu-west-3", "EU (Paris)"},
    Name{"il-central-1", "Israel (Tel Aviv)"},
    Name{"me-central-1", "Middle East (UAE)"},
    Name{"me-south-1", "Middle East (Bahrain)"},
    Name{"sa-east-1", "South America (Sao Paulo)"},
    Name{"us-east-1", "US East (N. Virginia)"},
    Name{"us-east-2", "US East (Ohio)"},
    Name{"us-west-1", "US West (N. California)"},
    Name{"us-west-2", "US West (Oregon)"},
};

/// A mail's subject is 100 characters of ASCII.
std::string subject_of(const Alarm& alarm) {
  constexpr std::size_t length_max = 100;
  auto text = fmt::format("{}: \"{}\" in {}", alarm.state, alarm.key.name,
                          region_name(alarm.key.scope.region));
  for (char& c : text) {
    if (c < ' ' || c > '~') c = '?';
  }
  if (text.size() > length_max) text.replace(length_max - 3, text.npos, "...");
  return text;
}

json::value text_or_null(std::string_view text) {
  return text.empty() ? json::value(nullptr) : json::value(text);
}

json::array texts(const Alarm& alarm, std::string_view name) {
  json::array list;
  for (const auto& text : alarm.texts(name)) list.emplace_back(text);
  return list;
}

std::string upper(std::string text) {
  for (char& c : text) {
    if (c >= 'a' && c <= 'z') c = char(c - 'a' + 'A');
  }
  return text;
}

/// As JSON; the threshold is written as Java does.
std::string trigger_of(const Alarm& alarm) {
  const auto criteria = criteria_of(alarm);
  json::object trigger;
  if (const auto* queries = alarm.settings.if_contains("Metrics")) {
    trigger["Metrics"] = *queries;
  } else {
    json::array dimensions;
    for (const auto& [name, value] : criteria.series.dimensions) {
      dimensions.push_back(json::object{{"value", value}, {"name", name}});
    }
    const bool is_extended = alarm.settings.contains("ExtendedStatistic");
    const auto type = is_extended ? "ExtendedStatistic" : "Statistic";
    trigger = {{"MetricName", criteria.series.name},
               {"Namespace", criteria.series.space},
               {"StatisticType", type},
               {type, is_extended ? criteria.statistic : upper(criteria.statistic)},
               {"Unit", text_or_null(criteria.unit)},
               {"Dimensions", std::move(dimensions)}};
  }
  trigger["Period"] = criteria.period_s;
  trigger["EvaluationPeriods"] = criteria.periods;
  if (criteria.to_alarm != criteria.periods) trigger["DatapointsToAlarm"] = criteria.to_alarm;
  auto text = json::dump(trigger);
  text.pop_back();
  return text + fmt::format(R"(,"ComparisonOperator":{},"Threshold":{},"TreatMissingData":{},)"
                            R"("EvaluateLowSampleCountPercentile":{}}})",
                            json::quote(criteria.comparison), number_text(criteria.threshold),
                            json::quote(criteria.missing),
                            json::quote(alarm.text("EvaluateLowSampleCountPercentile")));
}

}  // namespace

std::string_view region_name(std::string_view code) {
  const auto found = std::ranges::find(regions, code, &Name::first);
  return found != regions.end() ? found->second : code;
}

AlarmNotice notice_of(const Alarm& before, const Alarm& after) {
  const json::object facts{{"AlarmName", after.key.name},
                           {"AlarmDescription", text_or_null(after.text("AlarmDescription"))},
                           {"AWSAccountId", after.key.scope.account},
                           {"AlarmConfigurationUpdatedTimestamp", stamp(after.configured)},
                           {"NewStateValue", after.state},
                           {"NewStateReason", after.reason},
                           {"StateChangeTime", stamp(after.changed)},
                           {"Region", region_name(after.key.scope.region)},
                           {"AlarmArn", after.key.arn()},
                           {"OldStateValue", before.state},
                           {"OKActions", texts(after, "OKActions")},
                           {"AlarmActions", texts(after, "AlarmActions")},
                           {"InsufficientDataActions", texts(after, "InsufficientDataActions")}};
  auto message = json::dump(facts);
  message.pop_back();
  message += after.settings.contains("AlarmRule")
                 ? ",\"AlarmRule\":" + json::quote(after.text("AlarmRule"))
                 : ",\"Trigger\":" + trigger_of(after);
  return {after.key.scope, after.key.arn(), subject_of(after), message + "}"};
}

}  // namespace tidemill::metrics
