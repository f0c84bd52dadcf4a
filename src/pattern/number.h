/// Numbers as EventBridge compares them: by value, but only where the text of the number says just
/// what an IEEE double holds. Internal to pattern/; pure.
#pragma once

#include <optional>
#include <string_view>

namespace tidemill::pattern {

/// The value of a JSON number, if the shortest text of the nearest double is the same decimal
/// ("300", "3.0e2"); nullopt for all else ("1e1000", 30 digits), which equals only the same text.
[[nodiscard]] std::optional<double> comparable_number(std::string_view text);

}  // namespace tidemill::pattern
