#include "schedule/loader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fmt/format.h>

namespace tidemill::schedule {
namespace {

TimerRow row(TimerId id, std::string expression, std::string zone = "UTC") {
  return {.id = id,
          .ref = id,
          .expression = std::move(expression),
          .zone = std::move(zone),
          .decided = {1'893'499'200'000}};  // 2030-01-01T12:00:00Z
}

TEST(Loader, LoadsMoreThanAChunkInAnyOrderOfDue) {
  calendar::Zones zones;
  Timers timers(zones);
  Loader loader(timers);
  constexpr int count = 20'000;
  for (int i = 1; i <= count; ++i) {
    loader.add(row(i, fmt::format("cron({} {} * * ? *)", i % 60, i / 60 % 24)));
  }
  EXPECT_THAT(loader.finish(), testing::IsEmpty());
  EXPECT_EQ(timers.size(), std::size_t(count));
  EXPECT_EQ(timers.next_due()->ms, 1'893'499'200'000 + 60'000);
  for (const TimerId id : {1, 8192, 8193, count}) EXPECT_EQ(timers.find(id)->ref, id);
}

TEST(Loader, TellsThoseThatCantRunAndLoadsTheOthers) {
  calendar::Zones zones;
  Timers timers(zones);
  Loader loader(timers);
  loader.add(row(1, "cron(0 0 * * ? *)", "Mars/Olympus"));
  loader.add(row(2, "cron(0 0 * * ? *)"));
  loader.add(row(3, "cron(0 0 * * ? 1999)"));  // Never again.
  const auto failures = loader.finish();
  ASSERT_EQ(failures.size(), 1u);
  EXPECT_EQ(failures[0].id, 1);
  EXPECT_EQ(timers.size(), 1u);
  EXPECT_NE(timers.find(2), nullptr);
}

TEST(Loader, OfNothingIsEmpty) {
  calendar::Zones zones;
  Timers timers(zones);
  Loader loader(timers);
  EXPECT_THAT(loader.finish(), testing::IsEmpty());
  EXPECT_FALSE(timers.next_due());
}

}  // namespace
}  // namespace tidemill::schedule
