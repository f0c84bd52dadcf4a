// Zones against the C library's own reading of the same database, and what a change of the clock
// does to schedules, against an oracle that looks at the clock every quarter of an hour.
#include "calendar/zone.h"

#include <ctime>

#include <gtest/gtest.h>

#include "calendar/describe.h"
#include "calendar/next.h"

namespace tidemill::calendar {
namespace {

constexpr std::int64_t quarter = 900, hour = 3600;
constexpr std::array zone_names = {"UTC",
                                   "Europe/Berlin",
                                   "Europe/London",
                                   "Europe/Dublin",
                                   "America/New_York",
                                   "America/St_Johns",
                                   "America/Havana",
                                   "America/Santiago",
                                   "America/Los_Angeles",
                                   "America/Sao_Paulo",
                                   "Asia/Kolkata",
                                   "Asia/Kathmandu",
                                   "Asia/Beirut",
                                   "Africa/Cairo",
                                   "Africa/Casablanca",
                                   "Australia/Lord_Howe",
                                   "Australia/Sydney",
                                   "Pacific/Chatham",
                                   "Pacific/Apia",
                                   "Antarctica/Troll"};

std::int64_t seconds(std::string_view text) { return parse_iso(text).value().ms / 1000; }

/// The C library's clock in a zone; one at a time.
class LibraryClock {
 public:
  explicit LibraryClock(const char* zone) {
    setenv("TZ", zone, 1);
    tzset();
  }
  ~LibraryClock() {
    unsetenv("TZ");
    tzset();
  }
  [[nodiscard]] static std::tm at(std::int64_t utc) {
    std::tm out{};
    const std::time_t time = utc;
    localtime_r(&time, &out);
    return out;
  }
};

TEST(Zone, AgreesWithTheCLibraryUntilTheEnd) {
  Zones zones;
  for (const char* name : zone_names) {
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

/// A quarter past, half past, … an hour, by plain comparison.
struct PlainSchedule {
  const char* expression;
  bool (*holds)(const std::tm& wall);
};

constexpr std::array plain_schedules = {
    PlainSchedule{"cron(30 2 * * ? *)",
                  [](const std::tm& t) { return t.tm_hour == 2 && t.tm_min == 30; }},
    PlainSchedule{"cron(0 0 * * ? *)",
                  [](const std::tm& t) { return t.tm_hour == 0 && t.tm_min == 0; }},
    PlainSchedule{"cron(15 * * * ? *)", [](const std::tm& t) { return t.tm_min == 15; }},
    PlainSchedule{"cron(45 1,3 ? * SUN *)",
                  [](const std::tm& t) {
                    return t.tm_wday == 0 && (t.tm_hour == 1 || t.tm_hour == 3) && t.tm_min == 45;
                  }},
    PlainSchedule{"cron(0/15 0-3 ? MAR,OCT SAT-MON *)",
                  [](const std::tm& t) {
                    return t.tm_hour <= 3 && (t.tm_mon == 2 || t.tm_mon == 9) &&
                           (t.tm_wday == 6 || t.tm_wday <= 1);
                  }},
};

TEST(NextFire, AgreesWithAnOracleOverTenYearsAndTwentyZones) {
  Zones zones;
  const auto begin = seconds("2024-01-01T00:00:00Z"), end = seconds("2034-01-01T00:00:00Z");
  for (const char* name : zone_names) {
    const LibraryClock library(name);
    std::vector<std::vector<std::int64_t>> expected(plain_schedules.size());
    // A time that the wall has shown before isn't new: timegm() numbers what it shows.
    std::int64_t shown = INT64_MIN;
    for (auto utc = begin; utc < end; utc += quarter) {
      auto wall = LibraryClock::at(utc);
      const auto number = utc + wall.tm_gmtoff;
      if (number <= shown) continue;
      shown = number;
      for (std::size_t i = 0; i < plain_schedules.size(); ++i) {
        if (plain_schedules[i].holds(wall)) expected[i].push_back(utc);
      }
    }
    for (std::size_t i = 0; i < plain_schedules.size(); ++i) {
      const Timing timing{
          .expression = parse_expression(plain_schedules[i].expression, Dialect::scheduler).value(),
          .zone = zones.find(name).value()};
      TimeMs at{(begin - 1) * 1000};
      for (const auto utc : expected[i]) {
        const auto next = next_fire(timing, at);
        ASSERT_TRUE(next) << name << " " << timing.zone->name();
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
