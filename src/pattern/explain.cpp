// Why a pattern doesn't match, in words.
#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <span>
#include <vector>

#include "base/json.h"
#include "pattern/search.h"
#include "pattern/source_text.h"
#include "pattern/wildcard.h"

namespace tidemill::pattern {
namespace {

std::string quote(std::string_view text) { return printable(json::quote(text)); }

std::string say_range(const Test& t) {
  std::string out = "a number";
  const auto& b = t.bounds;
  if (b.has_bottom) out += fmt::format(" {} {}", b.bottom_open ? ">" : ">=", t.text);
  if (b.has_bottom && b.has_top) out += " and";
  if (b.has_top) out += fmt::format(" {} {}", b.top_open ? "<" : "<=", t.top_text);
  return out;
}

std::string say(const Test& t) {
  switch (t.ask) {
    case Ask::text:
    case Ask::address: return quote(t.text);
    case Ask::number:
    case Ask::number_text:
    case Ask::word: return std::string(t.text);
    case Ask::prefix: return "prefix " + quote(t.text);
    case Ask::suffix: return "suffix " + quote(t.text);
    case Ask::ignore_case: return quote(t.text) + " in any case";
    case Ask::ignore_case_prefix: return fmt::format("prefix {} in any case", quote(t.text));
    case Ask::ignore_case_suffix: return fmt::format("suffix {} in any case", quote(t.text));
    case Ask::wildcard: return "wildcard " + quote(wildcard_text(t.text));
    case Ask::range: return say_range(t);
    case Ask::network: return fmt::format("an address in {}", t.text);
    case Ask::anything: break;
  }
  return "any value";
}

/// `words` with `between` them; an ellipsis for all above a few.
std::string join(const std::vector<std::string>& words, std::string_view between) {
  constexpr std::size_t shown_max = 5;
  const auto shown = std::min(words.size(), shown_max);
  auto out = fmt::format("{}", fmt::join(words.begin(), words.begin() + shown, between));
  if (shown < words.size()) out += fmt::format(" or {} more", words.size() - shown);
  return out;
}

/// `value` as JSON.
std::string show(const Value& value) {
  return value.kind == Kind::string ? quote(value.text) : std::string(value.text);
}

/// What the event has at the clause's path: "(absent)", a value or an array of values.
std::string show_all(std::span<const Value> values) {
  constexpr std::size_t shown_max = 10;
  if (values.empty()) return "(absent)";
  if (values.size() == 1) return show(values[0]);
  std::vector<std::string> words;
  for (const auto& value : values.first(std::min(values.size(), shown_max))) {
    words.push_back(show(value));
  }
  if (values.size() > shown_max) words.emplace_back("...");
  return fmt::format("[{}]", fmt::join(words, ","));
}

/// At most `bytes` from the front or the end of `text`, whole characters.
std::string_view part(std::string_view text, std::size_t bytes, bool front) {
  if (text.size() <= bytes) return text;
  const auto inside = [](char c) { return (static_cast<unsigned char>(c) & 0xc0) == 0x80; };
  if (front) {
    while (bytes > 0 && inside(text[bytes])) --bytes;
    return text.substr(0, bytes);
  }
  auto start = text.size() - bytes;
  while (start < text.size() && inside(text[start])) ++start;
  return text.substr(start);
}

/// Where the clause asks for a prefix, a suffix or both, and for nothing else: how `text` begins or
/// ends instead. Else empty.
std::string wrong_end(const Clause& clause, std::string_view text) {
  std::string out;
  for (ProgramReader reader(clause.program); !reader.done();) {
    const auto test = reader.next();
    const bool affix = test.ask == Ask::prefix || test.ask == Ask::suffix;
    if (clause.absent || !affix || test.negated || (test.ends_alternative && !reader.done())) {
      return {};
    }
    const bool front = test.ask == Ask::prefix;
    if (!out.empty() || (front ? text.starts_with(test.text) : text.ends_with(test.text))) continue;
    out = fmt::format("{} {}", front ? "starts with" : "ends in",
                      quote(part(text, test.text.size(), front)));
  }
  return out;
}

std::string tell(const Clause& clause, std::span<const Value> values) {
  const auto leaf = clause.leaf();
  const auto expected = fmt::format("{}: expected {}, ", clause.path, describe(clause));
  if (values.empty()) return expected + "but it is absent";
  if (values.size() > 1) return expected + fmt::format("the event has {}", show_all(values));
  if (values[0].kind == Kind::string) {
    if (const auto wrong = wrong_end(clause, values[0].text); !wrong.empty()) {
      return fmt::format("{}the {} {}", expected, leaf, wrong);
    }
  }
  return fmt::format("{}the {} is {}", expected, leaf, show(values[0]));
}

/// The clauses of `branch` that hold nowhere in the event, in the pattern's order.
std::vector<const Clause*> failures(const PatternData& pattern, const Branch& branch,
                                    const EventData& event) {
  std::vector<const Clause*> out;
  for (const auto index : branch) {
    const auto& clause = pattern.clauses[index];
    if (!clause_holds(clause, event)) out.push_back(&clause);
  }
  std::ranges::sort(out, {}, [](const Clause* clause) { return clause->number; });
  return out;
}

/// Every clause holds somewhere, but not together: names the first with values in array elements.
Explanation scattered(const PatternData& pattern, const Branch& branch, const EventData& event) {
  std::vector<std::uint32_t> in_order = branch;
  std::ranges::sort(in_order);
  const auto in_array = [&](std::uint32_t index) {
    const auto values = event.at(pattern.clauses[index].path);
    return !values.empty() && values.back().element != 0;
  };
  const auto found = std::ranges::find_if(in_order, in_array);
  const auto& clause = pattern.clauses[found == in_order.end() ? in_order.front() : *found];
  Explanation out{.distance = 1,
                  .held = branch.size() - 1,
                  .path = printable(clause.path),
                  .expected = clause.json};
  out.actual = show_all(event.at(clause.path));
  out.text = fmt::format(
      "{}: expected {}, but no one element of the event's arrays has all that the pattern asks",
      out.path, describe(clause));
  return out;
}

}  // namespace

std::string describe(const Clause& clause) {
  std::vector<std::string> words, all, tests;
  bool plain = true;
  for (ProgramReader reader(clause.program); !reader.done();) {
    const auto test = reader.next();
    tests.push_back(say(test));
    if (!test.ends_condition) continue;
    all.push_back((test.negated ? "anything but " : "") + join(tests, ", "));
    plain = plain && !test.negated;
    tests.clear();
    if (!test.ends_alternative) continue;
    plain = plain && all.size() == 1;
    words.push_back(join(all, " and "));
    all.clear();
  }
  if (clause.absent) words.emplace_back("nothing there");
  if (words.size() == 1) return words[0];
  return plain && !clause.absent ? "one of " + join(words, ", ") : join(words, ", or ");
}

Explanation Pattern::explain(const Event& event) const {
  const Branch* closest = nullptr;
  std::vector<const Clause*> failed;
  for (const auto& branch : data_->branches) {
    if (branch_holds(*data_, branch, event.data())) return {.matched = true};
    auto failing = failures(*data_, branch, event.data());
    if (closest == nullptr || failing.size() < failed.size()) {
      closest = &branch;
      failed = std::move(failing);
    }
  }
  if (failed.empty()) return scattered(*data_, *closest, event.data());
  const auto& first = *failed.front();
  const auto values = event.data().at(first.path);
  return {.distance = failed.size(),
          .held = closest->size() - failed.size(),
          .path = printable(first.path),
          .expected = first.json,
          .actual = show_all(values),
          .text = printable(tell(first, values))};
}

}  // namespace tidemill::pattern
