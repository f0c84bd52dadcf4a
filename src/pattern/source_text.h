/// Texts as AWS's engine counts and shows them. Internal to pattern/; pure.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>

namespace tidemill::pattern {

/// "line: 1, column: 5" of byte `offset`; columns count UTF-16 units, as AWS's do.
[[nodiscard]] std::string place(std::string_view text, std::size_t offset);

/// `[Source: (String)"..."; line: 1, column: 5]`: the text is shown up to its 500th character.
[[nodiscard]] std::string source_place(std::string_view text, std::size_t offset);

/// Appends `code` as UTF-8; a lone surrogate as the three bytes it would have.
void append_utf8(std::string& out, char32_t code);

/// `text` with a question mark for each lone surrogate, which makes it valid UTF-8 again.
[[nodiscard]] std::string printable(std::string text);

/// The character at `text[at]` and its length in bytes; `text` is UTF-8 with lone surrogates.
[[nodiscard]] std::pair<char32_t, std::size_t> utf8_at(std::string_view text,
                                                       std::size_t at) noexcept;

}  // namespace tidemill::pattern
