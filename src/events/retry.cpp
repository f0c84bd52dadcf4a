#include "events/retry.h"

#include <algorithm>

namespace tidemill::events {
namespace {

constexpr double first_delay_ms = 1'000;
// 185 retries then take 23 hours and are over within the day, whatever is drawn: a target that
// comes back late on the day still gets the event.
constexpr double delay_ms_max = 470'000;
constexpr double jitter_part = 0.25;  // So much less or more.

}  // namespace

std::optional<TimeMs> next_try(const RetryPolicy& policy, TimeMs created, int tries, TimeMs now,
                               double jitter, std::optional<TimeMs> not_before) {
  if (tries > policy.attempts_max) return std::nullopt;
  const double full =
      std::min(delay_ms_max, first_delay_ms * double(1LL << std::min(tries - 1, 30)));
  TimeMs at{now.ms + std::int64_t(full * (1 + jitter_part * (2 * jitter - 1)))};
  if (not_before) at = std::max(at, *not_before);
  if (at.ms - created.ms > policy.age_seconds_max * 1000) return std::nullopt;
  return at;
}

}  // namespace tidemill::events
