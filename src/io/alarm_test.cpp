#include "io/alarm.h"

#include <future>

#include <gtest/gtest.h>

namespace tidemill::io {
namespace {

class AlarmTest : public testing::Test {
 protected:
  Loops loops_{1};
  SystemClock clock_;
  std::promise<TimeMs> rang_;
};

TEST_F(AlarmTest, RingsWhenItIsDueAndNotBefore) {
  Alarm alarm(loops_, 0, clock_, [this] { rang_.set_value(clock_.now()); });
  const auto at = clock_.now().plus(std::chrono::milliseconds(120));
  alarm.set(at.plus(std::chrono::hours(1)));
  alarm.set(at);  // The earlier one counts.
  const auto rang = rang_.get_future().get();
  EXPECT_GE(rang, at);
  EXPECT_LT(rang.ms, at.ms + 2000);
}

TEST_F(AlarmTest, RingsAtOnceForWhatIsPast) {
  Alarm alarm(loops_, 0, clock_, [this] { rang_.set_value(clock_.now()); });
  alarm.set({0});
  EXPECT_EQ(rang_.get_future().wait_for(std::chrono::seconds(10)), std::future_status::ready);
}

TEST_F(AlarmTest, RingsAgainWhenItIsSetAgain) {
  std::atomic<int> rings = 0;
  Alarm alarm(loops_, 0, clock_, [&] {
    if (++rings == 3) rang_.set_value(clock_.now());
    if (rings < 3) alarm.set(clock_.now().plus(std::chrono::milliseconds(5)));
  });
  alarm.set(clock_.now());
  EXPECT_EQ(rang_.get_future().wait_for(std::chrono::seconds(10)), std::future_status::ready);
}

}  // namespace
}  // namespace tidemill::io
