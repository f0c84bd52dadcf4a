/// What EventBridge and its Scheduler count, under AWS's names and dimensions. On the commit
/// thread.
#pragma once

#include <string>
#include <string_view>

#include "base/meter.h"
#include "events/event.h"

namespace tidemill::events {

/// What a try came to, as far as it is counted; a copy, since it is counted after the commit.
struct Tried {
  Scope scope;
  std::string sender, sender_arn;  ///< Of the rule or schedule.
  std::string state;               ///< done, pending, failed
  std::string dead_letter;         ///< "sent", or why not; empty without.
  int tries = 1;
  TimeMs created, now;
};
void count_try(Meter& meter, const Tried& tried);

/// A schedule, a scheduled rule or a Glue trigger was due, and began `late_ms` after its instant.
void count_lateness(Meter& meter, const Scope& scope, std::string_view arn, std::string_view name,
                    std::int64_t late_ms);

/// A rule matched, or was due.
void count_rule(Meter& meter, const Scope& scope, std::string_view arn, std::string_view rule);
/// At least one rule matched an event.
void count_event(Meter& meter, const Scope& scope);

}  // namespace tidemill::events
