#include "logs/filter_operand.h"

#include <charconv>
#include <cstring>

#include <re2/re2.h>

#include "logs/filter_scanner.h"

namespace tidemill::logs {
namespace {

constexpr std::int64_t regex_memory_max = 1 << 20;

std::string_view digits(std::string_view& text) {
  const auto end = std::min(text.find_first_not_of("0123456789"), text.size());
  const auto found = text.substr(0, end);
  text.remove_prefix(end);
  return found;
}

bool skip(std::string_view& text, std::string_view any_of) {
  if (text.empty() || any_of.find(text[0]) == any_of.npos) return false;
  text.remove_prefix(1);
  return true;
}

bool is_number(std::string_view text) {
  skip(text, "+-");
  const bool whole = !digits(text).empty();
  const bool fraction = skip(text, ".") && !digits(text).empty();
  if (!whole && !fraction) return false;
  if (skip(text, "eE")) {
    skip(text, "+-");
    if (digits(text).empty()) return false;
  }
  return text.empty();
}

template <class T>
bool ordered(Compare compare, T a, T b) {
  switch (compare) {
    case Compare::equal: return a == b;
    case Compare::not_equal: return a != b;
    case Compare::less: return a < b;
    case Compare::less_equal: return a <= b;
    case Compare::greater: return a > b;
    case Compare::greater_equal: return a >= b;
  }
  return false;
}

/// What AWS allows between percent signs; brackets of groups and further symbols it refuses.
bool allowed_in_regex(char c) {
  constexpr std::string_view symbols = ":_#=@/;,-^$?[]{}|\\*+. ";
  return is_word(c) || symbols.find(c) != symbols.npos;
}

}  // namespace

bool contains(std::string_view text, std::string_view part) noexcept {
  // memmem is linear, unlike string_view::find.
  return part.empty() || memmem(text.data(), text.size(), part.data(), part.size()) != nullptr;
}

std::optional<Number> Number::parse(std::string_view text) {
  if (!is_number(text)) return std::nullopt;
  if (text.starts_with('+')) text.remove_prefix(1);
  Number number;
  const auto* end = text.data() + text.size();
  if (std::from_chars(text.data(), end, number.wide).ec != std::errc()) return std::nullopt;
  if (std::from_chars(text.data(), end, number.narrow).ec != std::errc()) return std::nullopt;
  return number;
}

Operand Operand::make_text(std::string text, bool quoted) {
  Operand made;
  std::string_view core = text;
  if (core.starts_with('*')) {
    made.open_start_ = true;
    core.remove_prefix(1);
  }
  if (core.ends_with('*')) {
    made.open_end_ = true;
    core.remove_suffix(1);
  }
  made.core_ = core;
  if (!quoted) made.number_ = Number::parse(text);
  made.text_ = std::move(text);
  return made;
}

Result<Operand> Operand::make_regex(std::string_view pattern) {
  for (const char c : pattern) {
    if (!allowed_in_regex(c)) return bad_term("%" + std::string(pattern) + "%");
  }
  RE2::Options options(RE2::Latin1);  // AWS takes no characters of several bytes here.
  options.set_log_errors(false);
  options.set_max_mem(regex_memory_max);
  auto regex = std::make_shared<RE2>(re2::StringPiece(pattern.data(), pattern.size()), options);
  if (!regex->ok()) return invalid_pattern("the regular expression is malformed or too large");
  Operand made;
  made.regex_ = std::move(regex);
  return made;
}

bool Operand::equals(std::string_view value) const {
  if (regex_) return RE2::PartialMatch(re2::StringPiece(value.data(), value.size()), *regex_);
  if (open_start_ && open_end_) return contains(value, core_);
  if (open_start_) return value.ends_with(core_);
  if (open_end_) return value.starts_with(core_);
  return value == core_;
}

bool Comparison::holds(std::string_view value) const {
  const auto number = operand.number() ? Number::parse(value) : std::nullopt;
  if (number) return ordered(compare, number->wide, operand.number()->wide);
  if (compare == Compare::equal) return operand.equals(value);
  if (compare == Compare::not_equal) return !operand.equals(value);
  return false;
}

bool Comparison::holds(const Number& value, bool whole, std::string_view text) const {
  if (operand.number()) {
    return whole ? ordered(compare, value.wide, operand.number()->wide)
                 : ordered(compare, value.narrow, operand.number()->narrow);
  }
  if (compare == Compare::equal) return operand.equals(text);
  if (compare == Compare::not_equal) return !operand.equals(text);
  return false;
}

}  // namespace tidemill::logs
