// Messages in, one by one and in batches.
#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "base/ascii.h"
#include "sns/api.h"
#include "sns/errors.h"
#include "wire/errors.h"

namespace tidemill::sns {
namespace {

constexpr std::size_t entries_max = 10, id_length_max = 80;

Result<MessageAttributes> attributes_of(
    const std::optional<std::map<std::string, w::MessageAttributeValue>>& given) {
  MessageAttributes attributes;
  if (!given) return attributes;
  for (const auto& [name, value] : *given) {
    MessageAttribute attribute{*value.DataType, {}};
    const bool binary = attribute.is_binary();
    const auto& wanted = binary ? value.BinaryValue : value.StringValue;
    if (!wanted && (value.BinaryValue || value.StringValue)) {
      return invalid_value(
          fmt::format("The message attribute '{}' with type '{}' must use field '{}'.", name,
                      attribute.type, binary ? "Binary" : "String"));
    }
    attribute.value = wanted.value_or("");
    attributes.emplace(name, std::move(attribute));
  }
  return attributes;
}

/// `given`: a PublishInput or an entry of a batch.
template <class Given>
Result<Message> message_of(const Given& given) {
  Message message;
  message.text = *given.Message;
  message.subject = given.Subject;
  if (given.MessageStructure && *given.MessageStructure != "json") {
    return invalid_parameter(
        fmt::format("Invalid message structure parameter: [{}]", *given.MessageStructure));
  }
  message.by_protocol = given.MessageStructure.has_value();
  TM_TRY(message.attributes, attributes_of(given.MessageAttributes));
  message.group_id = given.MessageGroupId.value_or("");
  message.dedup_id = given.MessageDeduplicationId.value_or("");
  return message;
}

bool is_id(std::string_view id) {
  return !id.empty() && id.size() <= id_length_max && std::ranges::all_of(id, is_name_character);
}

/// What is wrong with the batch as a whole.
Status check_batch(const std::vector<w::PublishBatchRequestEntry>& entries) {
  if (entries.empty()) {
    return refuse("EmptyBatchRequest", "The batch request doesn't contain any entries.");
  }
  if (entries.size() > entries_max) {
    return refuse("TooManyEntriesInBatchRequest",
                  "The batch request contains more entries than permissible.");
  }
  std::set<std::string_view> ids;
  std::size_t bytes = 0;
  for (const auto& entry : entries) {
    if (!is_id(*entry.Id)) {
      return refuse("InvalidBatchEntryId",
                    "The Id of a batch entry in a batch request doesn't abide by the "
                    "specification.");
    }
    if (!ids.insert(*entry.Id).second) {
      return refuse("BatchEntryIdsNotDistinct",
                    "Two or more batch entries in the request have the same Id.");
    }
    bytes += entry.Message->size();
  }
  if (bytes > message_bytes_max) {
    return refuse("BatchRequestTooLong",
                  "The length of all the messages put together is more than the limit.");
  }
  return {};
}

}  // namespace

void Api::register_publishing(wire::Router& router) {
  router.on<w::op::Publish>(this, &Api::publish, asked_by_handler<w::PublishInput>);
  router.on<w::op::PublishBatch>(this, &Api::publish_batch, asked_by_handler<w::PublishBatchInput>);
}

Task<Status> Api::sign_ahead(std::string arn, const std::vector<Message>& messages,
                             std::vector<Stamp>& stamps) {
  for (std::size_t i = 0; i < messages.size(); ++i) stamps.push_back(topics_.stamp());
  TM_CO_TRY(const auto key, TopicKey::of_arn(arn));
  std::optional<Topic> topic;
  auto look = [&](store::Tx& tx) -> Result<std::vector<Subscription>> {
    TM_TRY(topic, find_topic(tx, key));
    if (!topic) return std::vector<Subscription>();
    return subscriptions_of(tx, *topic);
  };
  TM_CO_TRY(const auto subscriptions, co_await store_.read(look));
  const bool is_needed = std::ranges::any_of(
      subscriptions, [&](const Subscription& one) { return is_signed(*topic, one); });
  if (!is_needed) co_return Status();
  const auto sign = [&]() -> Status {
    for (std::size_t i = 0; i < messages.size(); ++i) {
      if (!check_message(*topic, messages[i])) continue;
      const Notification sent{.id = stamps[i].id, .time = stamps[i].time, .message = messages[i]};
      sns::sign_ahead(*topic, subscriptions, sent, stamps[i].signer);
    }
    return {};
  };
  // If the pool is full the transaction signs.
  [[maybe_unused]] const auto signed_ahead = co_await pool_.run(sign);
  co_return Status();
}

Task<Result<w::PublishResponse>> Api::publish(const Caller& caller, w::PublishInput request) {
  if (request.PhoneNumber) {
    co_return invalid_parameter("PhoneNumber Reason: no text messages are sent from here");
  }
  const auto& arn = request.TopicArn ? request.TopicArn : request.TargetArn;
  if (!arn) {
    co_return invalid_parameter("TopicArn or TargetArn Reason: no value for required parameter");
  }
  TM_CO_TRY(auto message, message_of(request));
  std::vector<Message> messages;
  messages.push_back(std::move(message));
  std::vector<Stamp> stamps;
  TM_CO_CHECK(co_await sign_ahead(*arn, messages, stamps));
  auto change = [&](store::Tx& tx, Topic& topic) {
    return topics_.publish(tx, topic, messages[0], std::move(stamps[0]));
  };
  TM_CO_TRY(auto published, co_await with_topic(caller, *arn, "SNS:Publish", change));
  w::PublishResponse response;
  response.MessageId = std::move(published.id);
  if (!published.sequence.empty()) response.SequenceNumber = std::move(published.sequence);
  co_return response;
}

Task<Result<w::PublishBatchResponse>> Api::publish_batch(const Caller& caller,
                                                         w::PublishBatchInput request) {
  const auto& entries = *request.PublishBatchRequestEntries;
  TM_CO_CHECK(check_batch(entries));
  std::vector<Result<Message>> read;
  std::vector<Message> messages;
  for (const auto& entry : entries) {
    read.push_back(message_of(entry));
    messages.push_back(read.back().value_or(Message()));
  }
  std::vector<Stamp> stamps;
  TM_CO_CHECK(co_await sign_ahead(*request.TopicArn, messages, stamps));
  auto change = [&](store::Tx& tx, Topic& topic) -> Result<w::PublishBatchResponse> {
    w::PublishBatchResponse response;
    auto& successful = response.Successful.emplace();
    auto& failed = response.Failed.emplace();
    for (std::size_t i = 0; i < entries.size(); ++i) {
      const auto& entry = entries[i];
      auto published = read[i] ? topics_.publish(tx, topic, messages[i], std::move(stamps[i]))
                               : Result<Published>(std::unexpected(read[i].error()));
      if (published) {
        auto& done = successful.emplace_back();
        done.Id = entry.Id;
        done.MessageId = std::move(published->id);
        if (!published->sequence.empty()) done.SequenceNumber = std::move(published->sequence);
        continue;
      }
      if (published.error().code != Errc::invalid_argument) {
        return std::unexpected(published.error());
      }
      auto& refused = failed.emplace_back();
      refused.Id = entry.Id;
      refused.Code = wire::query_code(w::service, published.error());
      refused.Message = published.error().message;
      refused.SenderFault = true;
    }
    return response;
  };
  co_return co_await with_topic(caller, *request.TopicArn, "SNS:Publish", change);
}

}  // namespace tidemill::sns
