/// "equals-ignore-case" as EventBridge does it: each character of the pattern, on its own and
/// without any locale, stands for its lower or its upper case form. One way only: pattern "straße"
/// takes "STRASSE", not the reverse. Characters beyond the Basic Multilingual Plane stand for
/// themselves. Internal to pattern/; pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace tidemill::pattern {

/// The forms of `text`, encoded for the functions below; `from_end` for folded_ends.
[[nodiscard]] std::string fold(std::string_view text, bool from_end = false);

[[nodiscard]] bool folded_equals(std::string_view folded, std::string_view value) noexcept;
[[nodiscard]] bool folded_starts(std::string_view folded, std::string_view value) noexcept;
[[nodiscard]] bool folded_ends(std::string_view folded, std::string_view value) noexcept;

/// What stands for one character of `text`, or for some without case, one behind the other.
struct FoldedUnit {
  std::string lower, upper;  ///< Either; upper is empty if there's only one.
};
[[nodiscard]] std::vector<FoldedUnit> folded_units(std::string_view text);

/// `text` in small letters if it is all ASCII: then it folds to this and nothing else. Else empty.
[[nodiscard]] std::string ascii_lower(std::string_view text);

/// An ASCII letter's small form; all other bytes as they are.
[[nodiscard]] constexpr char small(char c) noexcept {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
}

}  // namespace tidemill::pattern
