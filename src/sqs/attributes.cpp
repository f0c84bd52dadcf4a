#include "sqs/attributes.h"

#include <algorithm>
#include <array>
#include <charconv>

#include <fmt/format.h>

#include "base/ascii.h"
#include "base/json.h"
#include "iam/policy.h"
#include "sqs/errors.h"

namespace tidemill::sqs {
namespace {

enum class Kind : std::uint8_t { number, flag, choice, text, policy, json };

struct Row {
  std::string_view name;
  Kind kind;
  std::int64_t min = 0, max = 0;
  std::string_view standard = {};  ///< The default.
  bool fifo = false;               ///< Only for FIFO queues.
  std::array<std::string_view, 2> choices = {};
};

constexpr std::array settable = {
    Row{"DelaySeconds", Kind::number, 0, 900, "0"},
    Row{"MaximumMessageSize", Kind::number, 1024, 1'048'576, "1048576"},
    Row{"MessageRetentionPeriod", Kind::number, 60, 1'209'600, "345600"},
    Row{"ReceiveMessageWaitTimeSeconds", Kind::number, 0, 20, "0"},
    Row{"VisibilityTimeout", Kind::number, 0, 43'200, "30"},
    Row{"KmsDataKeyReusePeriodSeconds", Kind::number, 60, 86'400},
    Row{"KmsMasterKeyId", Kind::text},
    Row{"SqsManagedSseEnabled", Kind::flag, 0, 0, "true"},
    Row{"Policy", Kind::policy},
    Row{"RedrivePolicy", Kind::json},
    Row{"RedriveAllowPolicy", Kind::json},
    Row{"FifoQueue", Kind::flag, 0, 0, "true", true},
    Row{"ContentBasedDeduplication", Kind::flag, 0, 0, "false", true},
    Row{"DeduplicationScope", Kind::choice, 0, 0, "queue", true, {"queue", "messageGroup"}},
    Row{"FifoThroughputLimit",
        Kind::choice,
        0,
        0,
        "perQueue",
        true,
        {"perQueue", "perMessageGroupId"}},
};

constexpr std::array counted = {
    std::string_view("All"),
    std::string_view("ApproximateNumberOfMessages"),
    std::string_view("ApproximateNumberOfMessagesNotVisible"),
    std::string_view("ApproximateNumberOfMessagesDelayed"),
    std::string_view("CreatedTimestamp"),
    std::string_view("LastModifiedTimestamp"),
    std::string_view("QueueArn"),
};

const Row* row_of(std::string_view name) {
  const auto found = std::ranges::find(settable, name, &Row::name);
  return found != settable.end() ? &*found : nullptr;
}

bool is_number_in(std::string_view text, std::int64_t min, std::int64_t max) {
  std::int64_t number = 0;
  const auto* end = text.data() + text.size();
  const auto [stop, code] = std::from_chars(text.data(), end, number);
  return code == std::errc() && stop == end && number >= min && number <= max;
}

Status check_value(const Row& row, std::string_view value) {
  bool fine = true;
  switch (row.kind) {
    case Kind::number: fine = is_number_in(value, row.min, row.max); break;
    case Kind::flag: fine = value == "true" || value == "false"; break;
    case Kind::choice: fine = std::ranges::find(row.choices, value) != row.choices.end(); break;
    case Kind::text: break;
    case Kind::json: fine = value.empty() || json::parse_object(value).has_value(); break;
    case Kind::policy: {
      if (value.empty()) break;
      const auto policy = iam::Policy::parse(value, iam::Policy::Kind::resource);
      if (!policy) return invalid_attribute(row.name, policy.error().message);
    }
  }
  if (!fine) return invalid_attribute(row.name);
  return {};
}

/// What only a FIFO queue has, on another one.
Status refuse_fifo_attribute(std::string_view name) {
  if (name == "DeduplicationScope" || name == "FifoThroughputLimit") {
    return refuse("InvalidAttributeName",
                  fmt::format("You can specify the {} only when FifoQueue is set to true.", name));
  }
  return unknown_attribute(name);
}

bool is_set(const Texts& texts, std::string_view name) {
  const auto found = texts.find(name);
  return found != texts.end() && !found->second.empty();
}

}  // namespace

std::string_view default_of(std::string_view attribute) {
  const auto* row = row_of(attribute);
  return row != nullptr ? row->standard : std::string_view();
}

bool is_readable(std::string_view attribute) {
  return row_of(attribute) != nullptr || std::ranges::find(counted, attribute) != counted.end();
}

Status check_name(std::string_view name, bool is_fifo) {
  constexpr std::size_t length_max = 80;
  const auto size = name.size();
  const bool has_suffix = name.ends_with(".fifo");
  auto stem = name;
  if (is_fifo && has_suffix) stem.remove_suffix(5);
  const bool fine = !stem.empty() && size <= length_max && is_fifo == has_suffix &&
                    std::ranges::all_of(stem, is_name_character);
  if (fine) return {};
  if (is_fifo) {
    return invalid_parameter(
        "The name of a FIFO queue can only include alphanumeric characters, hyphens, or "
        "underscores, must end with .fifo suffix and be 1 to 80 in length.");
  }
  return invalid_parameter(
      "Can only include alphanumeric characters, hyphens, or underscores. 1 to 80 in length");
}

Status check_attributes(const Texts& given, bool is_fifo) {
  for (const auto& [name, value] : given) {
    const auto* row = row_of(name);
    if (row == nullptr) return unknown_attribute(name);
    if (row->fifo && !is_fifo) return refuse_fifo_attribute(name);
    TM_CHECK(check_value(*row, value));
  }
  const auto managed = given.find("SqsManagedSseEnabled");
  if (is_set(given, "KmsMasterKeyId") && managed != given.end() && managed->second == "true") {
    return refuse("InvalidAttributeName",
                  "You can use one type of server-side encryption (SSE) at one time. You can "
                  "either enable KMS SSE or SQS SSE.");
  }
  return {};
}

void set_attributes(Queue& queue, const Texts& given) {
  auto& attributes = queue.attributes;
  for (const auto& [name, value] : given) {
    const auto* row = row_of(name);
    const bool optional =
        row->kind == Kind::text || row->kind == Kind::policy || row->kind == Kind::json;
    if (optional && value.empty()) {
      attributes.erase(name);
      if (name == "KmsMasterKeyId") attributes.erase("KmsDataKeyReusePeriodSeconds");
    } else {
      attributes[name] = value;
    }
  }
  const auto managed = given.find("SqsManagedSseEnabled");
  if (is_set(given, "KmsMasterKeyId")) {
    attributes["SqsManagedSseEnabled"] = "false";
  } else if (managed != given.end() && managed->second == "true") {
    attributes.erase("KmsMasterKeyId");
  }
}

Texts shown_attributes(const Queue& queue) {
  Texts shown = queue.attributes;
  for (const auto& row : settable) {
    if (row.standard.empty() || (row.fifo && !queue.is_fifo())) continue;
    shown.emplace(row.name, row.standard);
  }
  shown["QueueArn"] = queue.key.arn();
  shown["CreatedTimestamp"] = std::to_string(queue.created.ms / 1000);
  shown["LastModifiedTimestamp"] = std::to_string(queue.modified.ms / 1000);
  return shown;
}

std::string_view differing(const Queue& queue, const Texts& given) {
  for (const auto& [name, value] : given) {
    if (queue.text(name) != value) return name;
  }
  return {};
}

}  // namespace tidemill::sqs
