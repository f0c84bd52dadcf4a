// The examples of AWS's page: wait periods of 2, extension periods of 3.
#include "metrics/alarm_suppression.h"

#include <gtest/gtest.h>

namespace tidemill::metrics {
namespace {

TimeMs t(int seconds) { return {seconds * 1000}; }

Suppressor at(int seconds, bool is_in_alarm) {
  return {is_in_alarm, std::chrono::seconds(2), std::chrono::seconds(3), t(seconds)};
}

void expect(const Suppression& seen, std::string_view by, std::optional<int> until) {
  EXPECT_EQ(seen.by, by);
  EXPECT_EQ(seen.until, until ? std::optional(t(*until)) : std::nullopt);
}

TEST(AlarmSuppression, actions_are_taken_after_the_wait_period) {
  const auto waiting = after_change(at(2, false), "OK");
  expect(waiting, "WaitPeriod", 4);
  const auto over = after_period(waiting);
  expect(over, "", {});
  EXPECT_EQ(over.untold, "OK");
}

TEST(AlarmSuppression, the_suppressor_takes_over_from_a_wait_period) {
  const auto held = after_suppressor(after_change(at(2, false), "OK"), at(3, true));
  expect(held, "Alarm", {});
  EXPECT_EQ(held.untold, "OK");
}

TEST(AlarmSuppression, a_change_begins_a_new_wait_period) {
  expect(after_change(at(3, false), "ALARM"), "WaitPeriod", 5);
}

TEST(AlarmSuppression, a_suppressor_that_is_in_alarm_holds_at_once) {
  expect(after_change(at(2, true), "OK"), "Alarm", {});
}

TEST(AlarmSuppression, an_extension_period_follows_the_suppressor) {
  const auto held = after_change(at(2, true), "OK");
  const auto extended = after_suppressor(held, at(6, false));
  expect(extended, "ExtensionPeriod", 9);
  EXPECT_EQ(after_period(extended).untold, "OK");
  expect(after_suppressor(extended, at(7, true)), "Alarm", {});
  expect(after_change(at(7, false), "ALARM"), "WaitPeriod", 9);
}

TEST(AlarmSuppression, periods_of_no_length_are_none) {
  const Suppressor quick{false, std::chrono::seconds(0), std::chrono::seconds(0), t(1)};
  expect(after_change(quick, "OK"), "", {});
  expect(after_suppressor({"Alarm", {}, "OK"}, quick), "", {});
}

TEST(AlarmSuppression, what_was_told_stays_told) {
  const auto held = after_suppressor({}, at(2, true));
  expect(held, "Alarm", {});
  EXPECT_FALSE(after_period(after_suppressor(held, at(3, false))).untold);
  expect(after_suppressor({}, at(3, false)), "", {});
}

TEST(AlarmSuppression, another_suppressor_ends_a_period) {
  const auto waiting = after_change(at(2, false), "OK");
  expect(after_replacement(waiting, false), "", {});
  EXPECT_EQ(after_replacement(waiting, false).untold, "OK");
  expect(after_replacement(waiting, true), "Alarm", {});
}

}  // namespace
}  // namespace tidemill::metrics
