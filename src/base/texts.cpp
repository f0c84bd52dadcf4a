#include "base/texts.h"

#include "base/json.h"

namespace tidemill {

std::string_view text_or_empty(const Texts& texts, std::string_view name) {
  const auto found = texts.find(name);
  return found != texts.end() ? std::string_view(found->second) : std::string_view();
}

std::string to_json(const Texts& texts) {
  json::object object;
  for (const auto& [name, value] : texts) object[name] = value;
  return json::dump(object);
}

Texts of_json(std::string_view text) {
  Texts texts;
  if (text == "{}") return texts;
  const auto parsed = json::parse_object(text);
  TM_ASSERT(parsed.has_value());
  for (const auto& member : *parsed) {
    texts.emplace(member.key(), json::view(member.value().as_string()));
  }
  return texts;
}

}  // namespace tidemill
