/// What single sends and batches share: a request's (or an entry's) message, and what is answered.
#pragma once

#include "sqs/queues.h"
#include "wire/gen/sqs.h"

namespace tidemill::sqs {

template <class Values>
MessageAttributes attributes_of(const std::optional<Values>& given) {
  MessageAttributes attributes;
  if (!given) return attributes;
  for (const auto& [name, value] : *given) {
    MessageAttribute attribute{value.DataType.value_or(""), {}};
    attribute.value = (attribute.is_binary() ? value.BinaryValue : value.StringValue).value_or("");
    attributes.emplace(name, std::move(attribute));
  }
  return attributes;
}

/// `given`: a SendMessageRequest or an entry of a batch.
template <class Given>
Message message_of(const Given& given) {
  Message message;
  message.body = given.MessageBody.value_or("");
  message.attributes = attributes_of(given.MessageAttributes);
  message.delay_s = given.DelaySeconds;
  message.group_id = given.MessageGroupId.value_or("");
  message.dedup_id = given.MessageDeduplicationId.value_or("");
  const auto system = attributes_of(given.MessageSystemAttributes);
  if (const auto trace = system.find("AWSTraceHeader"); trace != system.end()) {
    message.trace = trace->second.value;
  }
  return message;
}

/// `result`: a SendMessageResult or an entry of a batch's.
template <class Answer>
void tell_sent(const Message& message, const Sent& sent, Answer& result) {
  result.MessageId = sent.id;
  result.MD5OfMessageBody = md5_hex(message.body);
  if (!message.attributes.empty()) result.MD5OfMessageAttributes = md5_of(message.attributes);
  if (!message.trace.empty()) {
    const MessageAttributes system{{"AWSTraceHeader", {"String", message.trace}}};
    result.MD5OfMessageSystemAttributes = md5_of(system);
  }
  result.SequenceNumber = sent.sequence;
}

}  // namespace tidemill::sqs
