/// Reads the text of a filter pattern piece by piece. Internal to logs/; one scanner belongs to one
/// call.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "base/error.h"
#include "logs/filter_operand.h"

namespace tidemill::logs {

/// "Invalid filter pattern" as CloudWatch Logs answers it; `hint` says what is wrong with it.
[[nodiscard]] std::unexpected<Error> invalid_pattern(std::string hint);
/// "Invalid character(s) in term '…'".
[[nodiscard]] std::unexpected<Error> bad_term(std::string_view term);

[[nodiscard]] bool is_blank(char c) noexcept;
/// A letter or digit of ASCII, or "_".
[[nodiscard]] bool is_word(char c) noexcept;

class Scanner {
 public:
  /// `text` must outlive the scanner.
  explicit Scanner(std::string_view text) : text_(text) {}

  /// Skips blanks; whether nothing is left then.
  [[nodiscard]] bool done();
  /// Skips blanks and then `token`, if it is next.
  bool accept(std::string_view token);
  /// The same for a keyword: no letter may follow it, and upper and lower case are the same.
  bool accept_keyword(std::string_view keyword);
  /// What comes before the next blank.
  [[nodiscard]] std::string_view until_blank();
  /// The longest run of word characters and "-".
  [[nodiscard]] std::string_view name();
  /// =, !=, <, >, <=, >= or nothing. "=!" is taken for "!=", as AWS's own examples have it.
  [[nodiscard]] std::optional<Compare> compare();
  /// A quoted text, a %regular expression% or a bare term.
  [[nodiscard]] Result<Operand> operand();
  /// The inside of a quoted text whose opening quote is next; \" and \\ are unescaped.
  [[nodiscard]] Result<std::string> quoted();
  /// The regular expression whose opening "%" is next. At most two in a pattern.
  [[nodiscard]] Result<Operand> regex();
  /// What isn't read yet.
  [[nodiscard]] std::string_view rest() const noexcept { return text_.substr(at_); }
  /// The next character, or '\0'.
  [[nodiscard]] char peek() const noexcept { return at_ < text_.size() ? text_[at_] : '\0'; }

 private:
  std::string_view text_;
  std::size_t at_ = 0;
  int regexes_ = 0;
};

}  // namespace tidemill::logs
