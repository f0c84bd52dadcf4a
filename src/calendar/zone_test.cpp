// Zones against the C library's own reading of the same database, and what a change of the clock
// does to schedules, against an oracle that looks at the clock every quarter of an hour.
#include "calendar/zone.h"

#include <gtest/gtest.h>

#include "calendar/describe.h"
#include "calendar/next.h"
#include "calendar/oracle_testing.h"

namespace tidemill::calendar {
namespace {

constexpr std::int64_t hour = 3600;

std::int64_t seconds(std::string_view text) { return parse_iso(text).value().ms / 1000; }

TEST(Zone, AgreesWithTheCLibraryUntilTheEnd) {
  Zones zones;
  for (const char* name : oracle_zones) {
    const LibraryClock library(name);
    const auto zone = zones.find(name).value();
    constexpr std::int64_t step = 5 * 86'400 + 7 * hour;
    for (auto utc = seconds("1970-01-01T00:00:00Z"); utc < seconds("2199-12-31T00:00:00Z");
         utc += step) {
      ASSERT_EQ(zone->offset_at(utc), LibraryClock::at(utc).tm_gmtoff) << name << " " << utc;
    }
    for (const auto& span : zone->spans()) {
      if (span.begin < 0 || span.begin > seconds("2199-12-31T00:00:00Z")) continue;
      ASSERT_EQ(span.offset, LibraryClock::at(span.begin).tm_gmtoff) << name << " " << span.begin;
      ASSERT_NE(span.offset, LibraryClock::at(span.begin - 1).tm_gmtoff) << name;
    }
  }
}

TEST(NextFire, AgreesWithAnOracleOverTenYearsAndTwentyZones) {
  Zones zones;
  const auto begin = seconds("2024-01-01T00:00:00Z"), end = seconds("2034-01-01T00:00:00Z");
  for (const char* name : oracle_zones) {
    const auto expected = ask_oracle(name, begin, end, plain_schedules.size());
    for (std::size_t i = 0; i < plain_schedules.size(); ++i) {
      const Timing timing{
          .expression = parse_expression(plain_schedules[i].expression, Dialect::scheduler).value(),
          .zone = zones.find(name).value()};
      TimeMs at{(begin - 1) * 1000};
      for (const auto utc : expected[i]) {
        const auto next = next_fire(timing, at);
        ASSERT_TRUE(next) << name;
        ASSERT_EQ(iso_seconds(*next), iso_seconds({utc * 1000}))
            << name << " " << plain_schedules[i].expression;
        at = *next;
      }
    }
  }
}

std::vector<std::string> days_from(std::string_view from, const Timing& timing, int count) {
  std::vector<std::string> out;
  auto at = std::optional(parse_iso(from).value());
  while (count-- > 0 && (at = next_fire(timing, *at))) out.push_back(iso_seconds(*at));
  return out;
}

TEST(NextFire, CanRunAfterAGap) {
  Zones zones;
  const Timing timing{.expression = parse_expression("cron(30 2 * * ? *)", Dialect::rule).value(),
                      .zone = zones.find("America/New_York").value(),
                      .dst = {.run_after_gap = true}};
  EXPECT_EQ(days_from("2026-03-07T12:00:00Z", timing, 2),
            (std::vector<std::string>{"2026-03-08T07:00:00Z", "2026-03-09T06:30:00Z"}));
}

TEST(NextFire, CanRunAtBothShowings) {
  Zones zones;
  const Timing timing{
      .expression = parse_expression("cron(30 1 1 11 ? 2026)", Dialect::rule).value(),
      .zone = zones.find("America/New_York").value(),
      .dst = {.both_in_fold = true}};
  EXPECT_EQ(days_from("2026-01-01T00:00:00Z", timing, 3),
            (std::vector<std::string>{"2026-11-01T05:30:00Z", "2026-11-01T06:30:00Z"}));
}

TEST(NextFire, TellsWhatItLeftOut) {
  Zones zones;
  const Timing timing{.expression = parse_expression("cron(30 2 * * ? *)", Dialect::rule).value(),
                      .zone = zones.find("America/New_York").value()};
  std::vector<Skipped> skipped;
  (void)next_fire(timing, parse_iso("2026-03-07T12:00:00Z").value(), &skipped);
  ASSERT_EQ(skipped.size(), 1u);
  EXPECT_EQ(iso_seconds(skipped[0].at), "2026-03-08T07:30:00Z");
  EXPECT_EQ(skipped_text(*timing.zone, skipped[0]),
            "Sun 2026-03-08 02:30:00: left out, the clock jumps over this time");
}

/// A TZif file of version 1 with one change, at the beginning of 1970.
std::string small_file(std::string_view type_one, std::string_view type_two) {
  std::string bytes("TZif", 4);
  bytes.append(16, '\0');
  for (const char count : {0, 0, 0, 1, 2, 4}) bytes.append(3, '\0').append(1, count);
  bytes.append(4, '\0').append(1, '\1');
  return bytes.append(type_one).append(type_two).append("UTC\0", 4);
}

TEST(Zones, RefuseWhatIsNoZoneFile) {
  using std::string_view_literals::operator""sv;
  const auto plain = "\0\0\x0e\x10\0\0"sv, least = "\x80\0\0\0\0\0"sv;
  EXPECT_TRUE(Zone::parse("z", small_file(plain, plain)));
  EXPECT_FALSE(Zone::parse("z", small_file(least, plain))) << "found by fuzzing";
  EXPECT_FALSE(Zone::parse("z", small_file(plain, least)));
  EXPECT_FALSE(Zone::parse("z", small_file(plain, plain).substr(0, 50)));
  EXPECT_FALSE(Zone::parse("z", "no zone file"));
}

TEST(Zones, NameTheNearest) {
  Zones zones;
  EXPECT_TRUE(zones.find("Berlin").error().hint.ends_with("the nearest is Europe/Berlin"));
  EXPECT_TRUE(zones.find("America/New_Yrok").error().hint.ends_with("is America/New_York"));
  EXPECT_FALSE(zones.find("../passwd").has_value());
  EXPECT_FALSE(zones.find("").has_value());
  EXPECT_FALSE(zones.find("Europe").has_value());
}

TEST(Zones, AreReadAnewAfterAReload) {
  Zones zones;
  const auto before = zones.find("Europe/Paris").value();
  EXPECT_EQ(before, zones.find("Europe/Paris").value());
  zones.reload();
  EXPECT_NE(before, zones.find("Europe/Paris").value());
  EXPECT_NE(zones.version(), "");
}

}  // namespace
}  // namespace tidemill::calendar
