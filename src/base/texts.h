/// Names with a text each (attributes, tags), and their JSON. Pure.
#pragma once

#include <map>
#include <string>
#include <string_view>

namespace tidemill {

using Texts = std::map<std::string, std::string, std::less<>>;

/// The text of that name, or "".
[[nodiscard]] std::string_view text_or_empty(const Texts& texts, std::string_view name);

/// A JSON object whose values are texts, to and from a map.
[[nodiscard]] std::string to_json(const Texts& texts);
/// `json` is what to_json made.
[[nodiscard]] Texts of_json(std::string_view json);

}  // namespace tidemill
