/// How many runs of a job are to start in the same minute, over a week: where schedules collide,
/// and what to move. Pure.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "base/json.h"
#include "calendar/next.h"

namespace tidemill::schedule {

struct Planned {
  std::string name;    ///< Of the rule or schedule.
  std::string target;  ///< The ARN that it starts.
  calendar::Timing timing;
  std::int64_t spread_ms = 0;
};

/// By target; those that aren't named have no limit.
using Limits = std::map<std::string, int>;

/// "hours": for each of the 168 hours from `from` (on the hour), the most starts in one minute;
/// "worst": the ten minutes with the most starts beyond a target's limit, then the most starts,
/// each with who they are, on how many days it is so, and what to move.
[[nodiscard]] json::object heatmap(const std::vector<Planned>& planned, const Limits& limits,
                                   TimeMs from);

}  // namespace tidemill::schedule
