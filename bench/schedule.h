/// The measurements of `tidemill-bench schedule` that need a store.
#pragma once

namespace tidemill::bench {

/// A million timers read from a store.
void measure_load();
/// Claims by themselves, without what they start.
void measure_claims();
/// Many schedules due at one instant, each with its event and delivery on disk.
void measure_storms();

}  // namespace tidemill::bench
