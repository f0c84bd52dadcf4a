/// What is sent: a body with attributes. Its checks, sizes and MD5s, as AWS has them. Pure.
/// (AWS: "Amazon SQS message metadata", "Calculating the MD5 message digest for message
/// attributes".)
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "base/error.h"
#include "base/message_attribute.h"

namespace tidemill::sqs {

struct Message {
  std::string body;
  MessageAttributes attributes = {};
  std::optional<std::int64_t> delay_s = {};
  std::string group_id = {}, dedup_id = {};
  std::string trace = {};  ///< AWSTraceHeader
};

constexpr std::size_t message_bytes_max = 1'048'576;
constexpr std::size_t attributes_max = 10;

/// Whether body and attributes are what SQS takes, sizes aside.
[[nodiscard]] Status check_message(const Message& message);
/// Bytes as they count against MaximumMessageSize.
[[nodiscard]] std::size_t size_of(const Message& message);

[[nodiscard]] std::string md5_hex(std::string_view text);
/// MD5OfMessageAttributes; "" without any.
[[nodiscard]] std::string md5_of(const MessageAttributes& attributes);

/// Those that a receiver asked for: All, .*, prefix.*, or by name.
[[nodiscard]] bool is_asked_for(std::string_view name, std::string_view asked);

/// As a row keeps them: "" without any.
[[nodiscard]] std::string encode(const MessageAttributes& attributes);
[[nodiscard]] MessageAttributes decode_attributes(std::string_view text);

}  // namespace tidemill::sqs
