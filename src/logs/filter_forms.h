/// The three forms of a filter pattern: terms, a JSON selector, space-delimited fields. Internal to
/// logs/; immutable once read, any thread.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "logs/filter_expression.h"

namespace tidemill::logs {

/// What stands in a message, by "$.name", "$name" or "$2".
using FieldValues = std::map<std::string, std::string>;

/// `ERROR "two words" -DEBUG`, `?WARN ?ERROR`, `%colou?r%`.
class TermFilter {
 public:
  [[nodiscard]] static Result<TermFilter> read(std::string_view text);
  [[nodiscard]] bool matches(std::string_view message) const;
  [[nodiscard]] static FieldValues values(std::string_view) { return {}; }

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
  /// Of the selectors that the pattern has.
  [[nodiscard]] FieldValues values(std::string_view message) const;
  /// Of any selectors; those that find nothing are left out.
  [[nodiscard]] static FieldValues values(std::string_view message,
                                          const std::vector<std::string>& selectors);
  [[nodiscard]] static bool is_selector(std::string_view text);

 private:
  enum class Kind : std::uint8_t { compare, is_null, is_true, is_false, not_exists };
  using Step = std::variant<std::string, std::size_t>;
  struct Test {
    std::vector<Step> selector;
    std::string text;  ///< The selector as it is written.
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
  /// Of a message that matches: "$name" of a field with a name, else "$" and its place.
  [[nodiscard]] FieldValues values(std::string_view message) const;
  /// Whether "$name" is one of the fields.
  [[nodiscard]] bool has(std::string_view field) const;

 private:
  struct Field {
    std::string name;
    std::optional<Expression<Comparison>> condition;
    [[nodiscard]] bool holds(std::string_view value) const;
  };
  static Result<Field> read_field(Scanner& scanner);

  std::vector<Field> head_;  ///< Those before "...", or all.
  std::vector<Field> tail_;  ///< Those after "...".
  bool open_ = false;        ///< Whether there is a "...".
};

}  // namespace tidemill::logs
