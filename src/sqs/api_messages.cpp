// Messages, one at a time: send, receive, delete, visibility.
#include "sqs/api_messages.h"

#include <algorithm>

#include "sqs/api.h"
#include "sqs/errors.h"

namespace tidemill::sqs {
namespace {

constexpr std::int32_t wait_s_max = 20, messages_max = 10, visibility_s_max = 43'200;

using Names = std::vector<std::string>;

bool asked(const Names& names, std::string_view name) {
  return std::ranges::any_of(names, [&](const auto& one) { return one == "All" || one == name; });
}

/// The attributes of the system that the receiver asked for.
std::map<std::string, std::string> system_attributes(const Received& message, const Names& names) {
  std::map<std::string, std::string> shown;
  const auto add = [&](std::string_view name, std::string value) {
    if (!value.empty() && asked(names, name)) shown.emplace(name, std::move(value));
  };
  add("SenderId", message.sender);
  add("SentTimestamp", std::to_string(message.sent.ms));
  add("ApproximateReceiveCount", std::to_string(message.receives));
  add("ApproximateFirstReceiveTimestamp", std::to_string(message.first_received.ms));
  add("MessageGroupId", message.group_id);
  add("MessageDeduplicationId", message.dedup_id);
  if (!message.dedup_id.empty()) add("SequenceNumber", fmt::format("{:020}", message.seq));
  add("AWSTraceHeader", message.trace);
  add("DeadLetterQueueSourceArn", message.source_arn);
  return shown;
}

std::map<std::string, w::MessageAttributeValue> to_wire(const MessageAttributes& attributes) {
  std::map<std::string, w::MessageAttributeValue> shown;
  for (const auto& [name, attribute] : attributes) {
    auto& value = shown[name];
    value.DataType = attribute.type;
    (attribute.is_binary() ? value.BinaryValue : value.StringValue) = attribute.value;
  }
  return shown;
}

w::Message to_wire(Received message, const w::ReceiveMessageRequest& request) {
  w::Message shown;
  shown.MessageId = std::move(message.id);
  shown.ReceiptHandle = std::move(message.handle);
  shown.MD5OfBody = md5_hex(message.body);
  shown.Body = std::move(message.body);
  auto names = request.AttributeNames.value_or(Names());
  const auto newer = request.MessageSystemAttributeNames.value_or(Names());
  names.insert(names.end(), newer.begin(), newer.end());
  if (auto system = system_attributes(message, names); !system.empty()) {
    shown.Attributes = std::move(system);
  }
  const auto wanted = request.MessageAttributeNames.value_or(Names());
  std::erase_if(message.attributes, [&wanted](const auto& attribute) {
    return std::ranges::none_of(
        wanted, [&](const auto& one) { return is_asked_for(attribute.first, one); });
  });
  if (!message.attributes.empty()) {
    shown.MD5OfMessageAttributes = md5_of(message.attributes);
    shown.MessageAttributes = to_wire(message.attributes);
  }
  return shown;
}

Status check_range(std::optional<std::int32_t> value, std::string_view parameter,
                   std::pair<std::int32_t, std::int32_t> bounds) {
  if (!value || (*value >= bounds.first && *value <= bounds.second)) return {};
  return invalid_value(std::to_string(*value), parameter,
                       bounds.first == 0
                           ? fmt::format("Must be >= 0 and <= {}, if provided.", bounds.second)
                           : fmt::format("Must be between 1 and {}, if provided.", bounds.second));
}

Status check_receive(const w::ReceiveMessageRequest& request) {
  TM_CHECK(check_range(request.WaitTimeSeconds, "WaitTimeSeconds", {0, wait_s_max}));
  TM_CHECK(check_range(request.MaxNumberOfMessages, "MaxNumberOfMessages", {1, messages_max}));
  return check_range(request.VisibilityTimeout, "VisibilityTimeout", {0, visibility_s_max});
}

}  // namespace

void Api::register_messages(wire::Router& router) {
  router.on<w::op::SendMessage>(this, &Api::send, asked_by_handler<w::SendMessageRequest>);
  router.on<w::op::SendMessageBatch>(this, &Api::send_batch,
                                     asked_by_handler<w::SendMessageBatchRequest>);
  router.on<w::op::ReceiveMessage>(this, &Api::receive, asked_by_handler<w::ReceiveMessageRequest>);
  router.on<w::op::DeleteMessage>(this, &Api::delete_message,
                                  asked_by_handler<w::DeleteMessageRequest>);
  router.on<w::op::DeleteMessageBatch>(this, &Api::delete_batch,
                                       asked_by_handler<w::DeleteMessageBatchRequest>);
  router.on<w::op::ChangeMessageVisibility>(this, &Api::change,
                                            asked_by_handler<w::ChangeMessageVisibilityRequest>);
  router.on<w::op::ChangeMessageVisibilityBatch>(
      this, &Api::change_batch, asked_by_handler<w::ChangeMessageVisibilityBatchRequest>);
}

Task<Result<w::SendMessageResult>> Api::send(const Caller& caller, w::SendMessageRequest request) {
  const auto message = message_of(request);
  auto change = [&](store::Tx& tx, Queue& queue) {
    return queues_.send(tx, queue, message, caller.user_id);
  };
  TM_CO_TRY(const auto sent,
            co_await with_queue(caller, request.QueueUrl, "sqs:SendMessage", change));
  w::SendMessageResult result;
  tell_sent(message, sent, result);
  co_return result;
}

/// Receives; without messages it waits for them, as long as the request or the queue says.
Task<Result<Taken>> Api::take(const Caller& caller, const w::ReceiveMessageRequest& request) {
  using Clock = std::chrono::steady_clock;
  const auto began = Clock::now();
  const ReceiveOrder order{.count = request.MaxNumberOfMessages.value_or(1),
                           .visibility_s = request.VisibilityTimeout};
  std::int64_t queue_id = 0, wait_s = 0;
  auto change = [&](store::Tx& tx, Queue& queue) {
    queue_id = queue.id;
    wait_s = request.WaitTimeSeconds.value_or(
        std::int32_t(queue.number("ReceiveMessageWaitTimeSeconds")));
    return queues_.receive(tx, queue, order);
  };
  std::unique_ptr<io::WaitingRoom::Seat> seat;
  while (true) {
    TM_CO_TRY(auto taken,
              co_await with_queue(caller, request.QueueUrl, "sqs:ReceiveMessage", change));
    if (!taken.messages.empty() || wait_s == 0) co_return taken;
    if (!seat) {
      // What comes between the look and the seat isn't called out: look again.
      seat = co_await waiters_.room().enter(queue_id);
      continue;
    }
    if (taken.next) waiters_.visible(queue_id, *taken.next, 1);
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(
        began + std::chrono::seconds(wait_s) - Clock::now());
    if (!co_await seat->wait_for(left)) co_return taken;
    if (caller.is_gone && caller.is_gone()) {
      // It would take a message to nowhere: let another one have it.
      waiters_.room().call(queue_id, 1);
      co_return taken;
    }
  }
}

Task<Result<w::ReceiveMessageResult>> Api::receive(const Caller& caller,
                                                   w::ReceiveMessageRequest request) {
  TM_CO_CHECK(check_receive(request));
  TM_CO_TRY(auto taken, co_await take(caller, request));
  w::ReceiveMessageResult result;
  for (auto& message : taken.messages) {
    if (!result.Messages) result.Messages.emplace();
    result.Messages->push_back(to_wire(std::move(message), request));
  }
  co_return result;
}

Task<Result<wire::Empty>> Api::delete_message(const Caller& caller,
                                              w::DeleteMessageRequest request) {
  auto change = [&](store::Tx& tx, Queue& queue) {
    return queues_.remove_message(tx, queue, *request.ReceiptHandle);
  };
  co_return done(co_await with_queue(caller, request.QueueUrl, "sqs:DeleteMessage", change));
}

Task<Result<wire::Empty>> Api::change(const Caller& caller,
                                      w::ChangeMessageVisibilityRequest request) {
  auto change = [&](store::Tx& tx, Queue& queue) {
    return queues_.change_visibility(tx, queue, *request.ReceiptHandle, *request.VisibilityTimeout);
  };
  co_return done(
      co_await with_queue(caller, request.QueueUrl, "sqs:ChangeMessageVisibility", change));
}

}  // namespace tidemill::sqs
