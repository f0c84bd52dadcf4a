/// The three forms of a filter pattern: terms, a JSON selector, space-delimited fields. Internal to
/// logs/; immutable once read, any thread.
#pragma once

#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "logs/filter_expression.h"

namespace tidemill::logs {

/// `ERROR "two words" -DEBUG`, `?WARN ?ERROR`, `%colou?r%`.
class TermFilter {
 public:
  [[nodiscard]] static Result<TermFilter> read(std::string_view text);
  [[nodiscard]] bool matches(std::string_view message) const;

 private:
  enum class Sign : std::uint8_t { include, optional, exclude };
  struct Term {
    Sign sign = Sign::include;
    std::string text;
    std::optional<Operand> regex;
    [[nodiscard]] bool in(std::string_view message) const;
  };
  static Result<Term> read_term(Scanner& scanner);

  std::vector<Term> terms_;
  /// Optional terms count only where there are no others (AWS ignores them beside others).
  bool any_ = false;
};

/// `{ $.a.b = "x" && ($.n > 5 || $.list[0] NOT EXISTS) }`.
class JsonFilter {
 public:
  /// `text` is what stands between the braces.
  [[nodiscard]] static Result<JsonFilter> read(std::string_view text);
  [[nodiscard]] bool matches(std::string_view message) const;

 private:
  enum class Kind : std::uint8_t { compare, is_null, is_true, is_false, not_exists };
  using Step = std::variant<std::string, std::size_t>;
  struct Test {
    std::vector<Step> selector;
    Kind kind = Kind::compare;
    Comparison comparison;
  };
  struct Evaluation;
  static Result<Test> read_test(Scanner& scanner);
  static Result<std::vector<Step>> read_selector(Scanner& scanner);

  Expression<Test> expression_;
};

/// `[ip, user, ..., status = 4*, bytes > 100]`.
class FieldFilter {
 public:
  /// `text` is what stands between the square brackets.
  [[nodiscard]] static Result<FieldFilter> read(std::string_view text);
  [[nodiscard]] bool matches(std::string_view message) const;

 private:
  using Field = std::optional<Expression<Comparison>>;
  static Result<Field> read_field(Scanner& scanner);

  std::vector<Field> head_;  ///< Those before "...", or all.
  std::vector<Field> tail_;  ///< Those after "...".
  bool open_ = false;        ///< Whether there is a "...".
};

}  // namespace tidemill::logs
