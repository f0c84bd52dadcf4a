#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "base/ascii.h"
#include "base/json.h"
#include "iam/policy.h"
#include "sns/attributes.h"
#include "sns/delivery_policy.h"
#include "sns/errors.h"

namespace tidemill::sns {
namespace {

constexpr std::size_t name_length_max = 256, display_name_max = 100, policy_bytes_max = 30'720;
constexpr std::string_view fifo_suffix = ".fifo";

enum class Kind : std::uint8_t { text, flag, choice, percent, policy, delivery, unserved };

struct Row {
  std::string_view name;
  Kind kind;
  bool fifo = false;  ///< Only for FIFO topics.
  std::array<std::string_view, 2> choices = {};
};

constexpr std::array settable = {
    Row{"DisplayName", Kind::text},
    Row{"Policy", Kind::policy},
    Row{"DeliveryPolicy", Kind::delivery},
    Row{"KmsMasterKeyId", Kind::text},
    Row{"TracingConfig", Kind::choice, false, {"PassThrough", "Active"}},
    Row{"SignatureVersion", Kind::choice, false, {"1", "2"}},
    Row{"FifoTopic", Kind::flag, true},
    Row{"ContentBasedDeduplication", Kind::flag, true},
    Row{"FifoThroughputScope", Kind::choice, true, {"Topic", "MessageGroup"}},
    Row{"ArchivePolicy", Kind::unserved, true},
};
constexpr std::array feedback_of = {std::string_view("HTTP"), std::string_view("SQS"),
                                    std::string_view("Lambda"), std::string_view("Firehose"),
                                    std::string_view("Application")};

/// "SQSSuccessFeedbackSampleRate" and the like, which are kept and shown.
std::optional<Kind> feedback_kind(std::string_view name) {
  for (const auto protocol : feedback_of) {
    if (!name.starts_with(protocol)) continue;
    const auto rest = name.substr(protocol.size());
    if (rest == "SuccessFeedbackRoleArn" || rest == "FailureFeedbackRoleArn") return Kind::text;
    if (rest == "SuccessFeedbackSampleRate") return Kind::percent;
  }
  return std::nullopt;
}

std::optional<Row> row_of(std::string_view name) {
  const auto found = std::ranges::find(settable, name, &Row::name);
  if (found != settable.end()) return *found;
  if (const auto kind = feedback_kind(name)) return Row{name, *kind};
  return std::nullopt;
}

/// Without "Invalid parameter: ", which both ways of setting have; then "Attributes Reason: " or
/// not.
std::optional<std::string> wrong(const Row& row, std::string_view value) {
  const auto said = [&row](std::string_view what) { return fmt::format("{}: {}", row.name, what); };
  switch (row.kind) {
    case Kind::text:
      if (row.name != "DisplayName" || value.size() <= display_name_max) return std::nullopt;
      return said("at most 100 characters");
    case Kind::flag:
      if (value == "true" || value == "false") return std::nullopt;
      return said(fmt::format("Invalid value [{}]. Must be true or false.", value));
    case Kind::choice:
      if (std::ranges::find(row.choices, value) != row.choices.end()) return std::nullopt;
      return said(fmt::format("Invalid value [{}]. Must be {} or {}.", value, row.choices[0],
                              row.choices[1]));
    case Kind::percent: {
      const bool digits = std::ranges::all_of(value, [](char c) { return c >= '0' && c <= '9'; });
      if (digits && value.size() <= 3 && (value.size() < 3 || value == "100")) return std::nullopt;
      return said(fmt::format("Invalid value [{}]. Must be 0 to 100.", value));
    }
    case Kind::policy: {
      if (value.size() > policy_bytes_max) return said("Policy is too large");
      const auto policy = iam::Policy::parse(value, iam::Policy::Kind::resource);
      if (policy) return std::nullopt;
      return fmt::format("Policy Error: {}", policy.error().message);
    }
    case Kind::delivery: {
      const auto fine = check_delivery_policy(value, true);
      return fine ? std::nullopt : std::optional(said(fine.error().message));
    }
    case Kind::unserved: return said("topics here keep no archive of their messages");
  }
  return std::nullopt;
}

bool is_optional(const Row& row) { return row.name != "FifoTopic"; }

}  // namespace

Status check_topic_name(std::string_view name, bool is_fifo) {
  const bool has_suffix = name.ends_with(fifo_suffix);
  auto stem = name;
  if (is_fifo && has_suffix) stem.remove_suffix(fifo_suffix.size());
  const bool fine = !stem.empty() && name.size() <= name_length_max && is_fifo == has_suffix &&
                    std::ranges::all_of(stem, is_name_character);
  if (fine) return {};
  return invalid_parameter("Topic Name",
                           "1 to 256 letters, digits, hyphens and underscores; .fifo at the end of "
                           "a FIFO topic's, which has the attribute FifoTopic");
}

Status check_topic_attributes(const Texts& given, bool is_fifo) {
  for (const auto& [name, value] : given) {
    const auto row = row_of(name);
    if (!row)
      return invalid_parameter(fmt::format("Attributes Reason: Unknown attribute {}", name));
    if (row->fifo && !is_fifo && value != "false") {
      return invalid_parameter(fmt::format("Attributes Reason: {} is only for FIFO topics", name));
    }
    if (value.empty() && is_optional(*row)) continue;
    if (const auto reason = wrong(*row, value)) {
      return invalid_parameter("Attributes Reason: " + *reason);
    }
  }
  return {};
}

Status set_topic_attribute(Topic& topic, std::string_view name, std::string_view value) {
  const auto row = row_of(name);
  if (!row || name == "FifoTopic" || (row->fifo && !topic.is_fifo())) {
    return invalid_parameter("AttributeName", fmt::format("{} can't be set of this topic", name));
  }
  if (value.empty()) {
    topic.attributes.erase(std::string(name));
    return {};
  }
  if (const auto reason = wrong(*row, value)) return invalid_parameter(*reason);
  topic.attributes[std::string(name)] = value;
  return {};
}

Texts shown_attributes(const Topic& topic, const SubscriptionCounts& counts) {
  Texts shown = topic.attributes;
  shown["TopicArn"] = topic.key.arn();
  shown["Owner"] = topic.key.scope.account;
  shown["Policy"] = topic.policy();
  shown.emplace("DisplayName", "");
  shown["EffectiveDeliveryPolicy"] = effective_policy(topic.text("DeliveryPolicy"));
  shown["SubscriptionsConfirmed"] = std::to_string(counts.confirmed);
  shown["SubscriptionsPending"] = std::to_string(counts.pending);
  shown["SubscriptionsDeleted"] = std::to_string(topic.unsubscribed);
  if (topic.is_fifo()) shown.emplace("ContentBasedDeduplication", "false");
  return shown;
}

}  // namespace tidemill::sns
