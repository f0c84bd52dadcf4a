#include "events/retry.h"

#include <gtest/gtest.h>

namespace tidemill::events {
namespace {

TEST(RetryPlan, SpreadsTheDefaultPolicyOverADay) {
  for (const double jitter : {0.0, 0.5, 0.999}) {
    TimeMs now{0};
    int tries = 1;
    while (const auto next = next_try({}, {0}, tries, now, jitter)) {
      EXPECT_GT(next->ms, now.ms);
      now = *next;
      ++tries;
    }
    EXPECT_LE(tries, 186);
    EXPECT_GT(tries, 145) << "even if all delays were the longest";
    EXPECT_LE(now.ms, 86'400'000);
    EXPECT_GT(now.ms, 17 * 3'600'000) << "even if all delays were the shortest";
  }
}

TEST(RetryPlan, StopsWhereThePolicySays) {
  EXPECT_FALSE(next_try({.attempts_max = 0}, {0}, 1, {0}, 0));
  EXPECT_TRUE(next_try({.attempts_max = 2}, {0}, 2, {0}, 0));
  EXPECT_FALSE(next_try({.attempts_max = 2}, {0}, 3, {0}, 0));
  EXPECT_FALSE(next_try({.age_seconds_max = 60}, {0}, 1, {59'900}, 0.5));
}

TEST(RetryPlan, WaitsAsLongAsTheTargetAsks) {
  const TimeMs created{0}, now{1'000};
  EXPECT_EQ(next_try({}, created, 1, now, 0, TimeMs{60'000}), TimeMs{60'000});
  EXPECT_EQ(next_try({}, created, 1, now, 0, TimeMs{1'100}), TimeMs{1'750}) << "the longer wait";
  EXPECT_EQ(next_try({.age_seconds_max = 60}, created, 1, now, 0, TimeMs{61'000}), std::nullopt);
}

}  // namespace
}  // namespace tidemill::events
