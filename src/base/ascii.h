/// Kinds of ASCII characters, whatever the locale. Pure.
#pragma once

namespace tidemill {

/// A-Z a-z 0-9
[[nodiscard]] constexpr bool is_letter_or_digit(char c) noexcept {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

/// A-Z a-z 0-9 - _, of which AWS lets most names be made.
[[nodiscard]] constexpr bool is_name_character(char c) noexcept {
  return is_letter_or_digit(c) || c == '-' || c == '_';
}

}  // namespace tidemill
