/// Whether any event at all matches a pattern, or two patterns at once, with such an event as the
/// proof. What `tidemill rules lint` and TestEventPattern's users want to know of rules before an
/// event tells them. Pure.
#pragma once

#include <string>

#include "pattern/pattern.h"
#include "pattern/witness.h"

namespace tidemill::pattern {

struct Overlap {
  Verdict verdict = Verdict::unknown;
  /// Where possible: an event that matches, whole, as JSON; made of plain objects as far as the
  /// patterns allow, with AWS's members of the envelope.
  std::string event;
  /// Where impossible: the path at which nothing can satisfy both (of the closest branches), and
  /// what is asked there: `prefix "a/" and suffix ".csv"`.
  std::string path, asked;
};

/// Can `pattern` match?
[[nodiscard]] Overlap satisfy(const Pattern& pattern);
/// Can one event match both?
[[nodiscard]] Overlap satisfy_both(const Pattern& one, const Pattern& other);

}  // namespace tidemill::pattern
