#include "pattern/portable.h"

#include "base/json.h"
#include "pattern/pattern.h"
#include "pattern/wildcard.h"

namespace tidemill::pattern {
namespace {

/// As deep as patterns are nested, at most 1,000 levels.
void rewrite(json::value& value) {
  if (auto* list = value.if_array()) {
    for (auto& item : *list) rewrite(item);
    return;
  }
  auto* object = value.if_object();
  if (object == nullptr) return;
  const auto* prefix = object->if_contains("prefix");
  const auto* suffix = object->if_contains("suffix");
  const bool both = prefix != nullptr && suffix != nullptr && object->size() == 2;
  if (both && prefix->is_string() && suffix->is_string()) {
    *object = {{"wildcard", escaped(json::view(prefix->get_string())) + "*" +
                                escaped(json::view(suffix->get_string()))}};
    return;
  }
  for (auto& member : *object) rewrite(member.value());
}

}  // namespace

std::optional<std::string> portable_form(std::string_view pattern) {
  constexpr Options strict{.strict_aws = true};
  if (Pattern::compile(pattern, strict)) return std::string(pattern);
  auto value = json::parse(pattern);
  if (!value) return std::nullopt;
  rewrite(*value);
  auto text = json::dump(*value);
  if (!Pattern::compile(text, strict)) return std::nullopt;
  return text;
}

}  // namespace tidemill::pattern
