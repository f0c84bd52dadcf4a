#include "logs/filter_scanner.h"

#include <fmt/format.h>

#include "base/encoding.h"

namespace tidemill::logs {
namespace {

constexpr int regexes_max = 2;  // AWS's limit for one pattern.

std::unexpected<Error> invalid(std::string message, std::string hint) {
  return std::unexpected(Error{.code = Errc::invalid_argument,
                               .message = std::move(message),
                               .name = "InvalidParameterException",
                               .hint = std::move(hint)});
}

/// Ends a bare operand: blanks, brackets and operators.
bool ends_operand(char c) {
  constexpr std::string_view enders = "),]}(&|=<>!\"";
  return is_blank(c) || enders.find(c) != enders.npos;
}

bool allowed_bare(char c) {
  constexpr std::string_view symbols = ".*+-:/";
  return is_word(c) || symbols.find(c) != symbols.npos;
}

}  // namespace

std::unexpected<Error> invalid_pattern(std::string hint) {
  return invalid("Invalid filter pattern", std::move(hint));
}

std::unexpected<Error> bad_term(std::string_view term) {
  return invalid(fmt::format("Invalid character(s) in term '{}'", term),
                 "put double quotes around what is not only letters, digits and underscores");
}

bool is_blank(char c) noexcept { return c == ' ' || (c >= '\t' && c <= '\r'); }

bool is_word(char c) noexcept {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

bool Scanner::done() {
  while (at_ < text_.size() && is_blank(text_[at_])) ++at_;
  return at_ == text_.size();
}

bool Scanner::accept(std::string_view token) {
  if (done() || !text_.substr(at_).starts_with(token)) return false;
  at_ += token.size();
  return true;
}

bool Scanner::accept_keyword(std::string_view keyword) {
  if (done()) return false;
  const auto rest = text_.substr(at_);
  if (!iequals(rest.substr(0, keyword.size()), keyword)) return false;
  if (rest.size() > keyword.size() && is_word(rest[keyword.size()])) return false;
  at_ += keyword.size();
  return true;
}

std::string_view Scanner::until_blank() {
  const auto start = at_;
  while (at_ < text_.size() && !is_blank(text_[at_])) ++at_;
  return text_.substr(start, at_ - start);
}

std::string_view Scanner::name() {
  const auto start = at_;
  while (at_ < text_.size() && (is_word(text_[at_]) || text_[at_] == '-')) ++at_;
  return text_.substr(start, at_ - start);
}

std::optional<Compare> Scanner::compare() {
  if (accept("!=") || accept("=!")) return Compare::not_equal;
  if (accept("<=")) return Compare::less_equal;
  if (accept(">=")) return Compare::greater_equal;
  if (accept("<")) return Compare::less;
  if (accept(">")) return Compare::greater;
  if (accept("=")) return Compare::equal;
  return std::nullopt;
}

Result<Operand> Scanner::operand() {
  if (done()) return invalid_pattern("a value is missing after the operator");
  if (peek() == '%') return regex();
  if (peek() == '"') {
    TM_TRY(auto text, quoted());
    return Operand::make_text(std::move(text), true);
  }
  const auto start = at_;
  while (at_ < text_.size() && !ends_operand(text_[at_])) ++at_;
  const auto term = text_.substr(start, at_ - start);
  if (term.empty()) return invalid_pattern("a value is missing after the operator");
  for (const char c : term) {
    if (!allowed_bare(c)) return bad_term(term);
  }
  return Operand::make_text(std::string(term), false);
}

Result<std::string> Scanner::quoted() {
  std::string inside;
  for (auto i = at_ + 1; i < text_.size(); ++i) {
    if (text_[i] == '"') {
      at_ = i + 1;
      return inside;
    }
    const bool escape =
        text_[i] == '\\' && i + 1 < text_.size() && (text_[i + 1] == '"' || text_[i + 1] == '\\');
    if (escape) ++i;
    inside += text_[i];
  }
  return invalid_pattern("a double quote is not closed");
}

Result<Operand> Scanner::regex() {
  const auto start = at_ + 1;
  auto end = start;
  while (end < text_.size() && text_[end] != '%') end += text_[end] == '\\' ? 2 : 1;
  if (end >= text_.size()) return invalid_pattern("a regular expression is not closed with %");
  if (end == start) return invalid_pattern("a regular expression is empty");
  if (++regexes_ > regexes_max) {
    return invalid_pattern("a pattern takes at most two regular expressions");
  }
  at_ = end + 1;
  return Operand::make_regex(text_.substr(start, end - start));
}

}  // namespace tidemill::logs
