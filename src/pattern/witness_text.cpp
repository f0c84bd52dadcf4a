// The search for a text: the tests of all conditions as one automaton that is in many places at
// once, walked breadth first.
#include <fmt/format.h>
#include <simdjson.h>

#include <algorithm>
#include <deque>
#include <map>
#include <optional>
#include <set>

#include "base/json.h"
#include "pattern/fold.h"
#include "pattern/wildcard.h"
#include "pattern/witness.h"

namespace tidemill::pattern {
namespace {

constexpr std::size_t sets_max = 20'000;     ///< What the search may look at.
constexpr std::size_t places_max = 100'000;  ///< Places of the automaton.

using Place = std::uint32_t;
using Places = std::vector<Place>;  ///< Ascending.

class Automaton {
 public:
  /// Adds a test; false if it isn't one of texts.
  [[nodiscard]] bool add(const Test& test) {
    starts_.push_back(make());
    last_ = starts_.back();
    const bool texts = build(test);
    ends_.push_back(last_);
    return texts && next_.size() < places_max;
  }

  [[nodiscard]] Places start() const { return starts_; }
  [[nodiscard]] std::size_t tests() const { return ends_.size(); }
  [[nodiscard]] const std::set<std::uint8_t>& alphabet() const { return alphabet_; }

  [[nodiscard]] Places step(const Places& from, std::uint8_t byte) const {
    Places to;
    for (const auto place : from) {
      if (loops_[place]) to.push_back(place);
      const auto [first, last] = next_[place].equal_range(byte);
      for (auto edge = first; edge != last; ++edge) to.push_back(edge->second);
    }
    std::ranges::sort(to);
    to.erase(std::unique(to.begin(), to.end()), to.end());
    return to;
  }

  [[nodiscard]] bool accepts(std::size_t test, const Places& places) const {
    return std::ranges::binary_search(places, ends_[test]);
  }
  /// Whether the test may still come to hold, or holds.
  [[nodiscard]] bool alive(std::size_t test, const Places& places) const {
    const auto place = std::ranges::lower_bound(places, starts_[test]);
    const auto beyond = test + 1 < starts_.size() ? starts_[test + 1] : Place(next_.size());
    return place != places.end() && *place < beyond;
  }

 private:
  Place make() {
    next_.emplace_back();
    loops_.push_back(false);
    return Place(next_.size() - 1);
  }
  void any_text() { loops_[last_] = true; }
  /// From `from` along `text` to a new place, or to `to`.
  Place walk(Place from, std::string_view text, std::optional<Place> to = {}) {
    for (std::size_t i = 0; i < text.size(); ++i) {
      const auto byte = static_cast<std::uint8_t>(text[i]);
      alphabet_.insert(byte);
      const auto target = to && i + 1 == text.size() ? *to : make();
      next_[from].emplace(byte, target);
      from = target;
    }
    return from;
  }
  void append(std::string_view text) { last_ = walk(last_, text); }

  bool build(const Test& t) {
    switch (t.ask) {
      case Ask::text: return append(t.text), true;
      case Ask::prefix: return append(t.text), any_text(), true;
      case Ask::suffix: return any_text(), append(t.text), true;
      case Ask::anything: return any_text(), true;
      case Ask::wildcard: return append_pieces(pieces_of(t.text)), true;
      case Ask::ignore_case: return append_folded(t.text), true;
      case Ask::ignore_case_prefix: return append_folded(t.text), any_text(), true;
      case Ask::ignore_case_suffix: return any_text(), append_folded(t.text), true;
      // No text is a number or a word: a test that never holds, a place that nothing leads to.
      case Ask::number:
      case Ask::number_text:
      case Ask::range:
      case Ask::word: return last_ = make(), true;
      case Ask::address:
      case Ask::network: break;
    }
    return false;
  }
  void append_pieces(const std::vector<std::string_view>& pieces) {
    for (std::size_t i = 0; i < pieces.size(); ++i) {
      if (i > 0) any_text();
      append(pieces[i]);
    }
  }
  void append_folded(std::string_view text) {
    for (const auto& [lower, upper] : folded_units(text)) {
      const auto before = last_;
      append(lower);
      if (!upper.empty()) walk(before, upper, last_);
    }
  }

  std::vector<std::multimap<std::uint8_t, Place>> next_;
  std::vector<bool> loops_;  ///< Any byte leads back here.
  Places starts_, ends_;
  Place last_ = 0;
  std::set<std::uint8_t> alphabet_ = {'x'};
};

/// A condition and the tests of the automaton that are its own.
struct Asked {
  bool negated;
  std::size_t first, last;
};

class Search {
 public:
  [[nodiscard]] bool add(const AskedCondition& condition) {
    const auto first = automaton_.tests();
    for (const auto& test : condition.any) {
      if (!automaton_.add(test)) return false;
    }
    asked_.push_back({condition.negated, first, automaton_.tests()});
    return true;
  }

  Witness run() {
    std::map<Places, std::string> seen = {{automaton_.start(), ""}};
    std::deque<decltype(seen)::const_iterator> todo = {seen.cbegin()};
    bool half_characters = false;
    while (!todo.empty()) {
      const auto& [places, text] = *todo.front();
      todo.pop_front();
      if (fits(places)) {
        if (simdjson::validate_utf8(text.data(), text.size())) {
          return {Verdict::possible, json::quote(text)};
        }
        half_characters = true;
      }
      if (seen.size() > sets_max) return {};
      for (const auto byte : automaton_.alphabet()) {
        auto next = automaton_.step(places, byte);
        if (!hopeful(next)) continue;
        const auto [at, is_new] = seen.emplace(std::move(next), text + char(byte));
        if (is_new) todo.push_back(at);
      }
    }
    return {half_characters ? Verdict::unknown : Verdict::impossible, {}};
  }

 private:
  template <class Ask>
  [[nodiscard]] static bool one_of(const Asked& asked, Ask ask) {
    for (auto test = asked.first; test < asked.last; ++test) {
      if (ask(test)) return true;
    }
    return false;
  }
  [[nodiscard]] bool fits(const Places& places) const {
    return std::ranges::all_of(asked_, [&](const Asked& asked) {
      const auto accepts = [&](std::size_t test) { return automaton_.accepts(test, places); };
      return one_of(asked, accepts) != asked.negated;
    });
  }
  [[nodiscard]] bool hopeful(const Places& places) const {
    return std::ranges::all_of(asked_, [&](const Asked& asked) {
      const auto alive = [&](std::size_t test) { return automaton_.alive(test, places); };
      return asked.negated || one_of(asked, alive);
    });
  }

  Automaton automaton_;
  std::vector<Asked> asked_;
};

}  // namespace

Witness find_text(std::span<const AskedCondition* const> all) {
  Search search;
  for (const auto* condition : all) {
    if (!search.add(*condition)) return {};
  }
  return search.run();
}

}  // namespace tidemill::pattern
