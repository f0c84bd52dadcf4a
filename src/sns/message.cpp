#include "sns/message.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/ascii.h"
#include "base/encoding.h"
#include "base/json.h"
#include "sns/errors.h"

namespace tidemill::sns {
namespace {

constexpr std::size_t subject_length_max = 100, attribute_name_max = 256, token_length_max = 128;

Status check_attribute_name(std::string_view name) {
  if (name.empty() || name.size() > attribute_name_max) {
    return invalid_value("Length of message attribute name must be less than 256 bytes.");
  }
  if (name.starts_with('.')) {
    return invalid_value("Invalid message attribute name starting with character '.' was found.");
  }
  if (name.ends_with('.')) {
    return invalid_value("Invalid message attribute name ending with character '.' was found.");
  }
  const auto odd =
      std::ranges::find_if_not(name, [](char c) { return is_name_character(c) || c == '.'; });
  if (odd != name.end()) {
    return invalid_value(fmt::format(
        "Invalid non-alphanumeric character '#x{:X}' was found in the message attribute name. Can "
        "only include alphanumeric characters, hyphens, underscores, or dots.",
        static_cast<unsigned char>(*odd)));
  }
  if (name.contains("..")) {
    return invalid_value("Message attribute name can not have successive '.' character.");
  }
  return {};
}

Status check_attribute(const std::string& name, const MessageAttribute& attribute) {
  TM_CHECK(check_attribute_name(name));
  const auto kind = attribute.type.substr(0, attribute.type.find('.'));
  if (kind != "String" && kind != "Number" && kind != "Binary") {
    return invalid_value(fmt::format(
        "The message attribute '{}' has an invalid message attribute type, the set of supported "
        "type prefixes is Binary, Number, and String.",
        name));
  }
  if (attribute.value.empty()) {
    return invalid_value(
        fmt::format("The message attribute '{}' must contain non-empty message attribute value for "
                    "message attribute type '{}'.",
                    name, attribute.type));
  }
  if (kind != "Number") return {};
  const auto& text = attribute.value;
  const auto parsed = json::parse(std::string_view(text).substr(text.starts_with('+') ? 1 : 0));
  if (parsed && parsed->is_number()) return {};
  return invalid_value(fmt::format("Could not cast message attribute '{}' value to number.", name));
}

/// ASCII without line breaks and controls, 1 to 100, not beginning with a blank.
bool is_subject(std::string_view subject) {
  return !subject.empty() && subject.size() <= subject_length_max && !subject.starts_with(' ') &&
         std::ranges::all_of(subject, [](char c) { return c >= ' ' && c <= '~'; });
}

bool is_token(std::string_view text) {
  return !text.empty() && text.size() <= token_length_max &&
         std::ranges::all_of(text, [](char c) { return c > ' ' && c < 0x7f; });
}

Status check_order(const Topic& topic, const Message& message) {
  if (!message.group_id.empty() && !is_token(message.group_id)) {
    return invalid_parameter("MessageGroupId");
  }
  if (!topic.is_fifo()) {
    if (message.dedup_id.empty()) return {};
    return invalid_parameter(
        "MessageDeduplicationId Reason: The request includes MessageDeduplicationId parameter that "
        "is not valid for this topic type");
  }
  if (message.group_id.empty()) {
    return invalid_parameter("The MessageGroupId parameter is required for FIFO topics");
  }
  if (!message.dedup_id.empty()) {
    return is_token(message.dedup_id) ? Status() : invalid_parameter("MessageDeduplicationId");
  }
  if (topic.text("ContentBasedDeduplication") == "true") return {};
  return invalid_parameter(
      "The topic should either have ContentBasedDeduplication enabled or MessageDeduplicationId "
      "provided explicitly");
}

Status check_structure(const Message& message) {
  if (!message.by_protocol) return {};
  const auto texts = json::parse_object(message.text);
  if (!texts) {
    return invalid_parameter("Message Structure - JSON message body failed to parse");
  }
  const auto* standard = texts->if_contains("default");
  if (standard != nullptr && standard->is_string()) return {};
  return invalid_parameter("Message Structure - No default entry in JSON message body");
}

/// AWS's layout: a member a line, blanks around the colon.
class Lines {
 public:
  void add(std::string_view name, std::string_view text) { add_json(name, json::quote(text)); }
  void add_json(std::string_view name, std::string_view value) {
    text_ += fmt::format("{}\n  \"{}\" : {}", text_.empty() ? "{" : ",", name, value);
  }
  [[nodiscard]] std::string take() { return std::move(text_) + "\n}"; }

 private:
  std::string text_;
};

std::string shown(const MessageAttributes& attributes) {
  std::string text;
  for (const auto& [name, attribute] : attributes) {
    const auto value = attribute.is_binary() ? to_base64(attribute.value) : attribute.value;
    text += fmt::format("{}\n    {} : {{\"Type\":{},\"Value\":{}}}", text.empty() ? "{" : ",",
                        json::quote(name), json::quote(attribute.type), json::quote(value));
  }
  return text + "\n  }";
}

/// What a signature is made of: the members' names and values, a line each.
using Signed = std::vector<std::pair<std::string_view, std::string_view>>;

const std::string& sign(const Topic& topic, const Signed& members, Signer& signer) {
  std::string text;
  for (const auto& [name, value] : members) text.append(name).append("\n").append(value) += '\n';
  const bool newer = topic.text("SignatureVersion") == "2";
  return signer.sign(text, newer ? DigestKind::sha256 : DigestKind::sha1);
}

const std::string& sign(const Topic& topic, const Notification& notification,
                        const std::string& text, Signer& signer) {
  const auto topic_arn = topic.key.arn(), time = iso_millis(notification.time);
  Signed members{{"Message", text}, {"MessageId", notification.id}};
  const auto& subject = notification.message.subject;
  if (subject) members.emplace_back("Subject", *subject);
  members.insert(members.end(),
                 {{"Timestamp", time}, {"TopicArn", topic_arn}, {"Type", notification_type}});
  return sign(topic, members, signer);
}

void add_signature(const Topic& topic, const Subscription& subscription,
                   const std::string& signature, Lines& lines) {
  lines.add("SignatureVersion", topic.text("SignatureVersion") == "2" ? "2" : "1");
  lines.add("Signature", signature);
  lines.add("SigningCertURL", fmt::format("{}{}", subscription.base_url, certificate_path));
}

}  // namespace

const std::string& Signer::sign(const std::string& text, DigestKind kind) {
  auto& signature = signatures_[text];
  if (signature.empty()) {
    TM_ASSERT(key_ != nullptr);
    signature = to_base64(key_->sign(text, kind));
  }
  return signature;
}

bool is_signed(const Topic& topic, const Subscription& subscription) {
  return !topic.is_fifo() && subscription.confirmed && !subscription.is_raw() &&
         subscription.protocol != "email";
}

void sign_ahead(const Topic& topic, std::span<const Subscription> subscriptions,
                const Notification& notification, Signer& signer) {
  for (const auto& one : subscriptions) {
    if (!is_signed(topic, one)) continue;
    sign(topic, notification, text_for(notification.message, one.protocol), signer);
  }
}

std::size_t size_of(const Message& message) {
  std::size_t bytes = message.text.size();
  for (const auto& [name, attribute] : message.attributes) {
    bytes += name.size() + attribute.type.size() + attribute.value.size();
  }
  return bytes;
}

Status check_message(const Topic& topic, const Message& message) {
  if (message.text.empty()) return invalid_parameter("Empty message");
  if (size_of(message) > message_bytes_max) return invalid_parameter("Message too long");
  if (message.subject && !is_subject(*message.subject)) {
    return invalid_parameter("Subject", "1 to 100 characters of ASCII in one line");
  }
  for (const auto& [name, attribute] : message.attributes) {
    TM_CHECK(check_attribute(name, attribute));
  }
  TM_CHECK(check_structure(message));
  return check_order(topic, message);
}

std::string text_for(const Message& message, std::string_view protocol) {
  if (!message.by_protocol) return message.text;
  const auto texts = json::parse_object(message.text);
  TM_ASSERT(texts.has_value());
  const auto* own = texts->if_contains(protocol);
  return std::string(
      json::text_or_empty(*texts, own != nullptr && own->is_string() ? protocol : "default"));
}

std::string confirm_url(const Subscription& subscription) {
  return fmt::format("{}{}?TopicArn={}&Token={}", subscription.base_url, confirm_path,
                     percent_encode(subscription.topic_key.arn()), subscription.token);
}

std::string unsubscribe_url(const Subscription& subscription) {
  return fmt::format("{}{}?SubscriptionArn={}", subscription.base_url, unsubscribe_path,
                     percent_encode(subscription.arn()));
}

std::string mail_text(const Subscription& subscription, const std::string& text) {
  return fmt::format(
      "{}\n\n--\nSent to you as a subscriber of {}.\nTo get no more of it, visit\n{}\n", text,
      subscription.topic_key.arn(), unsubscribe_url(subscription));
}

std::string mail_question(const Subscription& subscription) {
  return fmt::format(
      "Somebody, probably you, asked that this address gets the messages of the topic\n{}\n\nTo "
      "confirm that, visit within two days\n{}\n\nIf you don't want it there is nothing to do.\n",
      subscription.topic_key.arn(), confirm_url(subscription));
}

std::string envelope(const Topic& topic, const Subscription& subscription,
                     const Notification& notification, Signer& signer) {
  const auto& message = notification.message;
  const auto topic_arn = topic.key.arn(), time = iso_millis(notification.time);
  const auto text = text_for(message, subscription.protocol);
  Lines lines;
  lines.add("Type", notification_type);
  lines.add("MessageId", notification.id);
  if (!notification.sequence.empty()) lines.add("SequenceNumber", notification.sequence);
  lines.add("TopicArn", topic_arn);
  if (message.subject) lines.add("Subject", *message.subject);
  lines.add("Message", text);
  lines.add("Timestamp", time);
  if (!topic.is_fifo()) {  // Those of FIFO topics carry none.
    add_signature(topic, subscription, sign(topic, notification, text, signer), lines);
  }
  lines.add("UnsubscribeURL", unsubscribe_url(subscription));
  if (!message.attributes.empty()) lines.add_json("MessageAttributes", shown(message.attributes));
  return lines.take();
}

std::string envelope(const Topic& topic, const Subscription& subscription,
                     const Handshake& handshake, Signer& signer) {
  const auto topic_arn = topic.key.arn(), time = iso_millis(handshake.time);
  const auto url = confirm_url(subscription);
  const auto text = fmt::format(
      "You have chosen to subscribe to the topic {}.\nTo confirm the subscription, visit the "
      "SubscribeURL included in this message.",
      topic_arn);
  Lines lines;
  lines.add("Type", confirmation_type);
  lines.add("MessageId", handshake.id);
  lines.add("Token", subscription.token);
  lines.add("TopicArn", topic_arn);
  lines.add("Message", text);
  lines.add("SubscribeURL", url);
  lines.add("Timestamp", time);
  const auto& signature = sign(topic,
                               {{"Message", text},
                                {"MessageId", handshake.id},
                                {"SubscribeURL", url},
                                {"Timestamp", time},
                                {"Token", subscription.token},
                                {"TopicArn", topic_arn},
                                {"Type", confirmation_type}},
                               signer);
  add_signature(topic, subscription, signature, lines);
  return lines.take();
}

}  // namespace tidemill::sns
