/// Names with a text each (attributes, tags), and their JSON. Pure.
#pragma once

#include <map>
#include <string>
#include <string_view>

namespace tidemill {

using Texts = std::map<std::string, std::string, std::less<>>;

/// A JSON object whose values are texts, to and from a map.
[[nodiscard]] std::string to_json(const Texts& texts);
/// `json` is what to_json made.
[[nodiscard]] Texts of_json(std::string_view json);

}  // namespace tidemill
