#include "sns/filter.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/json.h"

namespace tidemill::sns {
namespace {

constexpr std::string_view frame = "Event pattern is not valid. Reason: ";
constexpr std::string_view any_of = "$or";

std::unexpected<Error> refuse(std::string message) {
  return fail(Errc::invalid_argument, std::move(message));
}

/// AWS's measure: the lists' lengths multiplied, each with how deep it lies.
std::size_t combinations(const json::value& value, std::size_t depth) {
  constexpr std::size_t enough = Filter::combinations_max + 1;
  std::size_t product = 1;
  if (value.is_array()) return std::min(enough, value.get_array().size() * depth);
  if (!value.is_object()) return product;
  for (const auto& member : value.get_object()) {
    std::size_t factor = 0;
    if (member.key() == any_of && member.value().is_array()) {
      for (const auto& branch : member.value().get_array()) factor += combinations(branch, depth);
    } else {
      factor = combinations(member.value(), member.value().is_object() ? depth + 1 : depth);
    }
    product = std::min(enough, product * std::max<std::size_t>(factor, 1));
  }
  return product;
}

/// An attribute's value as JSON: lists stay lists.
std::string json_of(const MessageAttribute& attribute) {
  const auto is = [&](std::string_view type) { return attribute.type.starts_with(type); };
  if (is("String.Array") || is("Number")) {
    const auto parsed = json::parse(attribute.value);
    if (parsed && (is("Number") ? parsed->is_number() : parsed->is_array())) {
      return attribute.value;
    }
  }
  return json::quote(attribute.value);
}

std::string json_of(const MessageAttributes& attributes) {
  std::string text = "{";
  for (const auto& [name, attribute] : attributes) {
    if (attribute.is_binary()) continue;  // Nothing can be asked of it.
    if (text.size() > 1) text += ',';
    text += json::quote(name) + ":" + json_of(attribute);
  }
  return text + "}";
}

}  // namespace

FilterScope filter_scope(const Texts& attributes) {
  const bool by_body = text_or_empty(attributes, "FilterPolicyScope") == "MessageBody";
  return by_body ? FilterScope::body : FilterScope::attributes;
}

Result<Filter> Filter::compile(std::string_view policy, FilterScope scope) {
  if (policy.size() > bytes_max) {
    return refuse("FilterPolicy: Filter policy can not be larger than 256 KB");
  }
  const auto parsed = json::parse_object(policy);
  if (parsed && parsed->empty()) return Filter(std::nullopt, scope);
  if (parsed) {
    if (parsed->size() > keys_max) {
      return refuse("FilterPolicy: Filter policy can not have more than 5 keys");
    }
    if (scope == FilterScope::attributes &&
        std::ranges::any_of(*parsed, [](const auto& m) { return m.value().is_object(); })) {
      return refuse("Filter policy scope MessageAttributes does not support nested filter policy");
    }
    if (combinations(*parsed, 1) > combinations_max) {
      return refuse("FilterPolicy: Filter policy is too complex");
    }
  }
  auto pattern = pattern::Pattern::compile(policy, {.strict_aws = true});
  if (pattern) return Filter(*std::move(pattern), scope);
  std::string_view reason = pattern.error().message;
  if (reason.starts_with(frame)) reason.remove_prefix(frame.size());
  return refuse(fmt::format("FilterPolicy: {}", reason));
}

Filter::Verdict Filter::judge(const MessageAttributes& attributes, std::string_view body) const {
  if (!pattern_) return Verdict::passes;
  const bool by_body = scope_ == FilterScope::body;
  const auto event =
      by_body ? pattern::Event::parse(body) : pattern::Event::parse(json_of(attributes));
  if (!event) return by_body ? Verdict::invalid_body : Verdict::filtered;
  if (pattern_->matches(*event)) return Verdict::passes;
  return !by_body && attributes.empty() ? Verdict::no_attributes : Verdict::filtered;
}

}  // namespace tidemill::sns
