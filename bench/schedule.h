/// `tidemill-bench schedule`: the calendar and the engine of schedules, without a server.
#pragma once

#include <span>

namespace tidemill::bench {

/// Prints a JSON line for each figure. `arguments`: the names of those wanted; none: all.
int schedule_main(std::span<char*> arguments);

/// A million timers read from a store.
void measure_load();
/// Claims by themselves, without what they start.
void measure_claims();
/// Many schedules due at one instant, each with its event and delivery on disk.
void measure_storms();

}  // namespace tidemill::bench
