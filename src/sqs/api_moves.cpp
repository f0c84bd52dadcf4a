// Dead-letter queues: whose they are, and moving their messages back.
#include "base/encoding.h"
#include "sqs/api.h"
#include "sqs/errors.h"

namespace tidemill::sqs {
namespace {

constexpr std::int32_t tasks_max = 10;

w::ListMessageMoveTasksResultEntry to_wire(const Move& move) {
  w::ListMessageMoveTasksResultEntry shown;
  if (move.state == "RUNNING") shown.TaskHandle = move.handle();
  shown.Status = move.state;
  shown.SourceArn = move.source_arn;
  shown.DestinationArn = move.destination_arn;
  if (move.per_second) shown.MaxNumberOfMessagesPerSecond = std::int32_t(*move.per_second);
  shown.ApproximateNumberOfMessagesMoved = move.moved;
  shown.ApproximateNumberOfMessagesToMove = move.to_move;
  shown.FailureReason = move.failure;
  shown.StartedTimestamp = move.started.ms;
  return shown;
}

/// The key that an ARN of a request means; its own error otherwise.
Result<QueueKey> key_of_arn(const std::string& arn) {
  auto key = QueueKey::of_arn(arn);
  if (key) return *std::move(key);
  return invalid_value(arn, "SourceArn", "It isn't the ARN of a queue.");
}

/// That a move's source isn't there has an error of its own.
Error of_source(Error error) {
  if (error.code != Errc::not_found) return error;
  return refuse("ResourceNotFoundException",
                "The resource that you specified for the SourceArn parameter doesn't exist.", 404)
      .error();
}

}  // namespace

void Api::register_moves(wire::Router& router) {
  router.on<w::op::ListDeadLetterSourceQueues>(
      this, &Api::sources, asked_by_handler<w::ListDeadLetterSourceQueuesRequest>);
  router.on<w::op::StartMessageMoveTask>(this, &Api::start_move,
                                         asked_by_handler<w::StartMessageMoveTaskRequest>);
  router.on<w::op::CancelMessageMoveTask>(this, &Api::cancel_move,
                                          asked_by_handler<w::CancelMessageMoveTaskRequest>);
  router.on<w::op::ListMessageMoveTasks>(this, &Api::moves,
                                         asked_by_handler<w::ListMessageMoveTasksRequest>);
}

Task<Result<w::ListDeadLetterSourceQueuesResult>> Api::sources(
    const Caller& caller, w::ListDeadLetterSourceQueuesRequest request) {
  TM_CO_TRY(const auto page, page_of(request.MaxResults, request.NextToken));
  auto query = [&](store::Tx& tx, const Queue& queue) -> Result<std::vector<QueueKey>> {
    return sources_of(tx, queue.key.arn());
  };
  TM_CO_TRY(const auto found, co_await with_snapshot(caller, request.QueueUrl,
                                                     "sqs:ListDeadLetterSourceQueues", query));
  w::ListDeadLetterSourceQueuesResult result;
  auto& urls = result.queueUrls.emplace();
  std::string last;
  for (const auto& key : found) {
    if (key.name <= page.after) continue;
    if (std::int32_t(urls.size()) == page.count) {
      result.NextToken = to_base64(last);
      break;
    }
    urls.push_back(url_of(caller, key));
    last = key.name;
  }
  co_return result;
}

Task<Result<w::StartMessageMoveTaskResult>> Api::start_move(
    const Caller& caller, w::StartMessageMoveTaskRequest request) {
  TM_CO_TRY(const auto key, key_of_arn(*request.SourceArn));
  Move order;
  order.source_arn = *request.SourceArn;
  order.destination_arn = request.DestinationArn;
  if (request.MaxNumberOfMessagesPerSecond) {
    order.per_second = *request.MaxNumberOfMessagesPerSecond;
  }
  auto change = [&](store::Tx& tx) -> Result<std::string> {
    const auto source = open(tx, caller, key, "sqs:StartMessageMoveTask");
    if (!source) return std::unexpected(of_source(source.error()));
    return queues_.start_move(tx, order);
  };
  TM_CO_TRY(auto handle, co_await store_.write(change));
  w::StartMessageMoveTaskResult result;
  result.TaskHandle = std::move(handle);
  co_return result;
}

Task<Result<w::CancelMessageMoveTaskResult>> Api::cancel_move(
    const Caller& caller, w::CancelMessageMoveTaskRequest request) {
  TM_CO_TRY(const auto key, Queues::source_of_move(*request.TaskHandle));
  auto change = [&](store::Tx& tx) -> Result<std::int64_t> {
    const auto source = open(tx, caller, key, "sqs:CancelMessageMoveTask");
    if (!source) return std::unexpected(of_source(source.error()));
    return queues_.cancel_move(tx, *request.TaskHandle);
  };
  TM_CO_TRY(const auto moved, co_await store_.write(change));
  w::CancelMessageMoveTaskResult result;
  result.ApproximateNumberOfMessagesMoved = moved;
  co_return result;
}

Task<Result<w::ListMessageMoveTasksResult>> Api::moves(const Caller& caller,
                                                       w::ListMessageMoveTasksRequest request) {
  TM_CO_TRY(const auto key, key_of_arn(*request.SourceArn));
  const auto count = request.MaxResults.value_or(1);
  if (count < 1 || count > tasks_max) {
    co_return invalid_value(std::to_string(count), "MaxResults",
                            "Must be >= 1 and <= 10, if provided.");
  }
  auto query = [&](store::Tx& tx) -> Result<std::vector<Move>> {
    const auto source = open(tx, caller, key, "sqs:ListMessageMoveTasks");
    if (!source) return std::unexpected(of_source(source.error()));
    return queues_.moves(tx, *request.SourceArn, count);
  };
  TM_CO_TRY(const auto found, co_await store_.read(query));
  w::ListMessageMoveTasksResult result;
  for (const auto& move : found) {
    if (!result.Results) result.Results.emplace();
    result.Results->push_back(to_wire(move));
  }
  co_return result;
}

}  // namespace tidemill::sqs
