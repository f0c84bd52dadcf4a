#include "sqs/message.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/ascii.h"
#include "base/digest.h"
#include "base/encoding.h"
#include "base/json.h"
#include "sqs/errors.h"

namespace tidemill::sqs {
namespace {

/// The first character (of well-formed UTF-8) that XML 1.0 has no place for, if any.
std::optional<std::string> forbidden_character(std::string_view text) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    if (byte < 0x20 && byte != '\t' && byte != '\n' && byte != '\r') {
      return fmt::format("#x{:x}", byte);
    }
    // U+FFFE and U+FFFF.
    if (byte == 0xef && text.substr(i, 2) == "\xef\xbf" && i + 2 < text.size() &&
        static_cast<unsigned char>(text[i + 2]) >= 0xbe) {
      return text[i + 2] == '\xbe' ? "#xfffe" : "#xffff";
    }
  }
  return std::nullopt;
}

Status check_text(std::string_view text, std::string_view where) {
  const auto bad = forbidden_character(text);
  if (!bad) return {};
  return refuse("InvalidMessageContents",
                fmt::format("Invalid binary character '{}' was found in the {}, the set of allowed "
                            "characters is #x9 | #xA | #xD | #x20 to #xD7FF | #xE000 to #xFFFD | "
                            "#x10000 to #x10FFFF",
                            *bad, where));
}

bool is_number(std::string_view text) {
  const auto parsed = json::parse(text.starts_with('+') ? text.substr(1) : text);
  return parsed && parsed->is_number();
}

bool is_name(std::string_view name) {
  constexpr std::size_t length_max = 256;
  const bool shaped = !name.empty() && name.size() <= length_max && !name.starts_with('.') &&
                      !name.ends_with('.') && name.find("..") == name.npos;
  return shaped &&
         std::ranges::all_of(name, [](char c) { return is_name_character(c) || c == '.'; });
}

Status check_attribute(const std::string& name, const MessageAttribute& attribute) {
  if (!is_name(name)) {
    return invalid_parameter(fmt::format(
        "The message attribute name '{}' is invalid. Attribute name can contain A-Z, a-z, 0-9, "
        "underscore (_), hyphen (-), and period (.) characters.",
        name));
  }
  const auto kind = attribute.type.substr(0, attribute.type.find('.'));
  if (kind != "String" && kind != "Number" && kind != "Binary") {
    return invalid_parameter(fmt::format(
        "The type of message (user) attribute '{}' is invalid. You must use only the following "
        "supported type prefixes: Binary, Number, String.",
        name));
  }
  if (attribute.value.empty()) {
    return invalid_parameter(
        fmt::format("Message (user) attribute '{}' must contain a non-empty value of type '{}'.",
                    name, kind == "Binary" ? "Binary" : "String"));
  }
  if (kind == "Number" && !is_number(attribute.value)) {
    return invalid_parameter(
        fmt::format("Can't cast the value of message (user) attribute '{}' to a number.", name));
  }
  if (kind != "Binary") return check_text(attribute.value, "message attribute value");
  return {};
}

void add_field(Digest& digest, std::string_view text) {
  const auto size = text.size();
  const char length[] = {char(size >> 24), char(size >> 16), char(size >> 8), char(size)};
  digest.update({length, sizeof length});
  digest.update(text);
}

}  // namespace

Status check_message(const Message& message) {
  if (message.body.empty()) return missing_parameter("MessageBody");
  TM_CHECK(check_text(message.body, "message body"));
  if (message.attributes.size() > attributes_max) {
    return invalid_parameter(
        fmt::format("Number of message attributes [{}] exceeds the allowed maximum [{}].",
                    message.attributes.size(), attributes_max));
  }
  for (const auto& [name, attribute] : message.attributes) {
    TM_CHECK(check_attribute(name, attribute));
  }
  return {};
}

std::size_t size_of(const Message& message) {
  std::size_t bytes = message.body.size();
  for (const auto& [name, attribute] : message.attributes) {
    bytes += name.size() + attribute.type.size() + attribute.value.size();
  }
  return bytes;
}

std::string md5_hex(std::string_view text) { return to_hex(digest(DigestKind::md5, text)); }

std::string md5_of(const MessageAttributes& attributes) {
  if (attributes.empty()) return {};
  Digest digest(DigestKind::md5);
  for (const auto& [name, attribute] : attributes) {
    add_field(digest, name);
    add_field(digest, attribute.type);
    digest.update(attribute.is_binary() ? "\x02" : "\x01");
    add_field(digest, attribute.value);
  }
  return to_hex(digest.finish());
}

bool is_asked_for(std::string_view name, std::string_view asked) {
  if (asked == "All" || asked == ".*" || asked == name) return true;
  return asked.ends_with(".*") && name.starts_with(asked.substr(0, asked.size() - 1));
}

std::string encode(const MessageAttributes& attributes) {
  if (attributes.empty()) return {};
  json::object object;
  for (const auto& [name, attribute] : attributes) {
    const auto value = attribute.is_binary() ? to_base64(attribute.value) : attribute.value;
    object[name] = json::array{attribute.type, value};
  }
  return json::dump(object);
}

MessageAttributes decode_attributes(std::string_view text) {
  MessageAttributes attributes;
  if (text.empty()) return attributes;
  const auto parsed = json::parse_object(text);
  TM_ASSERT(parsed.has_value());
  for (const auto& member : *parsed) {
    const auto& pair = member.value().as_array();
    MessageAttribute attribute{std::string(json::view(pair[0].as_string())),
                               std::string(json::view(pair[1].as_string()))};
    if (attribute.is_binary()) attribute.value = from_base64(attribute.value).value_or("");
    attributes.emplace(member.key(), std::move(attribute));
  }
  return attributes;
}

}  // namespace tidemill::sqs
