// Patterns and events at random, asked of the library and of a second evaluator that does nothing
// clever: it copies, recurses and tries everything. What differs is made smaller before it is
// shown. TIDEMILL_PATTERN_PAIRS says how many pairs of a pattern and an event there shall be,
// TIDEMILL_PATTERN_SEED repeats a run.
#include <gtest/gtest.h>

#include <cstdlib>
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
constexpr std::array scalars = {"0",    "1",   "2",        "2.5",   "-1",
                                "true", "0.1", "16777217", "false", "null"};
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
  // 0.1 and 16777217 are no floats.
  switch (below(random, 7)) {
    case 0: return R"({"numeric":["=",2]})";
    case 1: return R"({"numeric":["<",2]})";
    case 2: return R"({"numeric":[">=",1]})";
    case 3: return R"({"numeric":["=",16777217]})";
    case 4: return R"({"numeric":[">=",0.1,"<",16777217]})";
    case 5: return R"({"numeric":[">",0.1,"<=",16777217]})";
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

/// What the library says of the pair where it differs from the plain evaluator; else nothing.
std::optional<std::string> difference(const std::string& rule, const std::string& text) {
  const auto pattern = Pattern::compile(rule);
  if (!pattern) return "refused: " + pattern.error().message;
  const auto event = Event::parse(text);
  if (!event) return "the event is refused: " + event.error().message;
  const bool expected = evaluate(rule, text);
  const auto why = pattern->explain(*event);
  Matcher matcher;
  matcher.add(RuleId(1), *pattern);
  std::vector<RuleId> plain;
  matcher.match(text, Names::plain, plain);
  if (pattern->matches(*event) != expected) return "matches";
  if (why.matched != expected || (why.distance == 0) != expected || why.text.empty() != expected) {
    return "explain";
  }
  if (matcher.match(*event).empty() == expected) return "matcher";
  // No name of theirs has a dot or stands twice.
  if (plain.empty() == expected) return "matcher that stops early";
  return std::nullopt;
}

/// All that `v` becomes when one part of it is left out, except parts that may not be empty.
std::vector<json::value> smaller(const json::value& v) {
  std::vector<json::value> out;
  const auto inside = [&out](const json::value& whole, auto replace, const json::value& part) {
    for (auto& less : smaller(part)) {
      auto copy = whole;
      replace(copy) = std::move(less);
      out.push_back(std::move(copy));
    }
  };
  if (v.is_object()) {
    for (const auto& [name, part] : v.get_object()) {
      auto without = v;
      without.get_object().erase(name);
      if (!without.get_object().empty()) out.push_back(without);
      inside(
          v, [key = name](json::value& copy) -> json::value& { return copy.as_object()[key]; },
          part);
    }
  } else if (v.is_array()) {
    for (std::size_t i = 0; i < v.get_array().size(); ++i) {
      auto without = v;
      without.get_array().erase(without.get_array().begin() + std::ptrdiff_t(i));
      if (!without.get_array().empty()) out.push_back(without);
      inside(
          v, [i](json::value& copy) -> json::value& { return copy.as_array()[i]; },
          v.get_array()[i]);
    }
  }
  return out;
}

/// The smallest pair found that differs as this one does.
std::string shrunk(std::string rule, std::string text) {
  const auto why = difference(rule, text);
  for (bool went_on = true; went_on;) {
    went_on = false;
    for (const bool of_rule : {true, false}) {
      for (const auto& less : smaller(json::parse(of_rule ? rule : text).value())) {
        const auto candidate = json::dump(less);
        const auto found = of_rule ? difference(candidate, text) : difference(rule, candidate);
        if (found != why) continue;
        (of_rule ? rule : text) = candidate;
        went_on = true;
        break;
      }
    }
  }
  return fmt::format("{}: {} on {}", why.value_or("nothing"), rule, text);
}

std::size_t from_environment(const char* name, std::size_t otherwise) {
  const char* text = std::getenv(name);
  return text == nullptr ? otherwise : std::strtoull(text, nullptr, 10);
}

std::size_t seed() {
  static const auto chosen = from_environment("TIDEMILL_PATTERN_SEED", std::random_device()());
  return chosen;
}

TEST(PatternProperty, AgreesWithAPlainEvaluator) {
  std::cout << "seed " << seed() << '\n';
  Random random(static_cast<Random::result_type>(seed()));
  const auto pairs = from_environment("TIDEMILL_PATTERN_PAIRS", 4000);
  std::size_t matched = 0;
  for (std::size_t i = 0; i < pairs; ++i) {
    const auto rule = pattern_object(random, 0);
    const auto text = object(random, 0);
    if (difference(rule, text)) FAIL() << "seed " << seed() << ": " << shrunk(rule, text);
    matched += evaluate(rule, text) ? 1 : 0;
  }
  EXPECT_GT(matched, pairs / 100) << "the patterns at random should match now and then";
}

/// Rules by id, as a matcher should have them.
using Rules = std::map<RuleId, std::string>;

std::vector<RuleId> expected(const Rules& rules, const std::string& text) {
  std::vector<RuleId> out;
  for (const auto& [id, rule] : rules) {
    if (evaluate(rule, text)) out.push_back(id);
  }
  return out;
}

std::string show(const Rules& rules) {
  std::string out;
  for (const auto& [id, rule] : rules) out += fmt::format("\n{}: {}", std::uint64_t(id), rule);
  return out;
}

TEST(PatternProperty, RulesTogetherAreAsEachAlone) {
  Random random(static_cast<Random::result_type>(seed() + 1));
  const auto rounds = from_environment("TIDEMILL_PATTERN_PAIRS", 4000) / 1000;
  for (std::size_t round = 0; round < rounds; ++round) {
    Matcher matcher;
    Rules rules;
    std::vector<std::pair<Snapshot, Rules>> kept;
    const std::size_t changes = 60, ids = 1 + below(random, 40);
    for (std::size_t change = 0; change < changes; ++change) {
      const auto id = RuleId(below(random, ids));
      if (below(random, 3) == 0) {
        ASSERT_EQ(matcher.remove(id), rules.erase(id) == 1);
      } else {
        rules[id] = pattern_object(random, 0);
        matcher.add(id, Pattern::compile(rules[id]).value());
      }
      ASSERT_EQ(matcher.size(), rules.size());
      if (below(random, 8) == 0) kept.emplace_back(matcher.snapshot(), rules);
      const auto text = object(random, 0);
      const auto event = Event::parse(text).value();
      ASSERT_EQ(matcher.match(event), expected(rules, text))
          << "seed " << seed() << ": " << text << show(rules);
      if (kept.empty()) continue;
      const auto& [snapshot, then] = kept[below(random, kept.size())];
      ASSERT_EQ(snapshot.match(event), expected(then, text))
          << "seed " << seed() << ", an old snapshot: " << text << show(then);
    }
    for (const auto& [id, rule] : rules) ASSERT_TRUE(matcher.remove(id));
    ASSERT_EQ(matcher.candidates(Event::parse(object(random, 0)).value()), 0U);
  }
}

}  // namespace
}  // namespace tidemill::pattern
