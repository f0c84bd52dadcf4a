#include <charconv>

#include <fmt/format.h>

#include "base/json.h"
#include "logs/filter_forms.h"

namespace tidemill::logs {

Result<Comparison> read_comparison(Scanner& scanner) {
  const auto compare = scanner.compare();
  if (!compare) return invalid_pattern("an operator is missing: =, !=, <, >, <= or >=");
  TM_TRY(auto operand, scanner.operand());
  const bool ordered = *compare != Compare::equal && *compare != Compare::not_equal;
  if (ordered && !operand.number()) return invalid_pattern("<, >, <= and >= compare with a number");
  return Comparison{*compare, std::move(operand)};
}

Result<std::vector<JsonFilter::Step>> JsonFilter::read_selector(Scanner& scanner) {
  if (!scanner.accept("$")) return invalid_pattern("a selector begins with $.");
  std::vector<Step> steps;
  while (scanner.peek() == '.' || (scanner.peek() == '[' && !steps.empty())) {
    if (scanner.accept(".")) {
      const auto name = scanner.name();
      if (name.empty()) return invalid_pattern("a property's name is missing in a selector");
      steps.emplace_back(std::string(name));
      continue;
    }
    scanner.accept("[");
    const auto digits = scanner.name();
    std::size_t index = 0;
    const auto* end = digits.data() + digits.size();
    const auto [stop, code] = std::from_chars(digits.data(), end, index);
    if (code != std::errc() || stop != end || scanner.peek() != ']') {
      return invalid_pattern("an element of an array is written [NUMBER]");
    }
    scanner.accept("]");
    steps.emplace_back(index);
  }
  if (steps.empty()) return invalid_pattern("a selector names a property, as in $.name");
  return steps;
}

Result<JsonFilter::Test> JsonFilter::read_test(Scanner& scanner) {
  Test test;
  const auto before = scanner.rest();
  TM_TRY(test.selector, read_selector(scanner));
  test.text = before.substr(0, before.size() - scanner.rest().size());
  if (scanner.accept_keyword("NOT")) {
    if (!scanner.accept_keyword("EXISTS")) return invalid_pattern("EXISTS is missing after NOT");
    test.kind = Kind::not_exists;
  } else if (scanner.accept_keyword("IS")) {
    if (scanner.accept_keyword("NULL")) {
      test.kind = Kind::is_null;
    } else if (scanner.accept_keyword("TRUE")) {
      test.kind = Kind::is_true;
    } else if (scanner.accept_keyword("FALSE")) {
      test.kind = Kind::is_false;
    } else {
      return invalid_pattern("IS is followed by NULL, TRUE or FALSE");
    }
  } else {
    TM_TRY(test.comparison, read_comparison(scanner));
  }
  return test;
}

Result<JsonFilter> JsonFilter::read(std::string_view text) {
  Scanner scanner(text);
  ExpressionReader<Test, Result<Test> (*)(Scanner&)> reader(scanner, &read_test);
  JsonFilter filter;
  TM_TRY(filter.expression_, reader.read());
  if (!scanner.done()) return invalid_pattern("conditions are joined by && or ||");
  return filter;
}

struct JsonFilter::Evaluation {
  const json::value& message;

  const json::value* find(const std::vector<Step>& selector) const {
    const auto* value = &message;
    for (const auto& step : selector) {
      if (const auto* name = std::get_if<std::string>(&step)) {
        const auto* object = value->if_object();
        value = object == nullptr ? nullptr : object->if_contains(*name);
      } else {
        const auto index = std::get<std::size_t>(step);
        const auto* array = value->if_array();
        value = array == nullptr || index >= array->size() ? nullptr : &(*array)[index];
      }
      if (value == nullptr) return nullptr;
    }
    return value;
  }

  static bool compare(const Comparison& comparison, const json::value& value) {
    if (const auto* text = value.if_string()) {
      const bool ordered =
          comparison.compare != Compare::equal && comparison.compare != Compare::not_equal;
      return !ordered && comparison.holds(json::view(*text));
    }
    if (const auto* whole = value.if_int64()) {
      const Number number{static_cast<long double>(*whole), static_cast<double>(*whole)};
      return comparison.holds(number, true, fmt::to_string(*whole));
    }
    if (const auto* whole = value.if_uint64()) {
      const Number number{static_cast<long double>(*whole), static_cast<double>(*whole)};
      return comparison.holds(number, true, fmt::to_string(*whole));
    }
    if (const auto* real = value.if_double()) {
      const Number number{static_cast<long double>(*real), *real};
      return comparison.holds(number, false, fmt::to_string(*real));
    }
    if (const auto* truth = value.if_bool()) return comparison.holds(*truth ? "true" : "false");
    // Neither = nor != holds for null, an array or an object.
    return false;
  }

  bool operator()(const Test& test) const {
    const auto* value = find(test.selector);
    if (test.kind == Kind::not_exists) return value == nullptr;
    if (value == nullptr) return false;
    const auto* truth = value->if_bool();
    switch (test.kind) {
      case Kind::is_null: return value->is_null();
      case Kind::is_true: return truth != nullptr && *truth;
      case Kind::is_false: return truth != nullptr && !*truth;
      default: return compare(test.comparison, *value);
    }
  }
};

namespace {

/// nullopt if the message is no JSON object.
std::optional<json::value> parse_object(std::string_view message) {
  const auto start = message.find_first_not_of(" \t\r\n");
  if (start == message.npos || message[start] != '{') return std::nullopt;
  auto parsed = json::parse(message);
  if (!parsed) return std::nullopt;
  return *std::move(parsed);
}

}  // namespace

bool JsonFilter::matches(std::string_view message) const {
  const auto parsed = parse_object(message);
  return parsed && expression_.holds(Evaluation{*parsed});
}

bool JsonFilter::is_selector(std::string_view text) {
  Scanner scanner(text);
  return read_selector(scanner) && scanner.rest().empty();
}

FieldValues JsonFilter::values(std::string_view message,
                               const std::vector<std::string>& selectors) {
  FieldValues values;
  const auto parsed = parse_object(message);
  if (!parsed) return values;
  for (const auto& text : selectors) {
    Scanner scanner(text);
    const auto selector = read_selector(scanner);
    const auto* value = selector ? Evaluation{*parsed}.find(*selector) : nullptr;
    if (value == nullptr || value->is_null()) continue;
    const auto* said = value->if_string();
    values[text] = said != nullptr ? std::string(json::view(*said)) : json::dump(*value);
  }
  return values;
}

FieldValues JsonFilter::values(std::string_view message) const {
  std::vector<std::string> selectors;
  expression_.each([&](const Test& test) { selectors.push_back(test.text); });
  return values(message, selectors);
}

}  // namespace tidemill::logs
