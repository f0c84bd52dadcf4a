// Match expressions. The order of reading and checking is AWS's: it decides the place of an error.
#include <fmt/format.h>

#include <set>

#include "pattern/compile.h"
#include "pattern/number.h"

namespace tidemill::pattern {
namespace {

constexpr std::string_view one_key = "Only one key allowed in match expression";
constexpr std::string_view too_many = "Too many elements in numeric expression";

Condition only(Test test) {
  Condition out;
  out.any.push_back(std::move(test));
  return out;
}

Test ignoring_case(std::string_view text, IgnoreCase::Where where) {
  return IgnoreCase{std::string(text), where, Folded(text)};
}

/// The test that `op` of anything-but makes of a string; fails with AWS's words.
std::expected<Test, std::string> anything_but_test(const std::string& op, const std::string& text) {
  if (op == "equals-ignore-case") return ignoring_case(text, IgnoreCase::Where::whole);
  if (op == "prefix") return Prefix{text};
  if (op == "suffix") return Suffix{text};
  if (op.empty()) return Text{text};
  TM_TRY(auto wildcard, Wildcard::parse(text));
  return Like{text, std::move(wildcard)};
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

Read<Alternative> ExpressionReader::plain(Token token) {
  Test test = Exists{};
  switch (token) {
    case Token::string: {
      TM_TRY(const auto text, reader_.text());
      if (const auto address = parse_address(text)) {
        test = SameAddress{std::string(text), *address};
      } else {
        test = Text{std::string(text)};
      }
      break;
    }
    case Token::number: {
      TM_TRY(const auto text, reader_.text());
      test = Number{std::string(text), comparable_number(text)};
      break;
    }
    case Token::true_value: test = Word{Kind::true_value}; break;
    case Token::false_value: test = Word{Kind::false_value}; break;
    case Token::null_value: test = Word{Kind::null_value}; break;
    default: return reader_.fault("Match value must be String, number, true, false, or null");
  }
  Alternative out;
  out.all.push_back(only(std::move(test)));
  return out;
}

Read<Alternative> ExpressionReader::read() {
  TM_TRY(auto token, next());
  if (token != Token::name) return reader_.fault("Match expression name not found");
  Alternative out;
  std::set<std::string> names;
  while (token == Token::name) {
    const std::string name(reader_.name());
    if (!names.insert(name).second) return reader_.fault(std::string(one_key));
    TM_TRY(auto condition, matcher(name));
    out.all.push_back(std::move(condition));
    TM_TRY(token, next());
    if (token != Token::end_object && options_.strict_aws) {
      const bool wordy = name == "numeric" || name == "anything-but";
      return reader_.fault(std::string(wordy ? too_many : one_key));
    }
  }
  if (names.size() > 1 && names.contains("exists")) return reader_.fault(std::string(one_key));
  return out;
}

Read<Condition> ExpressionReader::matcher(const std::string& name) {
  if (name == "exactly") return exactly();
  if (name == "prefix") return affix(true);
  if (name == "suffix") return affix(false);
  if (name == "numeric") return numeric();
  if (name == "anything-but") return anything_but();
  if (name == "exists") return exists();
  if (name == "cidr") return cidr();
  if (name == "equals-ignore-case") return ignore_case();
  if (name == "wildcard") return wildcard();
  return reader_.fault("Unrecognized match type " + name);
}

Read<Condition> ExpressionReader::exactly() {
  TM_TRY(const auto token, next());
  TM_TRY(auto text, string_or(token, "exact match pattern must be a string"));
  return only(Text{std::move(text)});
}

Read<Condition> ExpressionReader::affix(bool prefix) {
  TM_TRY(auto token, next());
  const auto* kind = prefix ? "prefix" : "suffix";
  if (token != Token::begin_object) {
    TM_TRY(auto text, string_or(token, fmt::format("{} match pattern must be a string", kind)));
    if (prefix) return only(Prefix{std::move(text)});
    return only(Suffix{std::move(text)});
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
  return only(ignoring_case(text, prefix ? IgnoreCase::Where::prefix : IgnoreCase::Where::suffix));
}

Read<Condition> ExpressionReader::ignore_case() {
  TM_TRY(const auto token, next());
  TM_TRY(const auto text, string_or(token, "equals-ignore-case match pattern must be a string"));
  return only(ignoring_case(text, IgnoreCase::Where::whole));
}

Read<Condition> ExpressionReader::wildcard() {
  TM_TRY(const auto token, next());
  TM_TRY(auto text, string_or(token, "wildcard match pattern must be a string"));
  auto parsed = Wildcard::parse(text);
  if (!parsed) return reader_.fault(std::move(parsed).error());
  return only(Like{std::move(text), *std::move(parsed)});
}

Read<Condition> ExpressionReader::cidr() {
  TM_TRY(const auto token, next());
  TM_TRY(auto text, string_or(token, "prefix match pattern must be a string"));
  auto network = parse_network(text);
  if (!network) {
    return std::unexpected(
        Fault{.message = std::move(network).error(), .offset = reader_.offset(), .placed = false});
  }
  return only(InNetwork{std::move(text), *network});
}

Read<Condition> ExpressionReader::exists() {
  TM_TRY(const auto token, next());
  if (token == Token::true_value) return only(Exists{});
  if (token != Token::false_value) {
    return reader_.fault("exists match pattern must be either true or false.");
  }
  return Condition{};  // No test holds for any value; the caller marks the clause as absent.
}

Read<Condition> ExpressionReader::numeric() {
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
  if (op == "=") return only(Number{first, value});
  Range range;
  (op[0] == '>' ? range.bottom : range.top) = Range::Bound{value, op.size() == 1, first};
  return only(std::move(range));
}

Read<Condition> ExpressionReader::numeric_range(const std::string& op, const std::string& first) {
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
  Range range{.bottom = Range::Bound{bottom, op == ">", first},
              .top = Range::Bound{top, second_op == "<", second}};
  return only(std::move(range));
}

Read<Condition> ExpressionReader::anything_but() {
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
  Condition out;
  if (token == Token::begin_array) {
    TM_TRY(out, anything_but_list(op));
  } else if (token == Token::string || token == Token::number) {
    TM_TRY(auto test, anything_but_one(op, token));
    out.any.push_back(std::move(test));
  } else {
    return reader_.fault("Value of anything-but must be an array or single string/number value.");
  }
  out.negated = true;
  if (!op.empty()) {
    TM_TRY(token, next());
    if (token != Token::end_object) return reader_.fault(std::string(too_many));
  }
  return out;
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

Read<Test> ExpressionReader::anything_but_one(const std::string& op, Token token) {
  if (op.empty() && token == Token::number) {
    TM_TRY(const auto number, reader_.text());
    const std::string text(number);
    auto value = to_number(text);
    // Outside a list AWS doesn't say where the number is.
    if (!value) value.error().placed = false;
    TM_TRY(const auto good, std::move(value));
    return Number{text, good};
  }
  TM_TRY(const auto text, anything_but_text(op, token));
  auto test = anything_but_test(op, text);
  if (!test) return reader_.fault(std::move(test).error());
  return *std::move(test);
}

Read<Condition> ExpressionReader::anything_but_list(const std::string& op) {
  Condition out;
  bool numbers = false;
  bool strings = false;
  std::string late;  // What is wrong with a wildcard shows only once the list is read.
  for (;;) {
    const auto token = next();
    if (!token) return std::unexpected(doubled(token.error()));
    if (*token == Token::end_array) break;
    if (op.empty() && *token == Token::number) {
      numbers = true;
      TM_TRY(const auto number, reader_.text());
      const std::string text(number);
      TM_TRY(const auto value, to_number(text));
      out.any.push_back(Number{text, value});
      continue;
    }
    strings = true;
    const auto text = anything_but_text(op, *token);
    if (!text) return std::unexpected(doubled(text.error()));
    auto test = anything_but_test(op, *text);
    if (test) {
      out.any.push_back(*std::move(test));
    } else if (late.empty()) {
      late = std::move(test).error();
    }
  }
  if (!late.empty()) return reader_.fault(std::move(late));
  if (op.empty() && numbers == strings) {
    return reader_.fault(
        "Inside anything but list, either all values are number or string, mixed type is not "
        "supported");
  }
  if (out.any.empty()) return reader_.fault("Empty arrays are not allowed");
  return out;
}

}  // namespace tidemill::pattern
