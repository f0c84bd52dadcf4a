// Alarms: their settings, states and history.
#include <algorithm>

#include "base/encoding.h"
#include "metrics/api.h"
#include "metrics/api_queries.h"

namespace tidemill::metrics {
namespace {

constexpr int alarms_a_page = 50, history_a_page = 100;

/// IAM is asked about the alarm, or about all of them where a request names several.
template <class Request>
wire::Access named(const Caller& caller, const Request& request) {
  return {.resource = AlarmKey{caller.scope, request.AlarmName.value_or("*")}.arn()};
}

template <class Request>
wire::Access listed(const Caller& caller, const Request& request) {
  const auto names = request.AlarmNames.value_or(std::vector<std::string>());
  return {.resource = AlarmKey{caller.scope, names.size() == 1 ? names.front() : "*"}.arn()};
}

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

Result<json::object> settings_of(const w::PutMetricAlarmInput& request) {
  json::object settings;
  const auto put = [&settings](std::string_view name, const auto& value) {
    put_in(settings, name, value);
  };
  put("AlarmDescription", request.AlarmDescription);
  put("ActionsEnabled", request.ActionsEnabled);
  put("OKActions", request.OKActions);
  put("AlarmActions", request.AlarmActions);
  put("InsufficientDataActions", request.InsufficientDataActions);
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

void show_metric(const Alarm& alarm, w::MetricAlarm& shown) {
  const auto text = [&alarm](std::string_view name) -> std::optional<std::string> {
    if (!alarm.settings.contains(name)) return std::nullopt;
    return std::string(alarm.text(name));
  };
  const auto number = [&alarm](std::string_view name) -> std::optional<std::int32_t> {
    if (!alarm.settings.contains(name)) return std::nullopt;
    return std::int32_t(alarm.integer(name));
  };
  shown.AlarmDescription = text("AlarmDescription");
  shown.MetricName = text("MetricName");
  shown.Namespace = text("Namespace");
  shown.Statistic = text("Statistic");
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

w::MetricAlarm to_wire(const Alarm& alarm) {
  w::MetricAlarm shown;
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
  show_metric(alarm, shown);
  return shown;
}

w::AlarmHistoryItem to_wire(const HistoryItem& item) {
  w::AlarmHistoryItem shown;
  shown.AlarmName = item.name;
  shown.AlarmType = "MetricAlarm";
  shown.Timestamp = item.at;
  shown.HistoryItemType = item.type;
  shown.HistorySummary = item.summary;
  shown.HistoryData = item.data;
  return shown;
}

bool includes_metric_alarms(const std::optional<std::vector<std::string>>& types) {
  return !types || types->empty() || std::ranges::find(*types, "MetricAlarm") != types->end();
}

Result<std::string> name_after(const std::optional<std::string>& token) {
  if (!token) return std::string();
  auto name = from_base64(*token);
  if (!name) return fail(Errc::invalid_argument, "InvalidNextToken", "The next token is invalid.");
  return *std::move(name);
}

Result<std::int64_t> item_after(const std::optional<std::string>& token) {
  std::int64_t seq = 0;
  if (!token) return seq;
  const auto read = std::from_chars(token->data(), token->data() + token->size(), seq);
  if (read.ec == std::errc() && read.ptr == token->data() + token->size()) return seq;
  return fail(Errc::invalid_argument, "InvalidNextToken", "The next token is invalid.");
}

}  // namespace

void AlarmApi::register_with(wire::Router& router) {
  router.on<w::op::PutMetricAlarm>(this, &AlarmApi::put, named<w::PutMetricAlarmInput>);
  router.on<w::op::DescribeAlarms>(this, &AlarmApi::list, listed<w::DescribeAlarmsInput>);
  router.on<w::op::DeleteAlarms>(this, &AlarmApi::remove, listed<w::DeleteAlarmsInput>);
  router.on<w::op::SetAlarmState>(this, &AlarmApi::set_state, named<w::SetAlarmStateInput>);
  router.on<w::op::DescribeAlarmHistory>(this, &AlarmApi::history,
                                         named<w::DescribeAlarmHistoryInput>);
  router.on<w::op::EnableAlarmActions>(this, &AlarmApi::enable, listed<w::EnableAlarmActionsInput>);
  router.on<w::op::DisableAlarmActions>(this, &AlarmApi::disable,
                                        listed<w::DisableAlarmActionsInput>);
  register_tags(router);
}

AlarmApi::Done AlarmApi::put(const Caller& caller, w::PutMetricAlarmInput request) {
  const AlarmKey key{caller.scope, *request.AlarmName};
  TM_CO_TRY(const auto settings, settings_of(request));
  Tags tags;
  for (const auto& tag : request.Tags.value_or(std::vector<w::Tag>())) {
    tags[tag.Key.value_or("")] = tag.Value.value_or("");
  }
  auto change = [&](store::Tx& tx) { return book_.put(tx, key, settings, tags); };
  co_return co_await commit(change);
}

AlarmApi::Reply<w::DescribeAlarmsOutput> AlarmApi::list(const Caller& caller,
                                                        w::DescribeAlarmsInput request) {
  w::DescribeAlarmsOutput response;
  response.MetricAlarms.emplace();
  response.CompositeAlarms.emplace();
  if (request.AlarmNames && !request.AlarmNames->empty() && request.AlarmNamePrefix) {
    co_return invalid_combination("AlarmNamePrefix and AlarmNames cannot be specified together.");
  }
  if (!includes_metric_alarms(request.AlarmTypes) || request.ChildrenOfAlarmName ||
      request.ParentsOfAlarmName) {
    co_return response;
  }
  if (request.StateValue) TM_CO_CHECK(check_state(*request.StateValue));
  AlarmQuery query;
  query.scope = caller.scope;
  query.names = request.AlarmNames.value_or(query.names);
  query.prefix = request.AlarmNamePrefix.value_or("");
  query.state = request.StateValue.value_or("");
  query.action_prefix = request.ActionPrefix.value_or("");
  query.count = request.MaxRecords.value_or(alarms_a_page);
  TM_CO_TRY(query.after, name_after(request.NextToken));
  auto ask = [&](store::Tx& tx) { return AlarmBook::list(tx, query); };
  TM_CO_TRY(const auto page, co_await store_.read(ask));
  for (const auto& alarm : page.alarms) response.MetricAlarms->push_back(to_wire(alarm));
  if (page.next) response.NextToken = to_base64(*page.next);
  co_return response;
}

AlarmApi::Done AlarmApi::remove(const Caller& caller, w::DeleteAlarmsInput request) {
  auto change = [&](store::Tx& tx) { return book_.remove(tx, caller.scope, *request.AlarmNames); };
  co_return co_await commit(change);
}

AlarmApi::Done AlarmApi::set_state(const Caller& caller, w::SetAlarmStateInput request) {
  const AlarmKey key{caller.scope, *request.AlarmName};
  TM_CO_CHECK(check_state(*request.StateValue));
  if (request.StateReasonData && !json::parse(*request.StateReasonData)) {
    co_return fail(Errc::invalid_argument, "InvalidFormat", "StateReasonData was not valid JSON");
  }
  const Verdict verdict{*request.StateValue, *request.StateReason, request.StateReasonData};
  auto change = [&](store::Tx& tx) { return book_.set_state(tx, key, verdict); };
  co_return co_await commit(change);
}

AlarmApi::Reply<w::DescribeAlarmHistoryOutput> AlarmApi::history(
    const Caller& caller, w::DescribeAlarmHistoryInput request) {
  w::DescribeAlarmHistoryOutput response;
  response.AlarmHistoryItems.emplace();
  if (!includes_metric_alarms(request.AlarmTypes)) co_return response;
  HistoryQuery query;
  query.scope = caller.scope;
  query.name = request.AlarmName.value_or("");
  query.type = request.HistoryItemType.value_or("");
  query.from = request.StartDate;
  query.until = request.EndDate;
  query.count = request.MaxRecords.value_or(history_a_page);
  query.oldest_first = request.ScanBy.value_or("") == "TimestampAscending";
  TM_CO_TRY(query.after, item_after(request.NextToken));
  auto ask = [&](store::Tx& tx) { return AlarmBook::history(tx, query); };
  TM_CO_TRY(const auto items, co_await store_.read(ask));
  for (const auto& item : items) response.AlarmHistoryItems->push_back(to_wire(item));
  if (int(items.size()) == query.count) response.NextToken = std::to_string(items.back().seq);
  co_return response;
}

AlarmApi::Done AlarmApi::enable(const Caller& caller, w::EnableAlarmActionsInput request) {
  auto change = [&](store::Tx& tx) {
    return book_.enable_actions(tx, caller.scope, *request.AlarmNames, true);
  };
  co_return co_await commit(change);
}

AlarmApi::Done AlarmApi::disable(const Caller& caller, w::DisableAlarmActionsInput request) {
  auto change = [&](store::Tx& tx) {
    return book_.enable_actions(tx, caller.scope, *request.AlarmNames, false);
  };
  co_return co_await commit(change);
}

}  // namespace tidemill::metrics
