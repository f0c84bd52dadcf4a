/// What is worth knowing of a schedule beside its instants, in words. Pure.
#pragma once

#include <string>
#include <vector>

#include "calendar/next.h"

namespace tidemill::calendar {

/// "Fri 2026-03-27 09:00:00 +01:00": what the zone's wall clock shows.
[[nodiscard]] std::string local_text(const Zone& zone, TimeMs at);

/// Months that it leaves out, that it never fires after `now`, that it fires more often than once a
/// minute allows for, times that the next two years' changes of the clock swallow or repeat.
[[nodiscard]] std::vector<std::string> notes_on(const Timing& timing, TimeMs now);

/// "Sun 2026-03-29 02:30:00 +01:00: left out, the clock jumps over it".
[[nodiscard]] std::string skipped_text(const Zone& zone, const Skipped& skipped);

}  // namespace tidemill::calendar
