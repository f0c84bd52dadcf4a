/// Numbers as EventBridge compares them: by value, but only where the text of the number says just
/// what an IEEE double holds. Internal to pattern/; pure.
#pragma once

#include <optional>
#include <string_view>

namespace tidemill::pattern {

/// The value of a JSON number, if the shortest text of the nearest double is the same decimal
/// ("300", "3.0e2"); nullopt for all else ("1e1000", 30 digits), which equals only the same text.
[[nodiscard]] std::optional<double> comparable_number(std::string_view text);

/// The same in two steps, for those who rarely need the second: the nearest double of a JSON number
/// (NaN if it is too large), and whether the text says no more than that.
[[nodiscard]] double nearest_double(std::string_view text) noexcept;
[[nodiscard]] bool comparable(std::string_view text, double nearest) noexcept;

}  // namespace tidemill::pattern
