#include "pattern/json_reader.h"

#include <fmt/format.h>

namespace tidemill::pattern {
namespace {

constexpr std::string_view tokens_wanted =
    "(JSON String, Number, Array, Object or token 'null', 'true' or 'false')";

bool is_digit(char c) { return c >= '0' && c <= '9'; }

int hex_value(char c) {
  if (is_digit(c)) return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

/// Java's idea of a letter in a name, near enough: only error texts depend on it.
bool is_word_start(char32_t c) {
  if (c < 0x80) return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == '$';
  if (c < 0xc0) return c == 0xaa || c == 0xb5 || c == 0xba || (c >= 0xa2 && c <= 0xa5);
  const bool symbol = c == 0xd7 || c == 0xf7 || (c >= 0x2000 && c <= 0x206f) ||
                      (c >= 0x2190 && c <= 0x2bff) || (c >= 0x3000 && c <= 0x3004) ||
                      (c >= 0x3008 && c <= 0x3020) || (c >= 0xd800 && c <= 0xf8ff) || c >= 0xff00;
  return !symbol;
}

bool is_word_part(char32_t c) {
  return is_word_start(c) || (c >= '0' && c <= '9') || c <= 8 || (c >= 0x0e && c <= 0x1b) ||
         (c >= 0x7f && c <= 0x9f);
}

}  // namespace

std::string_view JsonReader::scope_name() const {
  if (scopes_.empty()) return "root";
  return scopes_.back().array ? "Array" : "Object";
}

std::string JsonReader::end_of_scope() const {
  return fmt::format("Unexpected end-of-input: expected close marker for {} (start marker at {})",
                     scope_name(), source_place(text_, scopes_.back().start));
}

std::string JsonReader::describe_last() {
  // at_ stands behind the first byte of the character.
  const auto [code, length] = utf8_at(text_, at_ - 1);
  const auto number = static_cast<std::uint32_t>(code);
  const auto bytes = text_.substr(at_ - 1, length);
  if (code < 0x20 || (code >= 0x7f && code < 0xa0))
    return fmt::format("(CTRL-CHAR, code {})", number);
  if (code > 0xffff) {
    const auto half = 0xd7c0 + (number >> 10);  // AWS sees the first half of it only.
    return fmt::format("'?' (code {} / 0x{:x})", half, half);
  }
  if (code > 255) return fmt::format("'{}' (code {} / 0x{:x})", bytes, number, number);
  return fmt::format("'{}' (code {})", bytes, number);
}

std::unexpected<Fault> JsonReader::unexpected_character(std::string_view why) {
  return before(fmt::format("Unexpected character ({}){}", describe_last(), why));
}

std::unexpected<Fault> JsonReader::unknown_word(std::size_t start) {
  constexpr std::size_t shown_max = 256;
  std::size_t end = at_;
  while (end < text_.size()) {
    const auto [code, length] = utf8_at(text_, end);
    if (!is_word_part(code)) break;
    end += length;
    if (end - start >= shown_max) break;
  }
  at_ = end;
  return std::unexpected(Fault{
      fmt::format("Unrecognized token '{}{}': was expecting {}", text_.substr(start, end - start),
                  end - start >= shown_max ? "..." : "", tokens_wanted),
      start});
}

Read<char> JsonReader::skip_space() {
  while (at_ < text_.size()) {
    const char c = text_[at_++];
    if (c == ' ' || c == '\t' || c == '\n' || c == '\r') continue;
    if (static_cast<unsigned char>(c) < 0x20) {
      return fault(
          fmt::format("Illegal character ({}): only regular white space (\\r, \\n, \\t) is allowed "
                      "between tokens",
                      describe_last()));
    }
    if (c == '/') {
      return unexpected_character(
          ": maybe a (non-standard) comment? (not recognized as one since Feature 'ALLOW_COMMENTS'"
          " not enabled for parser)");
    }
    return c;
  }
  return '\0';
}

Read<Token> JsonReader::next() {
  if (value_ready_) {
    value_ready_ = false;
    if (value_token_ == Token::begin_object || value_token_ == Token::begin_array) {
      return open(value_token_ == Token::begin_array, value_start_);
    }
    return finish(value_token_);
  }
  if (string_open_) {
    if (auto done = text(); !done) return std::unexpected(std::move(done).error());
  }
  auto c = skip_space();
  if (!c) return std::unexpected(std::move(c).error());
  if (*c == '\0') {
    if (scopes_.empty()) return finish(Token::end);
    return fault(end_of_scope());
  }
  if (*c == '}' || *c == ']') return close(*c);
  if (!scopes_.empty() && scopes_.back().any) {
    if (*c != ',') {
      return unexpected_character(
          fmt::format(": was expecting comma to separate {} entries", scope_name()));
    }
    c = skip_space();
    if (!c) return std::unexpected(std::move(c).error());
    if (*c == '\0') {
      return fault(fmt::format("Unexpected end-of-input within/between {} entries", scope_name()));
    }
  }
  if (!scopes_.empty()) scopes_.back().any = true;
  if (scopes_.empty() || scopes_.back().array) {
    auto token = value(*c);
    if (!token) return token;
    if (*token == Token::begin_object || *token == Token::begin_array) {
      return open(*token == Token::begin_array, value_start_);
    }
    return finish(*token);
  }
  if (*c != '"') return unexpected_character(": was expecting double-quote to start field name");
  if (auto named = name_and_colon(); !named) return std::unexpected(std::move(named).error());
  value_ready_ = true;
  return finish(Token::name);
}

Read<void> JsonReader::expect_end() {
  const auto c = skip_space();
  if (!c) return std::unexpected(c.error());
  if (*c != '\0') return unexpected_character(": expected nothing behind the end of the object");
  return {};
}

Read<void> JsonReader::name_and_colon() {
  auto named = quoted(name_scratch_, "name", " in field name");
  if (!named) return std::unexpected(std::move(named).error());
  name_ = *named;
  for (const bool colon : {true, false}) {
    auto c = skip_space();
    if (!c) return std::unexpected(std::move(c).error());
    if (*c == '\0') return fault("Unexpected end-of-input within/between Object entries");
    if (colon) {
      if (*c != ':') {
        return unexpected_character(": was expecting a colon to separate field name and value");
      }
      continue;
    }
    auto token = value(*c);
    if (!token) return std::unexpected(std::move(token).error());
    value_token_ = *token;
  }
  return {};
}

Read<Token> JsonReader::close(char bracket) {
  const bool array = bracket == ']';
  if (scopes_.empty()) {
    return before(fmt::format("Unexpected close marker '{}': no open {} to close", bracket,
                              array ? "Array" : "Object"));
  }
  if (scopes_.back().array != array) {
    const auto start = scopes_.back().start;
    return before(fmt::format("Unexpected close marker '{}': expected '{}' (for {} starting at {})",
                              bracket, array ? '}' : ']', scope_name(),
                              source_place(text_, start)));
  }
  scopes_.pop_back();
  return finish(array ? Token::end_array : Token::end_object);
}

Read<Token> JsonReader::open(bool array, std::size_t start) {
  if (scopes_.size() >= depth_max) {
    return fault(
        fmt::format("Document nesting depth ({}) exceeds the maximum allowed ({}, from "
                    "`StreamReadConstraints.getMaxNestingDepth()`)",
                    depth_max + 1, depth_max));
  }
  scopes_.push_back({.array = array, .start = start});
  return finish(array ? Token::begin_array : Token::begin_object);
}

Read<Token> JsonReader::value(char first) {
  value_start_ = at_ - 1;
  switch (first) {
    case '"': string_open_ = true; return Token::string;
    case '{': return Token::begin_object;
    case '[': return Token::begin_array;
    case 't': return word("true", Token::true_value);
    case 'f': return word("false", Token::false_value);
    case 'n': return word("null", Token::null_value);
    case '}': return unexpected_character(": expected a value");
    default: return first == '-' || is_digit(first) ? number() : odd_value(first);
  }
}

Read<Token> JsonReader::word(std::string_view all, Token token) {
  const auto start = at_ - 1;
  std::size_t matched = 1;
  while (matched < all.size() && at_ < text_.size() && text_[at_] == all[matched]) {
    ++matched;
    ++at_;
  }
  const bool more = at_ < text_.size() && is_word_part(utf8_at(text_, at_).first);
  if (matched < all.size() || more) return unknown_word(start);
  return token;
}

Read<Token> JsonReader::odd_value(char first) {
  const auto start = at_ - 1;
  for (const std::string_view odd : {"NaN", "Infinity"}) {
    if (first != odd[0]) continue;
    at_ = start + 1;
    if (!text_.substr(start).starts_with(odd)) return unknown_word(start);
    at_ = start + odd.size();
    const bool more = at_ < text_.size() && is_word_part(utf8_at(text_, at_).first);
    if (more) return unknown_word(start);
    return fault(
        fmt::format("Non-standard token '{}': enable "
                    "`JsonReadFeature.ALLOW_NON_NUMERIC_NUMBERS` to allow",
                    odd));
  }
  if (first == '+') {
    return fault(
        "Unexpected character ('+' (code 43)) in numeric value: JSON spec does not allow numbers "
        "to have plus signs: enable "
        "`JsonReadFeature.ALLOW_LEADING_PLUS_SIGN_FOR_NUMBERS` to allow");
  }
  const auto [code, length] = utf8_at(text_, start);
  if (is_word_start(code)) {
    at_ = start + length;
    return unknown_word(start);
  }
  return unexpected_character(fmt::format(": expected a valid value {}", tokens_wanted));
}

Read<void> JsonReader::digits(std::string_view wanted) {
  const auto start = at_;
  while (at_ < text_.size() && is_digit(text_[at_])) ++at_;
  if (at_ > start) return {};
  if (at_ == text_.size()) return fault("Unexpected end-of-input in a Number value");
  ++at_;
  auto failed = unexpected_character(fmt::format(" in numeric value: {}", wanted));
  return failed;
}

Read<Token> JsonReader::number() {
  constexpr std::size_t length_max = 1000;
  const auto start = at_ - 1;
  if (text_[start] != '-') --at_;
  const auto whole = at_;
  auto done = digits("expected digit (0-9) to follow minus sign, for valid numeric value");
  if (!done) return std::unexpected(std::move(done).error());
  if (text_[whole] == '0' && at_ > whole + 1) {
    at_ = whole + 1;
    return fault("Invalid numeric value: Leading zeroes not allowed");
  }
  if (at_ < text_.size() && text_[at_] == '.') {
    ++at_;
    done = digits("Decimal point not followed by a digit");
    if (!done) return std::unexpected(std::move(done).error());
  }
  if (at_ < text_.size() && (text_[at_] == 'e' || text_[at_] == 'E')) {
    ++at_;
    if (at_ < text_.size() && (text_[at_] == '+' || text_[at_] == '-')) ++at_;
    done = digits("Exponent indicator not followed by a digit");
    if (!done) return std::unexpected(std::move(done).error());
  }
  if (at_ - start > length_max) {
    return fault(
        fmt::format("Number value length ({}) exceeds the maximum allowed ({}, from "
                    "`StreamReadConstraints.getMaxNumberLength()`)",
                    at_ - start, length_max));
  }
  const bool space = at_ == text_.size() || std::string_view(" \t\r\n").contains(text_[at_]);
  if (scopes_.empty() && !space) {
    ++at_;
    return unexpected_character(": Expected space separating root-level values");
  }
  string_ = text_.substr(start, at_ - start);
  return Token::number;
}

Read<std::string_view> JsonReader::text() {
  switch (token_) {
    case Token::name: return name_;
    case Token::string: break;
    case Token::number: return string_;
    case Token::begin_object: return "{";
    case Token::end_object: return "}";
    case Token::begin_array: return "[";
    case Token::end_array: return "]";
    case Token::true_value: return "true";
    case Token::false_value: return "false";
    case Token::null_value: return "null";
    case Token::end: return "null";
  }
  if (!string_open_) return string_;
  string_open_ = false;
  auto read =
      quoted(string_scratch_, "string value", ": was expecting closing quote for a string value");
  if (read) string_ = *read;
  return read;
}

Read<std::string_view> JsonReader::quoted(std::string& scratch, std::string_view what,
                                          std::string_view unfinished) {
  const auto start = at_;
  auto copied = start;
  bool escaped = false;
  while (at_ < text_.size()) {
    const char c = text_[at_++];
    if (c == '"') {
      if (!escaped) return text_.substr(start, at_ - 1 - start);
      scratch += text_.substr(copied, at_ - 1 - copied);
      return std::string_view(scratch);
    }
    if (c == '\\') {
      if (!escaped) scratch.clear();
      escaped = true;
      scratch += text_.substr(copied, at_ - 1 - copied);
      if (auto done = escape(scratch); !done) return std::unexpected(std::move(done).error());
      copied = at_;
    } else if (static_cast<unsigned char>(c) < 0x20) {
      return before(
          fmt::format("Illegal unquoted character ({}): has to be escaped using backslash"
                      " to be included in {}",
                      describe_last(), what));
    }
  }
  return fault(fmt::format("Unexpected end-of-input{}", unfinished));
}

Read<char32_t> JsonReader::hex4() {
  char32_t code = 0;
  for (int i = 0; i < 4; ++i) {
    if (at_ == text_.size()) return fault("Unexpected end-of-input in character escape sequence");
    const int digit = hex_value(text_[at_++]);
    if (digit < 0) {
      return unexpected_character(": expected a hex-digit for character escape sequence");
    }
    code = code * 16 + static_cast<char32_t>(digit);
  }
  return code;
}

Read<void> JsonReader::escape(std::string& out) {
  if (at_ == text_.size()) return fault("Unexpected end-of-input in character escape sequence");
  const char c = text_[at_++];
  switch (c) {
    case 'b': out += '\b'; return {};
    case 't': out += '\t'; return {};
    case 'n': out += '\n'; return {};
    case 'f': out += '\f'; return {};
    case 'r': out += '\r'; return {};
    case '"':
    case '/':
    case '\\': out += c; return {};
    case 'u': break;
    default: return before(fmt::format("Unrecognized character escape {}", describe_last()));
  }
  auto code = hex4();
  if (!code) return std::unexpected(std::move(code).error());
  const bool high = *code >= 0xd800 && *code < 0xdc00;
  const bool low = *code >= 0xdc00 && *code < 0xe000;
  // A low half right behind a high half (both escaped) makes one character of the two.
  const bool after_high = out.size() >= 3 && low && out[out.size() - 3] == '\xed' &&
                          static_cast<unsigned char>(out[out.size() - 2]) >= 0xa0 &&
                          static_cast<unsigned char>(out[out.size() - 2]) < 0xb0;
  if (after_high && !high) {
    const auto first = utf8_at(out, out.size() - 3).first;
    out.resize(out.size() - 3);
    append_utf8(out, 0x10000 + ((first - 0xd800) << 10) + (*code - 0xdc00));
  } else {
    append_utf8(out, *code);
  }
  return {};
}

}  // namespace tidemill::pattern
