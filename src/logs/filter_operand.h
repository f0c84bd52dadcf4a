/// What a filter pattern compares a value with: a text with stars at its ends, a number or a
/// regular expression. Internal to logs/; immutable, any thread.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/error.h"

namespace re2 {
class RE2;
}

namespace tidemill::logs {

enum class Compare : std::uint8_t { equal, not_equal, less, less_equal, greater, greater_equal };

/// A decimal number at two precisions, so that it equals both a whole number of 64 bits and the
/// double that the same digits give.
struct Number {
  long double wide = 0;
  double narrow = 0;

  /// An optional sign, digits with an optional fraction, an optional exponent; nothing else.
  [[nodiscard]] static std::optional<Number> parse(std::string_view text);
};

class Operand {
 public:
  /// A bare term may be a number, and keeps its text; a quoted one is never a number.
  [[nodiscard]] static Operand make_text(std::string text, bool quoted);
  /// `pattern` is what stands between the percent signs.
  [[nodiscard]] static Result<Operand> make_regex(std::string_view pattern);

  /// Whether `value` is the text (a star at either end stands for anything) or holds a match of the
  /// regular expression.
  [[nodiscard]] bool equals(std::string_view value) const;
  /// The text as it was given (empty for a regular expression).
  [[nodiscard]] const std::string& text() const noexcept { return text_; }
  [[nodiscard]] const std::optional<Number>& number() const noexcept { return number_; }

 private:
  std::string text_;
  std::string core_;  ///< The text without the stars at its ends.
  bool open_start_ = false, open_end_ = false;
  std::optional<Number> number_;
  std::shared_ptr<const re2::RE2> regex_;
};

/// One comparison of a pattern, without what it is applied to.
struct Comparison {
  Compare compare = Compare::equal;
  Operand operand;

  /// For a value that is text: =, != by text or number; the others need a text that is a number.
  [[nodiscard]] bool holds(std::string_view value) const;
  /// For a value that is a number, with its text.
  [[nodiscard]] bool holds(const Number& value, bool whole, std::string_view text) const;
};

/// Whether `text` holds `part`; linear in both.
[[nodiscard]] bool contains(std::string_view text, std::string_view part) noexcept;

}  // namespace tidemill::logs
