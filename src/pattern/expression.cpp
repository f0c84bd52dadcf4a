// Match expressions. The order of reading and checking is AWS's: it decides the place of an error.
#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "pattern/compile.h"
#include "pattern/number.h"

namespace tidemill::pattern {
namespace {

constexpr std::string_view one_key = "Only one key allowed in match expression";
constexpr std::string_view too_many = "Too many elements in numeric expression";

Bounds bounds_of(std::string_view op, double value) {
  const bool open = op.size() == 1;
  if (op[0] == '>') return {.bottom = value, .has_bottom = true, .bottom_open = open};
  return {.top = value, .has_top = true, .top_open = open};
}

}  // namespace

Fault ExpressionReader::doubled(Fault inner) const {
  if (inner.placed) inner.message += "\n at " + source_place(text_, inner.offset);
  return {std::move(inner.message), reader_.offset()};
}

Read<std::string> ExpressionReader::string_or(Token token, std::string_view complaint) {
  if (token != Token::string) return reader_.fault(std::string(complaint));
  TM_TRY(const auto text, reader_.text());
  return std::string(text);
}

Read<double> ExpressionReader::to_number(const std::string& number) {
  const auto value = comparable_number(number);
  if (!value) return reader_.fault("Cannot compare number : " + number);
  return *value;
}

Read<void> ExpressionReader::condition(bool negated) {
  out_.end_condition(negated);
  return {};
}

Read<void> ExpressionReader::plain(Token token) {
  switch (token) {
    case Token::string: {
      TM_TRY(const auto text, reader_.text());
      if (const auto address = parse_address(text)) {
        out_.address(text, *address);
      } else {
        out_.text(text);
      }
      break;
    }
    case Token::number: {
      TM_TRY(const auto text, reader_.text());
      out_.number(text, comparable_number(text));
      break;
    }
    case Token::true_value: out_.word(Kind::true_value); break;
    case Token::false_value: out_.word(Kind::false_value); break;
    case Token::null_value: out_.word(Kind::null_value); break;
    default: return reader_.fault("Match value must be String, number, true, false, or null");
  }
  out_.end_condition(false);
  out_.end_alternative();
  return {};
}

Read<bool> ExpressionReader::read() {
  TM_TRY(auto token, next());
  if (token != Token::name) return reader_.fault("Match expression name not found");
  absent_ = false;
  std::vector<std::string> names;
  while (token == Token::name) {
    const std::string name(reader_.name());
    if (std::ranges::find(names, name) != names.end()) return reader_.fault(std::string(one_key));
    names.push_back(name);
    TM_CHECK(matcher(name));
    TM_TRY(token, next());
    if (token != Token::end_object && options_.strict_aws) {
      const bool wordy = name == "numeric" || name == "anything-but";
      return reader_.fault(std::string(wordy ? too_many : one_key));
    }
  }
  if (names.size() > 1 && std::ranges::find(names, "exists") != names.end()) {
    return reader_.fault(std::string(one_key));
  }
  if (!absent_) out_.end_alternative();
  return !absent_;
}

Read<void> ExpressionReader::matcher(std::string_view name) {
  if (name == "exactly") return exactly();
  if (name == "prefix") return affix(true);
  if (name == "suffix") return affix(false);
  if (name == "numeric") return numeric();
  if (name == "anything-but") return anything_but();
  if (name == "exists") return exists();
  if (name == "cidr") return cidr();
  if (name == "equals-ignore-case") return ignore_case();
  if (name == "wildcard") return wildcard();
  return reader_.fault(fmt::format("Unrecognized match type {}", name));
}

Read<void> ExpressionReader::exactly() {
  TM_TRY(const auto token, next());
  TM_TRY(const auto text, string_or(token, "exact match pattern must be a string"));
  out_.text(text);
  return condition();
}

Read<void> ExpressionReader::affix(bool prefix) {
  TM_TRY(auto token, next());
  const auto* kind = prefix ? "prefix" : "suffix";
  if (token != Token::begin_object) {
    TM_TRY(const auto text, string_or(token, prefix ? "prefix match pattern must be a string"
                                                    : "suffix match pattern must be a string"));
    prefix ? out_.prefix(text) : out_.suffix(text);
    return condition();
  }
  TM_TRY(token, next());
  if (token != Token::name) {
    return reader_.fault(fmt::format("{} expression name not found", prefix ? "Prefix" : "Suffix"));
  }
  const std::string op(reader_.name());
  if (op != "equals-ignore-case") {
    return reader_.fault(fmt::format("Unsupported {} pattern: {}", kind, op));
  }
  TM_TRY(token, next());
  TM_TRY(const auto text, string_or(token, "equals-ignore-case match pattern must be a string"));
  TM_TRY(token, next());
  if (token != Token::end_object) return reader_.fault(std::string(one_key));
  out_.ignore_case(prefix ? Ask::ignore_case_prefix : Ask::ignore_case_suffix, text);
  return condition();
}

Read<void> ExpressionReader::ignore_case() {
  TM_TRY(const auto token, next());
  TM_TRY(const auto text, string_or(token, "equals-ignore-case match pattern must be a string"));
  out_.ignore_case(Ask::ignore_case, text);
  return condition();
}

Read<void> ExpressionReader::wildcard() {
  TM_TRY(const auto token, next());
  TM_TRY(const auto text, string_or(token, "wildcard match pattern must be a string"));
  const auto parsed = Wildcard::parse(text);
  if (!parsed) return reader_.fault(parsed.error());
  out_.wildcard(parsed->encode());
  return condition();
}

Read<void> ExpressionReader::cidr() {
  TM_TRY(const auto token, next());
  TM_TRY(const auto text, string_or(token, "prefix match pattern must be a string"));
  auto network = parse_network(text);
  if (!network) {
    return std::unexpected(
        Fault{.message = std::move(network).error(), .offset = reader_.offset(), .placed = false});
  }
  out_.network(text, *network);
  return condition();
}

Read<void> ExpressionReader::exists() {
  TM_TRY(const auto token, next());
  if (token != Token::true_value && token != Token::false_value) {
    return reader_.fault("exists match pattern must be either true or false.");
  }
  absent_ = token == Token::false_value;
  if (absent_) return {};
  out_.anything();
  return condition();
}

Read<void> ExpressionReader::numeric() {
  TM_TRY(auto token, next());
  if (token != Token::begin_array) return reader_.fault("Value of numeric must be an array.");
  TM_TRY(token, next());
  TM_TRY(const auto shown, reader_.text());
  const std::string op(shown);
  if (token != Token::string) return reader_.fault("Invalid member in numeric match: " + op);
  TM_TRY(token, next());
  const bool known = op == "=" || op == "<" || op == "<=" || op == ">" || op == ">=";
  if (!known) return reader_.fault("Unrecognized numeric range operator: " + op);
  if (token != Token::number) {
    return reader_.fault(fmt::format("Value of {} must be numeric", op == "=" ? "equals" : op));
  }
  TM_TRY(const auto text, reader_.text());
  const std::string first(text);
  TM_TRY(token, next());
  const bool done = token == Token::end_array;
  if (!done && op[0] == '>') {
    TM_TRY(const auto member, reader_.text());
    if (token != Token::string) {
      return reader_.fault(fmt::format("Bad value in numeric range: {}", member));
    }
    return numeric_range(op, first);
  }
  if (!done) return reader_.fault(std::string(too_many));
  TM_TRY(const auto value, to_number(first));
  if (op == "=") {
    out_.number(first, value);
  } else {
    const bool bottom = op[0] == '>';
    out_.range(bounds_of(op, value), bottom ? first : "", bottom ? "" : first);
  }
  return condition();
}

Read<void> ExpressionReader::numeric_range(const std::string& op, const std::string& first) {
  TM_TRY(const auto shown, reader_.text());
  const std::string second_op(shown);
  if (second_op != "<" && second_op != "<=") {
    return reader_.fault("Bad numeric range operator: " + second_op);
  }
  TM_TRY(auto token, next());
  if (token != Token::number) return reader_.fault("Value of " + second_op + " must be numeric");
  TM_TRY(const auto text, reader_.text());
  const std::string second(text);
  TM_TRY(token, next());
  if (token != Token::end_array) {
    return reader_.fault("Too many terms in numeric range expression");
  }
  TM_TRY(const auto bottom, to_number(first));
  TM_TRY(const auto top, to_number(second));
  if (bottom >= top) return reader_.fault("Bottom must be less than top");
  out_.range({.bottom = bottom,
              .top = top,
              .has_bottom = true,
              .has_top = true,
              .bottom_open = op == ">",
              .top_open = second_op == "<"},
             first, second);
  return condition();
}

Read<void> ExpressionReader::anything_but() {
  TM_TRY(auto token, next());
  std::string op;
  if (token == Token::begin_object) {
    TM_TRY(token, next());
    if (token != Token::name) return reader_.fault("Anything-But expression name not found");
    op = reader_.name();
    const bool known =
        op == "equals-ignore-case" || op == "prefix" || op == "suffix" || op == "wildcard";
    if (!known) return reader_.fault("Unsupported anything-but pattern: " + op);
    TM_TRY(token, next());
  }
  if (token == Token::begin_array) {
    TM_CHECK(anything_but_list(op));
  } else if (token == Token::number && op.empty()) {
    auto done = anything_but_number();
    // Outside a list AWS doesn't say where the number is.
    if (!done) done.error().placed = false;
    TM_CHECK(std::move(done));
  } else if (token == Token::string || token == Token::number) {
    TM_TRY(const auto text, anything_but_text(op, token));
    const auto done = anything_but_test(op, text);
    if (!done) return reader_.fault(done.error());
  } else {
    return reader_.fault("Value of anything-but must be an array or single string/number value.");
  }
  if (!op.empty()) {
    TM_TRY(token, next());
    if (token != Token::end_object) return reader_.fault(std::string(too_many));
  }
  return condition(true);
}

Read<void> ExpressionReader::anything_but_number() {
  TM_TRY(const auto number, reader_.text());
  const std::string text(number);
  TM_TRY(const auto value, to_number(text));
  out_.number(text, value);
  return {};
}

std::expected<void, std::string> ExpressionReader::anything_but_test(const std::string& op,
                                                                     const std::string& text) {
  if (op.empty()) {
    out_.text(text);
  } else if (op == "equals-ignore-case") {
    out_.ignore_case(Ask::ignore_case, text);
  } else if (op == "prefix") {
    out_.prefix(text);
  } else if (op == "suffix") {
    out_.suffix(text);
  } else {
    TM_TRY(const auto wildcard, Wildcard::parse(text));
    out_.wildcard(wildcard.encode());
  }
  return {};
}

Read<std::string> ExpressionReader::anything_but_text(const std::string& op, Token token) {
  std::string_view complaint = "prefix/suffix match pattern must be a string";
  if (op.empty()) {
    complaint = "Inside anything but list, start|null|boolean is not supported.";
  } else if (op == "equals-ignore-case") {
    complaint =
        "Inside anything-but/equals-ignore-case list, number|start|null|boolean is not supported.";
  } else if (op == "wildcard") {
    complaint = "wildcard match pattern must be a string";
  }
  TM_TRY(auto text, string_or(token, complaint));
  const bool affix = op == "prefix" || op == "suffix";
  if (affix && text.empty()) return reader_.fault("Null prefix/suffix not allowed");
  return text;
}

Read<void> ExpressionReader::anything_but_list(const std::string& op) {
  bool numbers = false;
  bool strings = false;
  std::string late;  // What is wrong with a wildcard shows only once the list is read.
  for (;;) {
    const auto token = next();
    if (!token) return std::unexpected(doubled(token.error()));
    if (*token == Token::end_array) break;
    if (op.empty() && *token == Token::number) {
      numbers = true;
      TM_CHECK(anything_but_number());
      continue;
    }
    strings = true;
    const auto text = anything_but_text(op, *token);
    if (!text) return std::unexpected(doubled(text.error()));
    auto done = anything_but_test(op, *text);
    if (!done && late.empty()) late = std::move(done).error();
  }
  if (!late.empty()) return reader_.fault(std::move(late));
  if (op.empty() && numbers == strings) {
    return reader_.fault(
        "Inside anything but list, either all values are number or string, mixed type is not "
        "supported");
  }
  if (!numbers && !strings) return reader_.fault("Empty arrays are not allowed");
  return {};
}

}  // namespace tidemill::pattern
