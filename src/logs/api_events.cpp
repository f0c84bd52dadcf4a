// Log streams and their events.
#include "logs/api.h"
#include "logs/names.h"

namespace tidemill::logs {
namespace {

w::LogStream to_wire(const GroupKey& group, const Stream& stream) {
  w::LogStream shown;
  shown.logStreamName = stream.name;
  shown.creationTime = stream.created.ms;
  shown.arn = stream_arn({group, stream.name});
  shown.storedBytes = 0;  // AWS counts by group only.
  if (stream.first) {
    shown.firstEventTimestamp = stream.first->ms;
    shown.lastEventTimestamp = stream.last->ms;
    shown.lastIngestionTime = stream.ingested->ms;
    shown.uploadSequenceToken = sequence_token(stream.id);
  }
  return shown;
}

std::optional<TimeMs> to_time(const std::optional<std::int64_t>& ms) {
  return ms ? std::optional(TimeMs{*ms}) : std::nullopt;
}

w::PutLogEventsResponse to_wire(const PutOutcome& outcome) {
  w::PutLogEventsResponse response;
  response.nextSequenceToken = outcome.next_token;
  if (outcome.too_new_start || outcome.too_old_end || outcome.expired_end) {
    auto& rejected = response.rejectedLogEventsInfo.emplace();
    rejected.tooNewLogEventStartIndex = outcome.too_new_start;
    rejected.tooOldLogEventEndIndex = outcome.too_old_end;
    rejected.expiredLogEventEndIndex = outcome.expired_end;
  }
  return response;
}

Result<FilterQuery> to_query(const Caller& caller, w::FilterLogEventsRequest& request) {
  FilterQuery query;
  TM_TRY(query.group, group_of_request(caller, request.logGroupName, request.logGroupIdentifier));
  if (request.logStreamNames && request.logStreamNamePrefix) {
    return invalid_parameter(
        "LogStream names and LogStream name prefix are mutually exclusive parameters.");
  }
  TM_TRY(query.pattern, FilterPattern::compile(request.filterPattern.value_or("")));
  if (request.logStreamNames) query.streams = *std::move(request.logStreamNames);
  query.prefix = request.logStreamNamePrefix.value_or("");
  query.range = {to_time(request.startTime), to_time(request.endTime)};
  query.token = std::move(request.nextToken);
  query.limit = request.limit.value_or(query.limit);
  query.newest_first = !request.startFromHead.value_or(true);
  return query;
}

}  // namespace

void Api::register_streams(wire::Router& router) {
  const auto stream = [](const Caller& caller, const auto& request) {
    return access_to(caller, request.logGroupName, std::nullopt, request.logStreamName);
  };
  const auto group = [](const Caller& caller, const auto& request) {
    return access_to(caller, request.logGroupName, request.logGroupIdentifier);
  };
  router.on<w::op::CreateLogStream>(this, &Api::create_stream, stream);
  router.on<w::op::DeleteLogStream>(this, &Api::delete_stream, stream);
  router.on<w::op::PutLogEvents>(this, &Api::put_events, stream);
  router.on<w::op::DescribeLogStreams>(this, &Api::describe_streams, group);
  router.on<w::op::FilterLogEvents>(this, &Api::filter_events, group);
  router.on<w::op::GetLogEvents>(
      this, &Api::get_events, [](const Caller& caller, const w::GetLogEventsRequest& request) {
        return access_to(caller, request.logGroupName, request.logGroupIdentifier,
                         request.logStreamName);
      });
}

Task<Result<wire::Empty>> Api::create_stream(const Caller& caller,
                                             w::CreateLogStreamRequest request) {
  const StreamKey key{{caller.scope, *request.logGroupName}, *request.logStreamName};
  auto change = [&](store::Tx& tx) { return ledger_.create_stream(tx, key); };
  co_return co_await commit(change);
}

Task<Result<wire::Empty>> Api::delete_stream(const Caller& caller,
                                             w::DeleteLogStreamRequest request) {
  const StreamKey key{{caller.scope, *request.logGroupName}, *request.logStreamName};
  auto change = [&](store::Tx& tx) { return ledger_.delete_stream(tx, key); };
  co_return co_await commit(change);
}

Task<Result<w::DescribeLogStreamsResponse>> Api::describe_streams(
    const Caller& caller, w::DescribeLogStreamsRequest request) {
  StreamQuery query;
  TM_CO_TRY(query.group,
            group_of_request(caller, request.logGroupName, request.logGroupIdentifier));
  query.prefix = request.logStreamNamePrefix.value_or("");
  query.by_last_event = request.orderBy == "LastEventTime";
  query.descending = request.descending.value_or(false);
  query.token = std::move(request.nextToken);
  query.limit = request.limit.value_or(query.limit);
  auto ask = [&](store::Tx& tx) { return ledger_.streams(tx, query); };
  TM_CO_TRY(auto page, co_await store_.read(ask));
  w::DescribeLogStreamsResponse response;
  response.logStreams.emplace();
  for (const auto& stream : page.streams) {
    response.logStreams->push_back(to_wire(query.group, stream));
  }
  response.nextToken = std::move(page.token);
  co_return response;
}

Task<Result<w::PutLogEventsResponse>> Api::put_events(const Caller& caller,
                                                      w::PutLogEventsRequest request) {
  const StreamKey key{{caller.scope, *request.logGroupName}, *request.logStreamName};
  std::vector<NewEvent> events;
  events.reserve(request.logEvents->size());
  for (auto& event : *request.logEvents) {
    events.push_back({TimeMs{event.timestamp.value_or(0)}, event.message.value_or("")});
  }
  auto change = [&](store::Tx& tx) { return ledger_.put(tx, key, events); };
  TM_CO_TRY(const auto outcome, co_await store_.write(change));
  co_return to_wire(outcome);
}

Task<Result<w::GetLogEventsResponse>> Api::get_events(const Caller& caller,
                                                      w::GetLogEventsRequest request) {
  ReadQuery query;
  TM_CO_TRY(query.stream.group,
            group_of_request(caller, request.logGroupName, request.logGroupIdentifier));
  query.stream.name = *request.logStreamName;
  query.range = {to_time(request.startTime), to_time(request.endTime)};
  query.token = std::move(request.nextToken);
  query.limit = request.limit.value_or(query.limit);
  query.from_head = request.startFromHead.value_or(false);
  auto ask = [&](store::Tx& tx) { return ledger_.read(tx, query); };
  TM_CO_TRY(auto page, co_await store_.read(ask));
  w::GetLogEventsResponse response;
  response.events.emplace();
  for (auto& event : page.events) {
    auto& shown = response.events->emplace_back();
    shown.timestamp = event.position.at_ms;
    shown.message = std::move(event.message);
    shown.ingestionTime = event.ingested.ms;
  }
  response.nextForwardToken = std::move(page.forward);
  response.nextBackwardToken = std::move(page.backward);
  co_return response;
}

Task<Result<w::FilterLogEventsResponse>> Api::filter_events(const Caller& caller,
                                                            w::FilterLogEventsRequest request) {
  TM_CO_TRY(const auto query, to_query(caller, request));
  auto ask = [&](store::Tx& tx) { return ledger_.filter(tx, query); };
  TM_CO_TRY(auto page, co_await store_.read(ask));
  w::FilterLogEventsResponse response;
  response.events.emplace();
  for (auto& event : page.events) {
    auto& shown = response.events->emplace_back();
    shown.eventId = event_id(event);
    shown.logStreamName = std::move(event.stream);
    shown.timestamp = event.position.at_ms;
    shown.message = std::move(event.message);
    shown.ingestionTime = event.ingested.ms;
  }
  response.searchedLogStreams.emplace();  // AWS leaves it empty nowadays.
  response.nextToken = std::move(page.token);
  co_return response;
}

}  // namespace tidemill::logs
