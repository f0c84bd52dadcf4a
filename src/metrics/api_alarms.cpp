// Alarms: their settings, states and history.
#include <algorithm>

#include "base/encoding.h"
#include "metrics/api.h"
#include "metrics/api_alarm_shapes.h"

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

w::AlarmHistoryItem to_wire(const HistoryItem& item) {
  w::AlarmHistoryItem shown;
  shown.AlarmName = item.name;
  shown.AlarmType = item.is_composite ? "CompositeAlarm" : "MetricAlarm";
  shown.Timestamp = item.at;
  shown.HistoryItemType = item.type;
  shown.HistorySummary = item.summary;
  shown.HistoryData = item.data;
  return shown;
}

/// Whether a kind of alarm is asked for, where none named means `otherwise`.
bool includes(const std::optional<std::vector<std::string>>& types, std::string_view type,
              bool otherwise) {
  if (!types || types->empty()) return otherwise;
  return std::ranges::find(*types, type) != types->end();
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
  router.on<w::op::PutCompositeAlarm>(this, &AlarmApi::put_composite,
                                      named<w::PutCompositeAlarmInput>);
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
  const auto tags = tags_of(request.Tags);
  auto change = [&](store::Tx& tx) { return book_.put(tx, key, settings, tags); };
  co_return co_await commit(change);
}

AlarmApi::Done AlarmApi::put_composite(const Caller& caller, w::PutCompositeAlarmInput request) {
  const AlarmKey key{caller.scope, *request.AlarmName};
  TM_CO_TRY(const auto settings, settings_of(request));
  const auto tags = tags_of(request.Tags);
  auto change = [&](store::Tx& tx) { return book_.put_composite(tx, key, settings, tags); };
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
  if (request.ChildrenOfAlarmName || request.ParentsOfAlarmName) {
    co_return co_await list_related(caller, std::move(request));
  }
  if (request.StateValue) TM_CO_CHECK(check_state(*request.StateValue));
  AlarmQuery query;
  query.scope = caller.scope;
  query.names = request.AlarmNames.value_or(query.names);
  query.prefix = request.AlarmNamePrefix.value_or("");
  query.state = request.StateValue.value_or("");
  query.action_prefix = request.ActionPrefix.value_or("");
  query.metric_alarms = includes(request.AlarmTypes, "MetricAlarm", true);
  query.composite_alarms = includes(request.AlarmTypes, "CompositeAlarm", false);
  query.count = request.MaxRecords.value_or(alarms_a_page);
  TM_CO_TRY(query.after, name_after(request.NextToken));
  auto ask = [&](store::Tx& tx) { return AlarmBook::list(tx, query); };
  TM_CO_TRY(const auto page, co_await store_.read(ask));
  for (const auto& alarm : page.alarms) show(alarm, response);
  if (page.next) response.NextToken = to_base64(*page.next);
  co_return response;
}

/// Their names and states only, as on AWS.
AlarmApi::Reply<w::DescribeAlarmsOutput> AlarmApi::list_related(const Caller& caller,
                                                                w::DescribeAlarmsInput request) {
  w::DescribeAlarmsOutput response;
  response.MetricAlarms.emplace();
  response.CompositeAlarms.emplace();
  if (request.ChildrenOfAlarmName && request.ParentsOfAlarmName) {
    co_return invalid_combination(
        "ChildrenOfAlarmName and ParentsOfAlarmName cannot be specified together.");
  }
  const bool down = request.ChildrenOfAlarmName.has_value();
  const AlarmKey key{caller.scope,
                     down ? *request.ChildrenOfAlarmName : *request.ParentsOfAlarmName};
  auto ask = [&](store::Tx& tx) -> Result<std::vector<Alarm>> {
    TM_TRY(const auto alarm, AlarmBook::find(tx, key));
    if (!alarm) return std::vector<Alarm>();
    return down ? AlarmBook::children(tx, *alarm) : AlarmBook::parents(tx, *alarm);
  };
  TM_CO_TRY(const auto related, co_await store_.read(ask));
  TM_CO_TRY(const auto after, name_after(request.NextToken));
  const auto count = std::size_t(request.MaxRecords.value_or(alarms_a_page));
  for (std::size_t shown = 0; const auto& alarm : related) {
    if (alarm.key.name <= after) continue;
    if (shown == count) break;
    if (++shown == count && &alarm != &related.back()) {
      response.NextToken = to_base64(alarm.key.name);
    }
    show_briefly(alarm, response);
  }
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
  HistoryQuery query;
  query.scope = caller.scope;
  query.name = request.AlarmName.value_or("");
  query.type = request.HistoryItemType.value_or("");
  query.metric_alarms = includes(request.AlarmTypes, "MetricAlarm", true);
  query.composite_alarms = includes(request.AlarmTypes, "CompositeAlarm", true);
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
