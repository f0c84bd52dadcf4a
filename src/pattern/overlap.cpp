#include "pattern/overlap.h"

#include <fmt/format.h>

#include <map>
#include <set>
#include <span>
#include <vector>

#include "base/json.h"
#include "pattern/asked.h"

namespace tidemill::pattern {
namespace {

/// Pairs of branches that are looked at, of patterns with $or; alternatives that are put together
/// at one path.
constexpr std::size_t branch_pairs_max = 2'000;
constexpr std::size_t alternative_pairs_max = 4'000;

using Steps = std::vector<std::string>;

/// What one or two branches ask, by path.
struct Asked {
  const Clause* one = nullptr;
  const Clause* other = nullptr;
};
using Paths = std::map<Steps, Asked>;

/// What is to be at one path of the event; nothing there where the value is empty.
struct Answer {
  Verdict verdict = Verdict::impossible;
  std::string json;
};

std::string say(const Asked& asked) {
  if (asked.other == nullptr) return describe(*asked.one);
  if (asked.one == nullptr) return describe(*asked.other);
  return fmt::format("{} and {}", describe(*asked.one), describe(*asked.other));
}

/// Tries a pair of alternatives; an answer of impossible goes on to the next.
Answer try_pair(std::vector<const AskedAlternative*> pair) {
  auto found = find_value(pair);
  return {found.verdict, std::move(found.json)};
}

Answer answer_one(const Clause& clause) {
  Answer out;
  for (const auto& alternative : alternatives_of(clause)) {
    auto found = try_pair({&alternative});
    if (found.verdict == Verdict::possible) return found;
    if (found.verdict == Verdict::unknown) out.verdict = Verdict::unknown;
  }
  if (clause.absent) return {Verdict::possible, {}};
  return out;
}

Answer answer(const Asked& asked) {
  if (asked.other == nullptr) return answer_one(*asked.one);
  if (asked.one == nullptr) return answer_one(*asked.other);
  Answer out;
  std::size_t pairs = 0;
  const auto theirs = alternatives_of(*asked.other);
  for (const auto& a : alternatives_of(*asked.one)) {
    for (const auto& b : theirs) {
      if (++pairs > alternative_pairs_max) return {Verdict::unknown, {}};
      auto found = try_pair({&a, &b});
      if (found.verdict == Verdict::possible) return found;
      if (found.verdict == Verdict::unknown) out.verdict = Verdict::unknown;
    }
  }
  if (asked.one->absent && asked.other->absent) return {Verdict::possible, {}};
  return out;
}

/// Both clauses want one of a few exact texts, and share none: the usual case, told at once.
bool plainly_apart(const Asked& asked) {
  if (asked.one == nullptr || asked.other == nullptr) return false;
  const auto ours = exact_texts(*asked.one);
  const auto theirs = exact_texts(*asked.other);
  if (ours.empty() || theirs.empty()) return false;
  const std::set<std::string_view> known(ours.begin(), ours.end());
  return std::ranges::none_of(theirs, [&](auto text) { return known.contains(text); });
}

void put(json::object& event, std::span<const std::string> steps, const json::value& leaf);

/// `held` and `added` at one place: both, as an array has them.
void put_beside(json::value& held, std::span<const std::string> rest, const json::value& leaf) {
  if (held.is_object() && !rest.empty()) return put(held.get_object(), rest, leaf);
  json::value more = leaf;
  if (!rest.empty()) put(more.emplace_object(), rest, leaf);
  if (held.is_array() && held.get_array().empty()) {
    held = std::move(more);
    return;
  }
  json::array both;
  both.push_back(std::move(held));
  both.push_back(std::move(more));
  held = std::move(both);
}

/// Recursion is as deep as a pattern's path, at most 1,000 steps.
void put(json::object& event, std::span<const std::string> steps, const json::value& leaf) {
  const auto found = event.find(steps.front());
  const auto rest = steps.subspan(1);
  if (found != event.end()) return put_beside(found->value(), rest, leaf);
  auto& made = event[steps.front()];
  if (rest.empty()) {
    made = leaf;
  } else {
    put(made.emplace_object(), rest, leaf);
  }
}

/// What an event has where the patterns don't say.
json::object envelope(const Paths& paths) {
  const std::pair<std::string, json::value> usual[] = {
      {"version", "0"},
      {"id", "00000000-0000-4000-8000-000000000000"},
      {"detail-type", "Example"},
      {"source", "example"},
      {"account", "000000000000"},
      {"time", "2024-01-15T09:30:15Z"},
      {"region", "us-east-1"},
      {"resources", json::array()},
      {"detail", json::object()}};
  json::object event;
  for (const auto& [name, value] : usual) {
    const bool asked = std::ranges::any_of(paths, [&name](const auto& entry) {
      return entry.first.front() == name && (name != "detail" || entry.first.size() == 1);
    });
    if (!asked) event[name] = value;
  }
  return event;
}

struct Attempt {
  Verdict verdict = Verdict::impossible;
  std::string event, path, asked;
  std::size_t solved = 0;  ///< Paths before the one that failed.
};

Attempt attempt(const Paths& paths) {
  Attempt out;
  for (const auto& [steps, asked] : paths) {
    if (!plainly_apart(asked)) continue;
    return {.path = fmt::format("{}", fmt::join(steps, ".")), .asked = say(asked)};
  }
  auto event = envelope(paths);
  for (const auto& [steps, asked] : paths) {
    const auto found = answer(asked);
    if (found.verdict != Verdict::possible) {
      out.verdict = found.verdict;
      out.path = fmt::format("{}", fmt::join(steps, "."));
      out.asked = say(asked);
      return out;
    }
    ++out.solved;
    if (found.json.empty()) continue;
    const auto leaf = json::parse(found.json);
    if (!leaf) return {.verdict = Verdict::unknown};
    put(event, steps, *leaf);
  }
  return {.verdict = Verdict::possible, .event = json::dump(event)};
}

void collect(Paths& paths, const PatternData& pattern, const Branch& branch,
             const Clause* Asked::* side) {
  for (const auto index : branch) {
    const auto& clause = pattern.clauses[index];
    paths[steps_of(clause)].*side = &clause;
  }
}

/// Whether the event that was made does what it was made for.
bool proves(const std::string& event, const Pattern& one, const Pattern* other) {
  const auto parsed = Event::parse(event);
  return parsed && one.matches(*parsed) && (other == nullptr || other->matches(*parsed));
}

Overlap overlap(const Pattern& one, const Pattern* other) {
  static const std::vector<Branch> none(1);
  Overlap out{.verdict = Verdict::impossible};
  std::size_t pairs = 0, closest = 0;
  for (const auto& ours : one.data().branches) {
    for (const auto& theirs : other == nullptr ? none : other->data().branches) {
      if (++pairs > branch_pairs_max) return {};
      Paths paths;
      collect(paths, one.data(), ours, &Asked::one);
      if (other != nullptr) collect(paths, other->data(), theirs, &Asked::other);
      auto tried = attempt(paths);
      if (tried.verdict == Verdict::possible) {
        if (proves(tried.event, one, other)) return {Verdict::possible, std::move(tried.event)};
        tried.verdict = Verdict::unknown;
      }
      if (tried.verdict == Verdict::unknown) out.verdict = Verdict::unknown;
      if (out.path.empty() || tried.solved > closest) {
        closest = tried.solved;
        out.path = std::move(tried.path);
        out.asked = std::move(tried.asked);
      }
    }
  }
  return out;
}

}  // namespace

Overlap satisfy(const Pattern& pattern) { return overlap(pattern, nullptr); }

Overlap satisfy_both(const Pattern& one, const Pattern& other) { return overlap(one, &other); }

}  // namespace tidemill::pattern
