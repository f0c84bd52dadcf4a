// Patterns and events at random, asked of the library and of a second evaluator that does nothing
// clever: it copies, recurses and tries everything.
#include <gtest/gtest.h>

#include <map>
#include <optional>
#include <random>

#include "base/json.h"
#include "pattern/matcher.h"

namespace tidemill::pattern {
namespace {

using Random = std::mt19937;

std::size_t below(Random& random, std::size_t n) { return random() % n; }

template <std::size_t n>
std::string pick(Random& random, const std::array<const char*, n>& from) {
  return from[below(random, n)];
}

std::string list(std::size_t count, std::string_view around, auto make) {
  std::string out;
  for (std::size_t i = 0; i < count; ++i) out += (i == 0 ? "" : ",") + make(i);
  return fmt::format("{}{}{}", around[0], out, around[1]);
}

constexpr std::array names = {"a", "b", "c"};
constexpr std::array texts = {"", "a", "ab", "abc", "ba", "B", "AB", "10.0.0.1", "10.0.0.200"};
constexpr std::array scalars = {"0", "1", "2", "2.5", "-1", "true", "false", "null"};
constexpr std::array wildcards = {"*", "a*", "*b", "a*c", "*a*", "*a*b*", "ab", ""};

std::string text(Random& random) { return json::quote(pick(random, texts)); }

std::string scalar(Random& random) {
  return below(random, 2) == 0 ? text(random) : pick(random, scalars);
}

std::string object(Random& random, int depth);

std::string event_value(Random& random, int depth) {
  const auto kind = below(random, depth > 3 ? 2 : 5);
  if (kind < 2) return scalar(random);
  if (kind < 3) return object(random, depth + 1);
  return list(below(random, 4), "[]", [&](auto) { return event_value(random, depth + 1); });
}

std::string object(Random& random, int depth) {
  std::string out;
  for (const auto* name : names) {
    if (below(random, 3) == 0) continue;
    out += (out.empty() ? "" : ",") + json::quote(name) + ":" + event_value(random, depth);
  }
  return "{" + out + "}";
}

std::string numeric(Random& random) {
  switch (below(random, 4)) {
    case 0: return R"({"numeric":["=",2]})";
    case 1: return R"({"numeric":["<",2]})";
    case 2: return R"({"numeric":[">=",1]})";
    default: return R"({"numeric":[">",0,"<=",2.5]})";
  }
}

std::string anything_but(Random& random) {
  const auto some = 1 + below(random, 2);
  switch (below(random, 6)) {
    case 0: return text(random);
    case 1: return list(some, "[]", [&](auto) { return text(random); });
    case 2: return below(random, 2) == 0 ? "2" : "[1,2]";
    case 3: return fmt::format(R"({{"prefix":"{}"}})", below(random, 2) == 0 ? "a" : "ab");
    case 4: return R"({"suffix":["b","B"]})";
    default: return fmt::format(R"({{"wildcard":"{}"}})", pick(random, wildcards));
  }
}

std::string matcher(Random& random) {
  switch (below(random, 10)) {
    case 0: return fmt::format(R"({{"prefix":{}}})", text(random));
    case 1: return fmt::format(R"({{"suffix":{}}})", text(random));
    case 2: return fmt::format(R"({{"equals-ignore-case":{}}})", text(random));
    case 3: return fmt::format(R"({{"wildcard":"{}"}})", pick(random, wildcards));
    case 4: return fmt::format(R"({{"anything-but":{}}})", anything_but(random));
    case 5: return fmt::format(R"({{"exists":{}}})", below(random, 2) == 0);
    case 6: return numeric(random);
    case 7: return R"({"cidr":"10.0.0.0/25"})";
    case 8: return fmt::format(R"({{"prefix":{},"anything-but":{}}})", text(random), text(random));
    default: return scalar(random);
  }
}

std::string pattern_object(Random& random, int depth) {
  std::string out;
  const auto add = [&out](const std::string& member) { out += (out.empty() ? "" : ",") + member; };
  for (const auto* name : names) {
    if (below(random, 2) == 0) continue;
    const bool deeper = depth < 2 && below(random, 3) == 0;
    const auto leaf = [&](auto) { return matcher(random); };
    add(json::quote(name) + ":" +
        (deeper ? pattern_object(random, depth + 1) : list(1 + below(random, 2), "[]", leaf)));
  }
  if (depth < 2 && below(random, 6) == 0) {
    add("\"$or\":" + list(2, "[]", [&](auto) { return pattern_object(random, depth + 1); }));
  }
  return out.empty() ? R"({"a":["a"]})" : "{" + out + "}";
}

// The second evaluator.

/// Array and index of every element around a value.
using Elements = std::map<int, std::size_t>;
struct Found {
  json::value value;
  Elements elements;
};
using Fields = std::multimap<std::string, Found>;
using Clauses = std::map<std::string, json::array>;

void flatten(const json::value& v, const std::string& path, Elements elements, Fields& out) {
  static int arrays = 0;
  if (v.is_object()) {
    for (const auto& [name, inner] : v.get_object()) {
      flatten(inner, path.empty() ? std::string(name) : path + "." + std::string(name), elements,
              out);
    }
  } else if (v.is_array()) {
    const auto array = ++arrays;
    for (std::size_t i = 0; i < v.get_array().size(); ++i) {
      const auto& inner = v.get_array()[i];
      auto around = elements;
      if (inner.is_structured()) around[array] = i;
      flatten(inner, path, around, out);
    }
  } else {
    out.emplace(path, Found{v, elements});
  }
}

std::vector<Clauses> branches(const json::object& o, const std::string& path,
                              std::vector<Clauses> so_far) {
  for (const auto& [key, v] : o) {
    const auto inner = path.empty() ? std::string(key) : path + "." + std::string(key);
    if (key == "$or") {
      std::vector<Clauses> all;
      for (const auto& one : v.as_array()) {
        for (auto& clauses : branches(one.as_object(), path, so_far)) all.push_back(clauses);
      }
      so_far = all;
    } else if (v.is_object()) {
      so_far = branches(v.get_object(), inner, so_far);
    } else {
      for (auto& clauses : so_far) clauses[inner] = v.get_array();
    }
  }
  return so_far;
}

bool like(std::string_view wildcard, std::string_view value) {
  if (wildcard.empty()) return value.empty();
  if (wildcard[0] != '*') {
    return !value.empty() && value[0] == wildcard[0] && like(wildcard.substr(1), value.substr(1));
  }
  return like(wildcard.substr(1), value) || (!value.empty() && like(wildcard, value.substr(1)));
}

std::string lower(std::string_view s) {
  std::string out(s);
  for (auto& c : out) c = static_cast<char>(std::tolower(c));
  return out;
}

bool in_range(const json::array& range, double number) {
  for (std::size_t i = 0; i < range.size(); i += 2) {
    const auto op = json::view(range[i].as_string());
    const auto bound = range[i + 1].to_number<double>();
    const bool good = op == "="    ? number == bound
                      : op == "<"  ? number < bound
                      : op == "<=" ? number <= bound
                      : op == ">"  ? number > bound
                                   : number >= bound;
    if (!good) return false;
  }
  return true;
}

bool same(const json::value& a, const json::value& b) {
  if (a.is_number() && b.is_number()) return a.to_number<double>() == b.to_number<double>();
  return a.kind() == b.kind() && a == b;
}

bool asked(std::string_view op, const json::value& argument, const json::value& value);

bool any_asked(std::string_view op, const json::value& argument, const json::value& value) {
  if (!argument.is_array()) return asked(op, argument, value);
  for (const auto& one : argument.get_array()) {
    if (asked(op, one, value)) return true;
  }
  return false;
}

bool asked(std::string_view op, const json::value& argument, const json::value& value) {
  if (op == "exists") return argument.as_bool();
  if (op == "numeric") {
    return value.is_number() && in_range(argument.as_array(), value.to_number<double>());
  }
  if (op == "same") return same(argument, value);
  if (op == "anything-but") {
    if (!argument.is_object()) return !any_asked("same", argument, value);
    const auto& [inner, list] = *argument.get_object().begin();
    return !any_asked(inner, list, value);
  }
  if (!value.is_string()) return false;
  const auto wanted = json::view(argument.as_string());
  const auto text = json::view(value.get_string());
  if (op == "prefix") return text.starts_with(wanted);
  if (op == "suffix") return text.ends_with(wanted);
  if (op == "equals-ignore-case") return lower(text) == lower(wanted);
  if (op == "wildcard") return like(wanted, text);
  return op == "cidr" && text == "10.0.0.1";
}

bool takes(const json::array& matchers, const json::value& value) {
  for (const auto& one : matchers) {
    bool all = true;
    if (one.is_object()) {
      for (const auto& [op, argument] : one.get_object()) all = all && asked(op, argument, value);
    } else {
      all = same(one, value);
    }
    if (all) return true;
  }
  return false;
}

bool fits(const Elements& chosen, const Elements& more) {
  for (const auto& [array, index] : more) {
    const auto found = chosen.find(array);
    if (found != chosen.end() && found->second != index) return false;
  }
  return true;
}

bool try_all(Clauses::const_iterator clause, Clauses::const_iterator end, const Fields& fields,
             const Elements& chosen) {
  if (clause == end) return true;
  const auto next = std::next(clause);
  bool present = false;
  const auto [first, last] = fields.equal_range(clause->first);
  for (auto field = first; field != last; ++field) {
    if (!fits(chosen, field->second.elements)) continue;
    present = true;
    if (!takes(clause->second, field->second.value)) continue;
    auto merged = chosen;
    merged.insert(field->second.elements.begin(), field->second.elements.end());
    if (try_all(next, end, fields, merged)) return true;
  }
  if (present) return false;
  for (const auto& one : clause->second) {
    const bool absent = one.is_object() && one.get_object().contains("exists") &&
                        !one.get_object().at("exists").as_bool();
    if (absent) return try_all(next, end, fields, chosen);
  }
  return false;
}

bool evaluate(std::string_view pattern, std::string_view event) {
  Fields fields;
  flatten(json::parse(event).value(), "", {}, fields);
  for (const auto& clauses : branches(json::parse_object(pattern).value(), "", {Clauses{}})) {
    if (try_all(clauses.begin(), clauses.end(), fields, {})) return true;
  }
  return false;
}

TEST(PatternProperty, AgreesWithAPlainEvaluator) {
  const auto seed = std::random_device()();
  std::cout << "seed " << seed << '\n';
  Random random(seed);
  std::size_t matched = 0;
  for (int round = 0; round < 150; ++round) {
    Matcher matcher;
    std::vector<std::string> rules;
    for (std::uint64_t i = 0; i < 6; ++i) {
      rules.push_back(pattern_object(random, 0));
      auto pattern = Pattern::compile(rules.back());
      ASSERT_TRUE(pattern) << rules.back() << ": " << pattern.error().message;
      matcher.add(RuleId(i), *std::move(pattern));
    }
    for (int i = 0; i < 6; ++i) {
      const auto text = object(random, 0);
      const auto event = Event::parse(text).value();
      const auto found = matcher.match(event);
      for (std::uint64_t rule = 0; rule < rules.size(); ++rule) {
        SCOPED_TRACE(fmt::format("seed {}: {} on {}", seed, rules[rule], text));
        const bool expected = evaluate(rules[rule], text);
        const auto pattern = Pattern::compile(rules[rule]).value();
        const auto why = pattern.explain(event);
        ASSERT_EQ(pattern.matches(event), expected);
        ASSERT_EQ(std::ranges::find(found, RuleId(rule)) != found.end(), expected);
        ASSERT_EQ(why.matched, expected);
        ASSERT_EQ(why.distance == 0, expected);
        ASSERT_EQ(why.text.empty(), expected);
        matched += expected ? 1 : 0;
      }
    }
  }
  EXPECT_GT(matched, 100U) << "the patterns at random should match now and then";
}

}  // namespace
}  // namespace tidemill::pattern
