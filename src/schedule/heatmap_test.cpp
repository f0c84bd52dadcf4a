#include "schedule/heatmap.h"

#include <gtest/gtest.h>

namespace tidemill::schedule {
namespace {

constexpr const char* job = "arn:aws:glue:us-east-1:000000000000:job/sales";

Planned planned(std::string name, std::string_view expression, std::int64_t spread_ms = 0) {
  return {
      .name = std::move(name),
      .target = job,
      .timing = {.expression =
                     calendar::parse_expression(expression, calendar::Dialect::scheduler).value()},
      .spread_ms = spread_ms};
}

json::object draw(const std::vector<Planned>& all) {
  return heatmap(all, {{job, 2}}, parse_iso("2026-01-05T10:20:00Z").value());
}

TEST(Heatmap, NamesTheWorstMinutesAndWhatToMove) {
  const auto map = draw({planned("a", "cron(0 2 * * ? *)"), planned("b", "cron(0 2 * * ? *)"),
                         planned("c", "cron(0 2 ? * MON *)"), planned("d", "cron(1 2 * * ? *)")});
  EXPECT_EQ(json::text_or_empty(map, "from"), "2026-01-05T10:00:00Z");
  const auto& worst = map.at("worst").as_array();
  ASSERT_EQ(worst.size(), 2u);
  const auto& first = worst[0].as_object();
  EXPECT_EQ(json::text_or_empty(first, "time"), "2026-01-12T02:00:00Z");
  EXPECT_EQ(first.at("starts"), 3);
  EXPECT_EQ(first.at("limit"), 2);
  EXPECT_EQ(json::text_or_empty(first, "proposal"), "move c by 2 min");
  EXPECT_EQ(first.at("days"), 1);
  EXPECT_EQ(worst[1].as_object().at("starts"), 2);
  EXPECT_EQ(worst[1].as_object().at("days"), 6);
  EXPECT_EQ(json::text_or_empty(worst[1].as_object(), "proposal"), "");
}

TEST(Heatmap, MovesEachToAMinuteOfItsOwn) {
  const auto map = heatmap({planned("a", "cron(0 2 * * ? *)"), planned("b", "cron(0 2 * * ? *)"),
                            planned("c", "cron(0 2 * * ? *)"), planned("d", "cron(1 2 * * ? *)")},
                           {}, parse_iso("2026-01-05T10:20:00Z").value());
  EXPECT_EQ(json::text_or_empty(map.at("worst").as_array()[0].as_object(), "proposal"),
            "move b by 2 min, c by 3 min");
}

TEST(Heatmap, CountsThePeakOfEachHour) {
  const auto map = draw({planned("a", "cron(0 11 * * ? *)"), planned("b", "cron(0,30 11 * * ? *)"),
                         planned("c", "cron(0 11 * * ? *)", 60'000)});
  const auto& hours = map.at("hours").as_array();
  ASSERT_EQ(hours.size(), 168u);
  EXPECT_EQ(hours[0], 0);
  EXPECT_EQ(hours[1], 2) << "a spread takes one of the three out of the minute";
  EXPECT_EQ(hours[25], 2);
}

}  // namespace
}  // namespace tidemill::schedule
