/// The instants at which a schedule is due: its expression by the clock of its zone, within its
/// dates. Pure.
#pragma once

#include <optional>
#include <vector>

#include "base/time.h"
#include "calendar/expression.h"
#include "calendar/zone.h"

namespace tidemill::calendar {

/// What becomes of times that a wall clock leaves out or shows twice. AWS's: skip, once.
struct DstRules {
  bool run_after_gap = false;  ///< What the gap swallowed runs once, at its end.
  bool both_in_fold = false;   ///< Runs at the second showing too, not only at the first.
  bool operator==(const DstRules&) const = default;
};

struct Timing {
  Expression expression;
  ZoneRef zone = utc();
  DstRules dst = {};
  std::optional<TimeMs> start, end;  ///< Both are instants at which it may still run.
  TimeMs base;                       ///< A rate() without `start`: when it first runs.
};

/// An instant at which the expression would have run, but for the change of the clock.
struct Skipped {
  enum class Why : std::uint8_t { gap, fold };
  TimeMs at;  ///< In a gap: as the clock went before it.
  Why why = Why::gap;
};

/// The first instant strictly after `after`; nullopt: never again. Notes in `skipped`, if given,
/// what was left out on the way there.
[[nodiscard]] std::optional<TimeMs> next_fire(const Timing& timing, TimeMs after,
                                              std::vector<Skipped>* skipped = nullptr);

}  // namespace tidemill::calendar
