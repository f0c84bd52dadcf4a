#include "events/retry.h"

#include <algorithm>

namespace tidemill::events {
namespace {

constexpr double first_delay_ms = 1'000;
// 24 hours over 185 tries is 467 s between two at the end of the ramp.
constexpr double delay_ms_max = 480'000;

}  // namespace

std::optional<TimeMs> next_try(const RetryPolicy& policy, TimeMs created, int tries, TimeMs now,
                               double jitter, std::optional<TimeMs> not_before) {
  if (tries > policy.attempts_max) return std::nullopt;
  const double full =
      std::min(delay_ms_max, first_delay_ms * double(1LL << std::min(tries - 1, 30)));
  TimeMs at{now.ms + std::int64_t(full * (0.5 + 0.5 * jitter))};
  if (not_before) at = std::max(at, *not_before);
  if (at.ms - created.ms > policy.age_seconds_max * 1000) return std::nullopt;
  return at;
}

}  // namespace tidemill::events
