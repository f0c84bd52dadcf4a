/// Questions about schedules as JSON lines, a line of answer for each: what oracles and the shared
/// test cases speak.
///
///   {"id", "expr", "service": "rules" | "scheduler" | "glue" | "any", "tz", "from", "start",
///   "end",
///    "n", "kind"}
///   {"id", "next": ["…Z", …]} or {"id", "error", "message", "hint"}
#pragma once

#include <iosfwd>

#include "base/json.h"
#include "calendar/zone.h"

namespace tidemill::calendar {

/// Answers one question; it is an error of the question, not of this call, that is told in it.
[[nodiscard]] json::object answer(const json::object& question, Zones& zones);

/// Reads to the end of `in`. Gives 0, or 1 where a line wasn't a JSON object.
int run_jsonl(std::istream& in, std::ostream& out, Zones& zones);

}  // namespace tidemill::calendar
