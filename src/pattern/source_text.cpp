#include "pattern/source_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>

namespace tidemill::pattern {

void append_utf8(std::string& out, char32_t code) {
  const auto push = [&out](char32_t byte) { out.push_back(static_cast<char>(byte)); };
  if (code < 0x80) return push(code);
  if (code < 0x800) {
    push(0xc0 | (code >> 6));
  } else {
    if (code < 0x10000) {
      push(0xe0 | (code >> 12));
    } else {
      push(0xf0 | (code >> 18));
      push(0x80 | ((code >> 12) & 0x3f));
    }
    push(0x80 | ((code >> 6) & 0x3f));
  }
  push(0x80 | (code & 0x3f));
}

std::string printable(std::string text) {
  for (auto at = text.find('\xed'); at != text.npos; at = text.find('\xed', at + 1)) {
    const bool surrogate = at + 2 < text.size() && static_cast<unsigned char>(text[at + 1]) >= 0xa0;
    if (surrogate) text.replace(at, 3, "?");
  }
  return text;
}

std::pair<char32_t, std::size_t> utf8_at(std::string_view text, std::size_t at) noexcept {
  const auto byte = [&](std::size_t i) -> char32_t {
    return i < text.size() ? static_cast<unsigned char>(text[i]) : 0x80;
  };
  const char32_t first = byte(at);
  if (first < 0xc0) return {first, 1};
  if (first < 0xe0) return {((first & 0x1f) << 6) | (byte(at + 1) & 0x3f), 2};
  if (first < 0xf0) {
    return {((first & 0xf) << 12) | ((byte(at + 1) & 0x3f) << 6) | (byte(at + 2) & 0x3f), 3};
  }
  return {((first & 7) << 18) | ((byte(at + 1) & 0x3f) << 12) | ((byte(at + 2) & 0x3f) << 6) |
              (byte(at + 3) & 0x3f),
          4};
}

std::string place(std::string_view text, std::size_t offset) {
  std::size_t line = 1;
  std::size_t column = 1;
  offset = std::min(offset, text.size());
  for (std::size_t i = 0; i < offset; ++i) {
    const auto c = static_cast<unsigned char>(text[i]);
    const bool newline = c == '\n' || (c == '\r' && (i + 1 == offset || text[i + 1] != '\n'));
    if (newline) {
      ++line;
      column = 1;
    } else if ((c & 0xc0) != 0x80) {
      column += c >= 0xf0 ? 2 : 1;
    }
  }
  return fmt::format("line: {}, column: {}", line, column);
}

std::string source_place(std::string_view text, std::size_t offset) {
  constexpr std::size_t shown_max = 500;
  std::string shown;
  std::size_t units = 0;
  for (std::size_t i = 0; i < text.size();) {
    const auto [code, length] = utf8_at(text, i);
    const std::size_t width = length == 4 ? 2 : 1;
    if (units + width <= shown_max) {
      const bool control =
          (code < 0x20 && code != '\r' && code != '\n') || (code >= 0x7f && code < 0xa0);
      if (control) {
        shown += fmt::format("\\u{:04X}", static_cast<std::uint32_t>(code));
      } else {
        shown += text.substr(i, length);
      }
    }
    units += width;
    i += length;
  }
  std::string out = "[Source: (String)\"" + shown + '"';
  if (units > shown_max) out += fmt::format("[truncated {} chars]", units - shown_max);
  return out + "; " + place(text, offset) + ']';
}

}  // namespace tidemill::pattern
