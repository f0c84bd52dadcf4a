/// Values that satisfy what patterns ask of one path: how an example event is made, and how it is
/// shown that there is none. Internal to pattern/; pure.
#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "pattern/asked.h"

namespace tidemill::pattern {

enum class Verdict : std::uint8_t {
  possible,
  impossible,  ///< Proven: no value does.
  unknown,     ///< None was found within the bounds of the search.
};

struct Witness {
  Verdict verdict = Verdict::unknown;
  std::string json;  ///< Where possible: the value, as JSON text.
};

/// A value that all of the alternatives hold for. Work is bounded, whatever they ask.
[[nodiscard]] Witness find_value(std::span<const AskedAlternative* const> all);

/// A text that all of the conditions hold for, by searching the automaton of their tests: the
/// shortest. Addresses and networks aren't texts of that kind: with one of them, unknown.
[[nodiscard]] Witness find_text(std::span<const AskedCondition* const> all);

}  // namespace tidemill::pattern
