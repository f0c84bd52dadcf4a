/// What a pattern asks of one value, and of the values at one path. Internal to pattern/; immutable
/// once compiled.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "pattern/address.h"
#include "pattern/event_data.h"
#include "pattern/fold.h"
#include "pattern/wildcard.h"

namespace tidemill::pattern {

/// The string, byte for byte.
struct Text {
  std::string text;
};
/// A string that is this IP address, however it is spelled.
struct SameAddress {
  std::string text;
  Address address;
};
/// A number of this value; if the value is not comparable, of this text.
struct Number {
  std::string text;
  std::optional<double> value;
};
struct Word {
  Kind kind;  ///< true_value, false_value or null_value.
};
struct Prefix {
  std::string text;
};
struct Suffix {
  std::string text;
};
struct IgnoreCase {
  enum class Where : std::uint8_t { whole, prefix, suffix };
  std::string text;
  Where where;
  Folded folded;
};
struct Like {
  std::string text;
  Wildcard wildcard;
};
struct Range {
  struct Bound {
    double value;
    bool open;
    std::string text;
  };
  std::optional<Bound> bottom, top;
};
struct InNetwork {
  std::string text;
  Network network;
};
struct Exists {};

using Test = std::variant<Text, SameAddress, Number, Word, Prefix, Suffix, IgnoreCase, Like, Range,
                          InNetwork, Exists>;

[[nodiscard]] bool holds(const Test& test, const Value& value);

/// One of the tests holds; or, negated (anything-but), none does.
struct Condition {
  bool negated = false;
  std::vector<Test> any;
  [[nodiscard]] bool holds(const Value& value) const;
};

/// All conditions of one match expression; AWS allows one.
struct Alternative {
  std::vector<Condition> all;
  [[nodiscard]] bool holds(const Value& value) const;
};

/// What a pattern asks at one path: one of the alternatives, or that nothing is there.
struct Clause {
  std::string path;
  std::vector<std::string> steps;  ///< The path, split at its dots.
  std::vector<Alternative> any;
  bool absent = false;
  std::string json;        ///< As the pattern has it, without white space.
  std::size_t number = 0;  ///< Its place in the pattern.

  [[nodiscard]] bool holds(const Value& value) const;

  /// The strings it takes, if it takes nothing but strings byte for byte; else empty.
  [[nodiscard]] std::vector<std::string_view> exact_texts() const;
};

/// One way to match: all these clauses, which have different paths. Indices into
/// PatternData::clauses, in the order of the paths, as AWS asks them.
using Branch = std::vector<std::uint32_t>;

struct PatternData {
  std::vector<Clause> clauses;
  std::vector<Branch> branches;  ///< More than one only through $or.
};

/// In plain words: `suffix ".csv"`, `one of "a", "b"`, `a number > 5`, `anything but "x"`.
[[nodiscard]] std::string describe(const Clause& clause);

}  // namespace tidemill::pattern
