#include "pattern/search.h"

#include <algorithm>
#include <cstdint>
#include <set>
#include <span>
#include <vector>

namespace tidemill::pattern {
namespace {

using ElementId = std::uint32_t;

/// The elements chosen so far: the innermost ones only, ascending. Each stands for all around it.
using Chosen = std::vector<ElementId>;

/// The first value at or behind `from` that is in `element` or behind it.
std::size_t seek(std::span<const Value> values, std::size_t from, ElementId element) {
  const auto tail = values.subspan(from);
  const auto found = std::ranges::lower_bound(tail, element, {}, &Value::element);
  return from + static_cast<std::size_t>(found - tail.begin());
}

bool holds_somewhere(const Question& question) {
  if (question.values.empty()) return question.absent;
  return std::ranges::any_of(
      question.values, [&](const Value& value) { return program_holds(question.program, value); });
}

class Search {
 public:
  Search(std::vector<Question> fields, const ElementTree& tree)
      : tree_(tree), fields_(std::move(fields)) {
    for (const auto& field : fields_) steps_max_ += search_steps_per_value * field.values.size();
  }

  bool run() {
    note_last_uses();
    return from(0, {});
  }

 private:
  /// Whether the fields from `index` on hold, given what is chosen. As deep as the branch has
  /// fields in arrays of objects (at most 256).
  bool from(std::size_t index, Chosen chosen) {
    for (; index < fields_.size(); ++index) {
      const auto next = ways(index, chosen);
      if (next.empty()) return false;
      const bool last = index + 1 == fields_.size();
      if (last) return true;
      if (next.size() == 1) {
        chosen = *next.begin();
        continue;
      }
      for (const auto& way : next) {
        if (!failed_.contains({index + 1, way})) {
          if (from(index + 1, way)) return true;
          failed_.emplace(index + 1, way);
        }
        if (steps_ > steps_max_) return false;
      }
      return false;
    }
    return true;
  }

  /// What may be chosen after field `index`, as far as it matters to the fields behind it.
  std::set<Chosen> ways(std::size_t index, const Chosen& chosen) {
    std::set<Chosen> out;
    const auto& [program, absent, values] = fields_[index];
    bool present = false;
    for (auto at = next_fitting(values, 0, chosen); at < values.size();
         at = next_fitting(values, at + 1, chosen)) {
      present = true;
      if (program_holds(program, values[at])) out.insert(after(index, chosen, values[at].element));
      if (++steps_ > steps_max_) return {};
    }
    if (!present && absent) out.insert(relevant(index, chosen));
    return out;
  }

  /// The first value at or behind `at` that lies in no other element of an array than the chosen.
  std::size_t next_fitting(std::span<const Value> values, std::size_t at,
                           const Chosen& chosen) const {
    for (bool moved = true; moved && at < values.size();) {
      moved = false;
      for (const auto element : chosen) {
        const auto go_on = conflict(element, values[at].element);
        if (go_on == 0) continue;
        at = seek(values, at, go_on);
        moved = true;
        if (at == values.size()) break;
      }
    }
    return at;
  }

  /// 0 if a value in `other` goes with the choice of `chosen`; else the next element that may.
  [[nodiscard]] ElementId conflict(ElementId chosen, ElementId other) const {
    for (auto element = chosen; element != 0; element = tree_.elements[element].parent) {
      const auto& e = tree_.elements[element];
      const auto range = tree_.arrays[e.array];
      if (other < range.begin || other >= range.end) continue;
      if (other < element) return element;
      return other < e.end ? 0 : range.end;
    }
    return 0;
  }

  /// `chosen` and `element`, as far as it matters to the fields behind `index`.
  [[nodiscard]] Chosen after(std::size_t index, Chosen chosen, ElementId element) const {
    if (element != 0) chosen.push_back(element);
    return relevant(index, chosen);
  }

  [[nodiscard]] Chosen relevant(std::size_t index, const Chosen& chosen) const {
    Chosen out;
    for (auto element : chosen) {
      while (element != 0 && !matters(index, tree_.elements[element].array)) {
        element = tree_.elements[element].parent;
      }
      if (element != 0) out.push_back(element);
    }
    std::ranges::sort(out);
    // What contains another of them is implied by it; contained ones follow their container.
    Chosen innermost;
    for (std::size_t i = 0; i < out.size(); ++i) {
      const bool contains_next = i + 1 < out.size() && out[i + 1] < tree_.elements[out[i]].end;
      if (!contains_next) innermost.push_back(out[i]);
    }
    return innermost;
  }

  /// Whether a field behind `index` has values in that array.
  [[nodiscard]] bool matters(std::size_t index, std::uint32_t array) const {
    return last_use_[array] > index + 1;
  }

  void note_last_uses() {
    last_use_.assign(tree_.arrays.size(), 0);
    for (std::size_t index = 0; index < fields_.size(); ++index) {
      for (const auto& value : fields_[index].values) {
        for (auto element = value.element; element != 0;) {
          const auto& e = tree_.elements[element];
          if (last_use_[e.array] == index + 1) break;
          last_use_[e.array] = index + 1;
          element = e.parent;
        }
      }
    }
  }

  const ElementTree& tree_;
  std::vector<Question> fields_;
  std::set<std::pair<std::size_t, Chosen>> failed_;
  std::vector<std::size_t> last_use_;  ///< By array: 1 + the last field with values in it, or 0.
  std::size_t steps_ = 0;
  std::size_t steps_max_ = search_steps_min;
};

}  // namespace

bool all_hold(std::span<const Question> questions, const ElementTree& tree) {
  std::vector<Question> fields;
  for (const auto& question : questions) {
    if (!question.values.empty() && question.values.back().element != 0) {
      fields.push_back(question);
    } else if (!holds_somewhere(question)) {
      // Outside of array elements a clause depends on no other.
      return false;
    }
  }
  if (fields.size() == 1) return holds_somewhere(fields[0]);
  return fields.empty() || Search(std::move(fields), tree).run();
}

bool branch_holds(const PatternData& pattern, const Branch& branch, const EventData& event) {
  std::vector<Question> questions;
  questions.reserve(branch.size());
  for (const auto index : branch) {
    const auto& clause = pattern.clauses[index];
    questions.push_back({clause.program, clause.absent, event.at(clause.path)});
  }
  return all_hold(questions, event);
}

bool clause_holds(const Clause& clause, const EventData& event) {
  return holds_somewhere({clause.program, clause.absent, event.at(clause.path)});
}

}  // namespace tidemill::pattern
