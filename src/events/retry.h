/// When a failed delivery is tried again: AWS's plan, exponential with jitter, at most 185 retries
/// in 24 hours unless the target's RetryPolicy says less. Pure.
/// (AWS: "How EventBridge retries delivering events".)
#pragma once

#include <cstdint>
#include <optional>

#include "base/time.h"

namespace tidemill::events {

struct RetryPolicy {
  static constexpr int attempts_default = 185;
  static constexpr std::int64_t age_seconds_default = 86'400;
  int attempts_max = attempts_default;                 ///< 0 to 185 retries.
  std::int64_t age_seconds_max = age_seconds_default;  ///< 60 to 86,400.
};

/// The instant of the retry that follows `tries` tries (>= 1), the last of them at `now`;
/// nullopt where the policy has run out. `jitter` is uniform in [0, 1). Not before `not_before`,
/// which the target asked for.
[[nodiscard]] std::optional<TimeMs> next_try(const RetryPolicy& policy, TimeMs created, int tries,
                                             TimeMs now, double jitter,
                                             std::optional<TimeMs> not_before = {});

}  // namespace tidemill::events
