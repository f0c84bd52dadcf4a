// Metric math: from text to a tree.
#include <array>
#include <cctype>
#include <charconv>

#include <fmt/format.h>

#include "metrics/math_functions.h"

namespace tidemill::metrics {
namespace {

constexpr std::size_t text_max = 2048;
constexpr int depth_max = 64;

/// Those that bind weakest first. Signs that begin another stand behind it.
constexpr std::array<std::array<std::string_view, 6>, 5> operators = {{
    {"||", "OR"},
    {"&&", "AND"},
    {"==", "!=", "<=", ">=", "<", ">"},
    {"+", "-"},
    {"*", "/"},
}};

bool is_letter(char c) { return std::isalpha(static_cast<unsigned char>(c)) != 0; }
bool is_digit(char c) { return std::isdigit(static_cast<unsigned char>(c)) != 0; }
bool is_of_name(char c) { return is_letter(c) || is_digit(c) || c == '_'; }

class Parser {
 public:
  explicit Parser(std::string_view text) : text_(text) {}

  Result<MathNode> read() {
    TM_TRY(auto node, binary(0));
    skip_blanks();
    if (at_ < text_.size()) return unexpected_token();
    return node;
  }

 private:
  /// Counts how deep the brackets and signs are nested.
  struct Depth {
    explicit Depth(int& count) : depth(count) { ++depth; }
    ~Depth() { --depth; }
    Depth(const Depth&) = delete;
    Depth& operator=(const Depth&) = delete;
    int& depth;
  };

  void skip_blanks() {
    while (at_ < text_.size() && std::isspace(static_cast<unsigned char>(text_[at_])) != 0) ++at_;
  }
  [[nodiscard]] char peek() {
    skip_blanks();
    return at_ < text_.size() ? text_[at_] : '\0';
  }
  bool accept(std::string_view sign) {
    skip_blanks();
    if (!text_.substr(at_).starts_with(sign)) return false;
    const auto end = at_ + sign.size();
    if (is_letter(sign[0]) && end < text_.size() && is_of_name(text_[end])) return false;
    at_ = end;
    return true;
  }

  std::unexpected<Error> unexpected_token() {
    skip_blanks();
    if (at_ >= text_.size()) return math_error("The expression ends too early");
    return math_error(fmt::format("Unsupported token '{}' at char {}", text_.substr(at_, 1), at_));
  }

  static MathNode call(std::string_view name, std::vector<MathNode> parts) {
    return {MathNode::Kind::call, std::string(name), 0, std::move(parts)};
  }

  std::string_view accept_operator(std::size_t level) {
    for (const auto sign : operators[level]) {
      if (!sign.empty() && accept(sign)) return sign == "OR" ? "||" : sign == "AND" ? "&&" : sign;
    }
    return {};
  }

  Result<MathNode> binary(std::size_t level) {
    if (level == operators.size()) return unary();
    TM_TRY(auto left, binary(level + 1));
    int count = 0;
    for (auto sign = accept_operator(level); !sign.empty(); sign = accept_operator(level)) {
      // The tree leans to the left: a chain is as deep as it is long.
      if (++count > chain_max) return math_error("The expression has too many operators");
      std::vector<MathNode> parts;
      parts.push_back(std::move(left));
      TM_TRY(auto right, binary(level + 1));
      parts.push_back(std::move(right));
      left = call(sign, std::move(parts));
    }
    return left;
  }

  Result<MathNode> unary() {
    const Depth depth(depth_);
    if (depth_ > depth_max) return math_error("The expression is nested too deep");
    if (!accept("-")) return power();
    std::vector<MathNode> parts;
    TM_TRY(auto operand, unary());
    parts.push_back(std::move(operand));
    return call("~", std::move(parts));
  }

  Result<MathNode> power() {
    TM_TRY(auto base, primary());
    if (!accept("^")) return base;
    std::vector<MathNode> parts;
    parts.push_back(std::move(base));
    TM_TRY(auto exponent, unary());
    parts.push_back(std::move(exponent));
    return call("^", std::move(parts));
  }

  Result<MathNode> primary() {
    const char c = peek();
    if (accept("(")) {
      TM_TRY(auto inside, binary(0));
      if (!accept(")")) return unexpected_token();
      return inside;
    }
    if (accept("[")) {
      TM_TRY(auto parts, list("]"));
      if (parts.empty()) return math_error("An array needs at least one element");
      return MathNode{MathNode::Kind::list, "", 0, std::move(parts)};
    }
    if (is_digit(c) || c == '.') return number();
    if (c == '"' || c == '\'') return quoted(c);
    if (is_letter(c)) return word();
    return unexpected_token();
  }

  Result<std::vector<MathNode>> list(std::string_view end) {
    std::vector<MathNode> parts;
    if (accept(end)) return parts;
    do {
      TM_TRY(auto part, binary(0));
      parts.push_back(std::move(part));
    } while (accept(","));
    if (!accept(end)) return unexpected_token();
    return parts;
  }

  Result<MathNode> number() {
    MathNode node;
    const auto rest = text_.substr(at_);
    const auto read = std::from_chars(rest.data(), rest.data() + rest.size(), node.number);
    if (read.ec != std::errc()) return unexpected_token();
    at_ += std::size_t(read.ptr - rest.data());
    return node;
  }

  Result<MathNode> quoted(char quote) {
    const auto end = text_.find(quote, at_ + 1);
    if (end == std::string_view::npos) return math_error("A text is not closed");
    MathNode node{MathNode::Kind::text, std::string(text_.substr(at_ + 1, end - at_ - 1)), 0, {}};
    at_ = end + 1;
    return node;
  }

  /// An id of a query begins with a small letter; functions and keywords are capitals.
  Result<MathNode> word() {
    const auto begin = at_;
    while (at_ < text_.size() && is_of_name(text_[at_])) ++at_;
    const auto name = text_.substr(begin, at_ - begin);
    if (!accept("(")) {
      const bool is_id = std::islower(static_cast<unsigned char>(name[0])) != 0;
      return MathNode{
          is_id ? MathNode::Kind::name : MathNode::Kind::text, std::string(name), 0, {}};
    }
    TM_TRY(auto arguments, list(")"));
    const auto* function = find_math_function(name);
    if (function == nullptr || !is_letter(function->name[0])) {
      return math_error(fmt::format("Function '{}' not found", name));
    }
    if (arguments.size() < function->least || arguments.size() > function->most) {
      return math_error(
          fmt::format("Function '{}' can't be called with {} arguments", name, arguments.size()));
    }
    return call(name, std::move(arguments));
  }

  static constexpr int chain_max = 500;

  const std::string_view text_;
  std::size_t at_ = 0;
  int depth_ = 0;
};

void add_names(const MathNode& node, std::vector<std::string>& names) {
  if (node.kind == MathNode::Kind::name) names.push_back(node.text);
  for (const auto& part : node.parts) add_names(part, names);
}

}  // namespace

std::unexpected<Error> math_error(std::string message) {
  return fail(Errc::invalid_argument, "ValidationException", std::move(message));
}

Result<MathNode> parse_math(std::string_view text) {
  if (text.size() > text_max) {
    return math_error(fmt::format("An expression has at most {} characters", text_max));
  }
  return Parser(text).read();
}

std::vector<std::string> names_in(const MathNode& node) {
  std::vector<std::string> names;
  add_names(node, names);
  return names;
}

}  // namespace tidemill::metrics
