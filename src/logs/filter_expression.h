/// Conditions joined by &&, || and round brackets, as JSON and space-delimited filter patterns have
/// them. Internal to logs/; immutable once read.
#pragma once

#include <optional>
#include <utility>
#include <vector>

#include "logs/filter_scanner.h"

namespace tidemill::logs {

template <class Leaf>
struct Expression {
  enum class Kind : std::uint8_t { leaf, all, any };
  Kind kind = Kind::leaf;
  std::optional<Leaf> leaf;
  std::vector<Expression> parts;

  /// `test(leaf)` decides a single condition.
  template <class Test>
  [[nodiscard]] bool holds(const Test& test) const {
    if (kind == Kind::leaf) return test(*leaf);
    for (const auto& part : parts) {
      if (part.holds(test) == (kind == Kind::any)) return kind == Kind::any;
    }
    return kind == Kind::all;
  }

  /// `f(leaf)` for every condition.
  template <class F>
  void each(const F& f) const {
    if (kind == Kind::leaf) return f(*leaf);
    for (const auto& part : parts) part.each(f);
  }
};

/// Reads an expression; `read_leaf(scanner)` gives a Result<Leaf>. && binds closer than ||.
template <class Leaf, class ReadLeaf>
class ExpressionReader {
 public:
  using Read = Result<Expression<Leaf>>;

  ExpressionReader(Scanner& scanner, ReadLeaf read_leaf)
      : scanner_(scanner), read_leaf_(std::move(read_leaf)) {}

  Read read() {
    return joined(Expression<Leaf>::Kind::any, "||", [this] {
      return joined(Expression<Leaf>::Kind::all, "&&", [this] { return single(); });
    });
  }

 private:
  static constexpr int depth_max = 64;

  template <class ReadPart>
  Read joined(typename Expression<Leaf>::Kind kind, std::string_view sign, ReadPart read_part) {
    TM_TRY(auto first, read_part());
    if (!scanner_.accept(sign)) return first;
    Expression<Leaf> whole;
    whole.kind = kind;
    whole.parts.push_back(std::move(first));
    do {
      TM_TRY(auto part, read_part());
      whole.parts.push_back(std::move(part));
    } while (scanner_.accept(sign));
    return whole;
  }

  Read single() {
    if (scanner_.accept("(")) {
      if (++depth_ > depth_max) return invalid_pattern("the round brackets are nested too deep");
      TM_TRY(auto inside, read());
      --depth_;
      if (!scanner_.accept(")")) return invalid_pattern("a round bracket is not closed");
      return inside;
    }
    TM_TRY(auto leaf, read_leaf_(scanner_));
    Expression<Leaf> made;
    made.leaf = std::move(leaf);
    return made;
  }

  Scanner& scanner_;
  ReadLeaf read_leaf_;
  int depth_ = 0;
};

/// "op value": with <, >, <= and >= the value must be a number.
[[nodiscard]] Result<Comparison> read_comparison(Scanner& scanner);

}  // namespace tidemill::logs
