#include "glue/catalog/lexer.h"

#include <algorithm>
#include <array>
#include <optional>

#include <fmt/format.h>

#include "glue/catalog/expression.h"
#include "glue/refusal.h"

namespace tidemill::glue::catalog {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }

bool is_word(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || is_digit(c) || c == '_' ||
         (c & 0x80) != 0;
}

/// What is between quotes, at `from`, which is behind the opening one; twice a quote is one.
/// nullopt without an end.
std::optional<std::string> quoted(std::string_view text, std::size_t& from) {
  const char quote = text[from - 1];
  std::string inner;
  while (from < text.size()) {
    const char c = text[from++];
    if (c != quote) {
      inner += c;
    } else if (from < text.size() && text[from] == quote) {
      inner += text[from++];
    } else {
      return inner;
    }
  }
  return std::nullopt;
}

std::size_t length_of_number(std::string_view text) {
  std::size_t length = text[0] == '-' || text[0] == '+' ? 1 : 0;
  const auto first = length;
  while (length < text.size() && (is_digit(text[length]) || text[length] == '.')) ++length;
  return length > first && is_number(text.substr(0, length)) ? length : 0;
}

std::size_t length_of_sign(std::string_view text) {
  constexpr std::array<std::string_view, 11> signs = {"<>", "!=", "<=", ">=", "==", "=",
                                                      "<",  ">",  "(",  ")",  ","};
  for (const auto sign : signs) {
    if (text.starts_with(sign)) return sign.size();
  }
  return 0;
}

}  // namespace

bool is_number(std::string_view text) {
  if (text.starts_with('-') || text.starts_with('+')) text.remove_prefix(1);
  bool has_digit = false, has_point = false;
  for (const char c : text) {
    if (c == '.' && !has_point) {
      has_point = true;
    } else if (is_digit(c)) {
      has_digit = true;
    } else {
      return false;
    }
  }
  return has_digit;
}

Result<std::vector<Token>> tokens_of(std::string_view text) {
  std::vector<Token> tokens;
  for (std::size_t at = 0; at < text.size();) {
    const char c = text[at];
    if (c == ' ' || c == '\t' || c == '\r' || c == '\n') {
      ++at;
      continue;
    }
    auto& token = tokens.emplace_back();
    token.at = at;
    if (c == '\'' || c == '"' || c == '`') {
      auto inner = quoted(text, ++at);
      if (!inner) {
        return invalid_input(
            fmt::format("Unsupported expression: the quote at byte {} has no end.", token.at));
      }
      token.kind = c == '\'' ? Token::Kind::text : Token::Kind::name;
      token.text = *std::move(inner);
      continue;
    }
    const auto rest = text.substr(at);
    token.kind = Token::Kind::number;
    auto length = length_of_number(rest);
    if (length == 0) {
      token.kind = Token::Kind::word;
      length = std::size_t(std::ranges::find_if_not(rest, is_word) - rest.begin());
    }
    if (length == 0) {
      token.kind = Token::Kind::sign;
      length = length_of_sign(rest);
    }
    if (length == 0) {
      return invalid_input(
          fmt::format("Unsupported expression: \"{}\" at byte {} begins nothing.", c, at));
    }
    token.text = text.substr(at, length);
    at += length;
  }
  return tokens;
}

}  // namespace tidemill::glue::catalog
