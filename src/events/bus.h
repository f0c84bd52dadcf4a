/// The hub: every event of every producer reaches the rules here, and nowhere else.
#pragma once

#include <string_view>

#include "events/event.h"
#include "events/target.h"
#include "store/store.h"

namespace tidemill::events {

class Bus {
 public:
  virtual ~Bus() = default;

  /// Matches `event` against its bus's rules, writes the event and a delivery row per matching
  /// target, and lets targets of ours take effect, all in `tx`. On the commit thread. The 200 that
  /// follows the commit is the promise that every start which follows from it is on disk.
  virtual Status publish(store::Tx& tx, const Event& event) = 0;

  /// A resource that refused for being busy (a job at MaxConcurrentRuns) has room again: tries its
  /// oldest waiting deliveries, in order, in `tx`, until it refuses again.
  virtual Status target_free(store::Tx& tx, std::string_view target_arn) = 0;
};

}  // namespace tidemill::events
