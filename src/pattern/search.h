/// Finds out whether one branch of a pattern holds for an event. Internal to pattern/; pure.
///
/// Where an event has arrays of objects, all values that are found must lie in the same element of
/// each array. Clauses are asked in the order of their paths; each value narrows the choice for
/// the next ones, and "absent" means absent from what is left.
#pragma once

#include <span>
#include <string_view>

#include "pattern/condition.h"
#include "pattern/event_data.h"

namespace tidemill::pattern {

/// Events with the same name twice, both times with a large array, can make the choice grow out of
/// hand. A branch counts as not matching after this many steps and as many for each value looked
/// at; one step or two a value is what other events need.
constexpr std::size_t search_steps_min = 50'000;
constexpr std::size_t search_steps_per_value = 20;

/// What a branch asks at one path, and what an event has there, ordered by element.
struct Question {
  std::string_view program;
  bool absent = false;
  std::span<const Value> values;
};

/// Whether the questions of a branch, in the order of their paths, are all answered with yes.
[[nodiscard]] bool all_hold(std::span<const Question> questions, const ElementTree& tree);

[[nodiscard]] bool branch_holds(const PatternData& pattern, const Branch& branch,
                                const EventData& event);

/// Whether `clause` alone holds somewhere in the event.
[[nodiscard]] bool clause_holds(const Clause& clause, const EventData& event);

}  // namespace tidemill::pattern
