/// `tidemill-bench schedule`: the calendar and the engine of schedules, without a server.
#pragma once

#include <span>

namespace tidemill::bench {

/// Prints a JSON line for each figure. `arguments`: the names of those wanted; none: all.
int schedule_main(std::span<char*> arguments);

}  // namespace tidemill::bench
