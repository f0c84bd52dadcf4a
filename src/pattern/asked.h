/// A clause taken apart, for those who think about patterns rather than match them. Internal to
/// pattern/; pure. The parts are views into the clause.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "pattern/condition.h"

namespace tidemill::pattern {

/// One of the tests holds; or, negated (anything-but), none does.
struct AskedCondition {
  bool negated = false;
  std::vector<Test> any;
};

/// All of the conditions hold.
struct AskedAlternative {
  std::string_view program;
  std::vector<AskedCondition> all;

  [[nodiscard]] bool holds(const Value& value) const { return program_holds(program, value); }
};

[[nodiscard]] std::vector<AskedAlternative> alternatives_of(const Clause& clause);

/// The strings that the clause takes, if it takes nothing but strings byte for byte; else empty.
[[nodiscard]] std::vector<std::string_view> exact_texts(const Clause& clause);

/// Its path, split at the dots.
[[nodiscard]] std::vector<std::string> steps_of(const Clause& clause);

}  // namespace tidemill::pattern
