#include "glue/catalog/expression.h"

#include <algorithm>
#include <array>
#include <optional>

#include <fmt/format.h>

#include "base/encoding.h"
#include "glue/catalog/lexer.h"
#include "glue/refusal.h"

namespace tidemill::glue::catalog {
namespace {

constexpr int depth_max = 64;
constexpr std::string_view null_value = "__HIVE_DEFAULT_PARTITION__";

enum class Verb : std::uint8_t {
  all,
  any,
  negate,
  equal,
  unequal,
  less,
  at_most,
  in,
  like,
  is_null
};

bool is_numeric(std::string_view type) {
  constexpr std::array numbers = {"tinyint", "smallint", "int", "integer", "bigint", "long"};
  return std::ranges::find(numbers, type) != numbers.end() || type.starts_with("decimal");
}

std::optional<Verb> verb_of(std::string_view sign) {
  if (sign == "=" || sign == "==") return Verb::equal;
  if (sign == "<>" || sign == "!=") return Verb::unequal;
  return std::nullopt;
}

}  // namespace

struct Expression::Node {
  Verb verb = Verb::all;
  std::size_t key = 0;  ///< Which one is tested.
  bool is_number = false;
  std::vector<std::string> literals;
  std::vector<std::unique_ptr<const Node>> children;  ///< Of all, any and negate.

  /// nullopt: not known, as a NULL is compared.
  [[nodiscard]] std::optional<bool> test(std::span<const std::string> values) const;
  [[nodiscard]] std::optional<bool> join(std::span<const std::string> values) const;
};

namespace {

using Node = Expression::Node;
using NodePtr = std::unique_ptr<const Node>;

NodePtr negated(NodePtr node) {
  auto made = std::make_unique<Node>();
  made->verb = Verb::negate;
  made->children.push_back(std::move(node));
  return made;
}

class Parser {
 public:
  Parser(std::vector<Token> tokens, std::span<const PartitionKey> keys)
      : tokens_(std::move(tokens)), keys_(keys) {}

  Result<NodePtr> whole() {
    TM_TRY(auto node, joined(Verb::any));
    if (!at_end()) return wrong("AND, OR or the end");
    return node;
  }

 private:
  [[nodiscard]] bool at_end() const { return next_ == tokens_.size(); }
  [[nodiscard]] const Token& peek() const {
    static const Token end{Token::Kind::end, "", 0};
    return at_end() ? end : tokens_[next_];
  }
  Token take() { return at_end() ? Token{} : tokens_[next_++]; }

  /// Takes the next token if it is this word or sign.
  bool took(std::string_view what) {
    const auto& token = peek();
    const bool is_it = token.kind == Token::Kind::sign
                           ? token.text == what
                           : token.kind == Token::Kind::word && iequals(token.text, what);
    if (is_it) ++next_;
    return is_it;
  }

  [[nodiscard]] std::unexpected<Error> wrong(std::string_view expected) const {
    if (at_end()) {
      return invalid_input(
          fmt::format("Unsupported expression: it ends where {} is expected.", expected));
    }
    return invalid_input(fmt::format("Unsupported expression: {} is expected at \"{}\" (byte {}).",
                                     expected, peek().text, peek().at));
  }

  /// One of two levels: terms joined by OR, each of factors joined by AND.
  Result<NodePtr> joined(Verb verb) {
    auto made = std::make_unique<Node>();
    made->verb = verb;
    do {
      TM_TRY(auto part, verb == Verb::any ? joined(Verb::all) : factor());
      made->children.push_back(std::move(part));
    } while (took(verb == Verb::any ? "or" : "and"));
    return made;
  }

  Result<NodePtr> factor() {
    if (++depth_ > depth_max) {
      return invalid_input(
          fmt::format("Unsupported expression: it is nested more than {} deep.", depth_max));
    }
    auto node = nested();
    --depth_;
    return node;
  }

  Result<NodePtr> nested() {
    if (took("not")) {
      TM_TRY(auto node, factor());
      return negated(std::move(node));
    }
    if (!took("(")) return test();
    TM_TRY(auto node, joined(Verb::any));
    if (!took(")")) return wrong("\")\"");
    return node;
  }

  Result<NodePtr> test() {
    if (peek().kind == Token::Kind::text || peek().kind == Token::Kind::number) return mirrored();
    TM_TRY(const auto key, key_here());
    if (took("is")) {
      const bool is_not = took("not");
      if (!took("null")) return wrong("NULL");
      auto node = on(key, Verb::is_null);
      return is_not ? negated(std::move(node)) : NodePtr(std::move(node));
    }
    const bool is_not = took("not");
    TM_TRY(auto node, took("in")        ? in(key)
                      : took("between") ? between(key)
                      : took("like")    ? pattern(key)
                      : is_not          ? Result<NodePtr>(wrong("IN, BETWEEN or LIKE"))
                                        : comparison(key));
    return is_not ? negated(std::move(node)) : std::move(node);
  }

  Result<std::size_t> key_here() {
    const auto& token = peek();
    if (token.kind != Token::Kind::word && token.kind != Token::Kind::name) {
      return wrong("a partition key");
    }
    for (std::size_t i = 0; i < keys_.size(); ++i) {
      if (!iequals(keys_[i].name, token.text)) continue;
      ++next_;
      return i;
    }
    return invalid_input(
        fmt::format("Unsupported expression: {} is no partition key of the table.", token.text));
  }

  std::unique_ptr<Node> on(std::size_t key, Verb verb) const {
    auto node = std::make_unique<Node>();
    node->verb = verb;
    node->key = key;
    node->is_number = is_numeric(to_lower(keys_[key].type));
    return node;
  }

  Result<std::string> literal(std::size_t key) {
    if (took("date") || took("timestamp")) {
      if (peek().kind != Token::Kind::text) return wrong("a quoted time");
    }
    const auto& token = peek();
    if (token.kind != Token::Kind::text && token.kind != Token::Kind::number) {
      return wrong("a literal");
    }
    if (is_numeric(to_lower(keys_[key].type)) && !is_number(token.text)) {
      return invalid_input(
          fmt::format("Unsupported expression: partition key {} is of type {}, "
                      "and \"{}\" is no number.",
                      keys_[key].name, keys_[key].type, token.text));
    }
    return take().text;
  }

  /// `sign` as it is, or with its sides exchanged.
  Result<NodePtr> compare(std::size_t key, std::string_view sign, std::string literal) const {
    const auto plain = verb_of(sign);
    auto node = on(key, plain.value_or(sign == "<" || sign == ">=" ? Verb::less : Verb::at_most));
    node->literals.push_back(std::move(literal));
    const bool is_negated = sign == ">" || sign == ">=";  // Not at most, not less.
    return is_negated ? negated(std::move(node)) : NodePtr(std::move(node));
  }

  Result<std::string> sign_here() {
    constexpr std::array signs = {"=", "==", "<>", "!=", "<", "<=", ">", ">="};
    const auto& token = peek();
    const bool is_one =
        token.kind == Token::Kind::sign && std::ranges::find(signs, token.text) != signs.end();
    if (!is_one) return wrong("a comparison");
    return take().text;
  }

  Result<NodePtr> comparison(std::size_t key) {
    TM_TRY(const auto sign, sign_here());
    TM_TRY(auto value, literal(key));
    return compare(key, sign, std::move(value));
  }

  Result<NodePtr> mirrored() {
    const auto begin = next_++;
    TM_TRY(auto sign, sign_here());
    TM_TRY(const auto key, key_here());
    const auto end = std::exchange(next_, begin);
    TM_TRY(auto value, literal(key));
    next_ = end;
    if (sign.front() == '<' && sign != "<>") {
      sign.front() = '>';
    } else if (sign.front() == '>') {
      sign.front() = '<';
    }
    return compare(key, sign, std::move(value));
  }

  Result<NodePtr> in(std::size_t key) {
    if (!took("(")) return wrong("\"(\"");
    auto node = on(key, Verb::in);
    do {
      TM_TRY(auto value, literal(key));
      node->literals.push_back(std::move(value));
    } while (took(","));
    if (!took(")")) return wrong("\",\" or \")\"");
    return node;
  }

  Result<NodePtr> between(std::size_t key) {
    TM_TRY(auto least, literal(key));
    if (!took("and")) return wrong("AND");
    TM_TRY(auto most, literal(key));
    auto node = std::make_unique<Node>();
    TM_TRY(auto from, compare(key, ">=", std::move(least)));
    TM_TRY(auto to, compare(key, "<=", std::move(most)));
    node->children.push_back(std::move(from));
    node->children.push_back(std::move(to));
    return node;
  }

  Result<NodePtr> pattern(std::size_t key) {
    if (peek().kind != Token::Kind::text) return wrong("a quoted pattern");
    auto node = on(key, Verb::like);
    node->literals.push_back(take().text);
    return node;
  }

  const std::vector<Token> tokens_;
  const std::span<const PartitionKey> keys_;
  std::size_t next_ = 0;
  int depth_ = 0;
};

}  // namespace

std::optional<bool> Expression::Node::join(std::span<const std::string> values) const {
  const bool decides = verb == Verb::any;  // What one child says for all.
  bool is_known = true;
  for (const auto& child : children) {
    const auto said = child->test(values);
    if (!said) is_known = false;
    if (said == decides) return decides;
  }
  return is_known ? std::optional(!decides) : std::nullopt;
}

std::optional<bool> Expression::Node::test(std::span<const std::string> values) const {
  if (verb == Verb::all || verb == Verb::any) return join(values);
  if (verb == Verb::negate) {
    const auto said = children.front()->test(values);
    return said ? std::optional(!*said) : std::nullopt;
  }
  const std::string_view value = values[key];
  const bool is_null = value == null_value || (is_number && !catalog::is_number(value));
  if (verb == Verb::is_null) return is_null;
  if (is_null) return std::nullopt;
  const auto compared = [&](const std::string& literal) {
    return is_number ? compare_numbers(value, literal) : value.compare(literal);
  };
  switch (verb) {
    case Verb::equal: return compared(literals[0]) == 0;
    case Verb::unequal: return compared(literals[0]) != 0;
    case Verb::less: return compared(literals[0]) < 0;
    case Verb::at_most: return compared(literals[0]) <= 0;
    case Verb::like: return like(value, literals[0]);
    default: break;
  }
  return std::ranges::any_of(literals, [&](const auto& one) { return compared(one) == 0; });
}

Expression::Expression(std::unique_ptr<const Node> root) : root_(std::move(root)) {}
Expression::Expression(Expression&&) noexcept = default;
Expression& Expression::operator=(Expression&&) noexcept = default;
Expression::~Expression() = default;

Result<Expression> Expression::parse(std::string_view text, std::span<const PartitionKey> keys) {
  TM_TRY(auto tokens, tokens_of(text));
  TM_TRY(auto root, Parser(std::move(tokens), keys).whole());
  return Expression(std::move(root));
}

bool Expression::matches(std::span<const std::string> values) const {
  return root_->test(values).value_or(false);
}

}  // namespace tidemill::glue::catalog
