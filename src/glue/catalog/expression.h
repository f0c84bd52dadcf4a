/// The expressions by which GetPartitions filters: SQL's WHERE on partition keys. Pure.
///
///     expression = AND, OR, NOT and parentheses around tests
///     test       = key =, <>, !=, <, <=, >, >= literal (or the other way round),
///                  key [NOT] IN (literal, …), key [NOT] BETWEEN literal AND literal,
///                  key [NOT] LIKE 'pattern with % and _', key IS [NOT] NULL
///     literal    = 'text' ('' is a quote), a number, DATE 'y-m-d', TIMESTAMP 'y-m-d h:m:s'
///
/// Keys are compared by their type: numbers as numbers, however long, all others as text. A value
/// that isn't of its key's type (Hive's __HIVE_DEFAULT_PARTITION__) is NULL: no comparison holds.
/// (AWS: Expression of GetPartitions.)
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"

namespace tidemill::glue::catalog {

struct PartitionKey {
  std::string name, type;
};

class Expression {
 public:
  /// Fails with InvalidInputException: where it stops making sense, a key that the table hasn't,
  /// or a literal that isn't of its key's type.
  static Result<Expression> parse(std::string_view text, std::span<const PartitionKey> keys);

  Expression(Expression&&) noexcept;
  Expression& operator=(Expression&&) noexcept;
  ~Expression();

  /// `values`: one for each key.
  [[nodiscard]] bool matches(std::span<const std::string> values) const;

  struct Node;  ///< Of the parsed tree; expression.cpp's own.

 private:
  explicit Expression(std::unique_ptr<const Node> root);
  std::unique_ptr<const Node> root_;
};

/// <0, 0, >0 as `a` is less than, equal to or greater than `b`, both decimal numbers.
[[nodiscard]] int compare_numbers(std::string_view a, std::string_view b);
/// [+-]digits[.digits]
[[nodiscard]] bool is_number(std::string_view text);
/// SQL's LIKE: % for any text, _ for any byte.
[[nodiscard]] bool like(std::string_view text, std::string_view pattern);

}  // namespace tidemill::glue::catalog
