#include "calendar/expression.h"

#include <gtest/gtest.h>

#include "calendar/describe.h"
#include "calendar/next.h"

namespace tidemill::calendar {
namespace {

TimeMs at(std::string_view text) { return parse_iso(text).value(); }

Timing timing(std::string_view text, ZoneRef zone = utc()) {
  return {.expression = parse_expression(text, Dialect::scheduler).value(),
          .zone = std::move(zone)};
}

std::vector<std::string> fires(std::string_view text, std::string_view from, int count) {
  const auto asked = timing(text);
  std::vector<std::string> out;
  auto next = next_fire(asked, at(from));
  for (; next && count > 0; --count, next = next_fire(asked, *next)) {
    out.push_back(iso_seconds(*next).substr(0, 16));
  }
  return out;
}

std::string hint(std::string_view text, Dialect dialect = Dialect::rule) {
  const auto read = parse_expression(text, dialect);
  return read ? "accepted" : read.error().hint;
}

using Days = std::vector<std::string>;

TEST(Cron, FiresInEveryFormOfThePlatform) {
  EXPECT_EQ(fires("cron(0 2 * * ? *)", "2026-02-28T02:00:00Z", 1), Days{"2026-03-01T02:00"});
  EXPECT_EQ(fires("cron(0 3 ? * MON *)", "2026-02-28T00:00:00Z", 1), Days{"2026-03-02T03:00"});
  EXPECT_EQ(fires("cron(0 */6 * * ? *)", "2026-02-28T12:00:00Z", 2),
            (Days{"2026-02-28T18:00", "2026-03-01T00:00"}));
  EXPECT_EQ(fires("cron(0 6 ? * MON-FRI *)", "2026-02-27T06:00:00Z", 1), Days{"2026-03-02T06:00"});
  EXPECT_EQ(fires("cron(0 * * * ? *)", "2026-12-31T23:00:00Z", 1), Days{"2027-01-01T00:00"});
  EXPECT_EQ(fires("cron(0 4 1 * ? *)", "2026-02-28T00:00:00Z", 1), Days{"2026-03-01T04:00"});
}

TEST(Cron, KnowsTheEndsOfMonths) {
  EXPECT_EQ(fires("cron(0 0 L * ? *)", "2028-01-31T00:00:00Z", 2),
            (Days{"2028-02-29T00:00", "2028-03-31T00:00"}));
  EXPECT_EQ(fires("cron(0 0 L-3 * ? *)", "2026-02-01T00:00:00Z", 1), Days{"2026-02-25T00:00"});
  EXPECT_EQ(fires("cron(0 0 LW * ? *)", "2026-01-31T00:00:00Z", 1), Days{"2026-02-27T00:00"});
  EXPECT_EQ(fires("cron(0 0 31 * ? *)", "2026-01-31T00:00:00Z", 1), Days{"2026-03-31T00:00"});
  EXPECT_EQ(fires("cron(0 0 ? * FRIL *)", "2026-01-01T00:00:00Z", 1), Days{"2026-01-30T00:00"});
  EXPECT_EQ(fires("cron(0 0 ? * 2#5 *)", "2026-01-01T00:00:00Z", 1), Days{"2026-03-30T00:00"});
}

TEST(Cron, TakesTheNearestWeekdayWithinTheMonth) {
  EXPECT_EQ(fires("cron(0 0 1W * ? *)", "2026-07-31T00:00:00Z", 1), Days{"2026-08-03T00:00"});
  EXPECT_EQ(fires("cron(0 0 31W * ? *)", "2026-05-01T00:00:00Z", 1), Days{"2026-05-29T00:00"});
  EXPECT_EQ(fires("cron(0 0 30W * ? *)", "2026-02-01T00:00:00Z", 1), Days{"2026-03-30T00:00"});
}

TEST(Cron, GoesRoundInItsRanges) {
  EXPECT_EQ(fires("cron(0 22-2/2 * * ? *)", "2026-01-01T21:00:00Z", 4),
            (Days{"2026-01-01T22:00", "2026-01-02T00:00", "2026-01-02T02:00", "2026-01-02T22:00"}));
  EXPECT_EQ(fires("cron(0 0 ? * FRI-MON *)", "2026-01-01T00:00:00Z", 5),
            (Days{"2026-01-02T00:00", "2026-01-03T00:00", "2026-01-04T00:00", "2026-01-05T00:00",
                  "2026-01-09T00:00"}));
}

TEST(Cron, EndsWithoutAnError) {
  EXPECT_TRUE(fires("cron(0 0 30 2 ? *)", "2026-01-01T00:00:00Z", 1).empty());
  EXPECT_TRUE(fires("cron(15 10 ? * 6L 2002-2005)", "2026-01-01T00:00:00Z", 1).empty());
  EXPECT_EQ(fires("cron(59 23 31 12 ? *)", "2198-12-31T23:59:00Z", 2), Days{"2199-12-31T23:59"});
}

TEST(Cron, TakesWhatAwsTakes) {
  for (const char* text :
       {"cron(*/1 * * * ? *)", "cron(0-15/1 8-8 * * ? *)", "cron(1-31/30 1-1 ? * 1,7 *)",
        "cron(30-30 13-13 ? * 2,4,6 *)", "cron(0-59/10 0-23/2 ? * * *)",
        "cron(0/5 5 ? JAN 1-5 2022)", "cron(0 0 ? * mon,3,Fri *)", "cron(0  0\t? * L *)"}) {
    EXPECT_EQ(hint(text), "accepted") << text;
  }
}

TEST(Cron, RefusesWithTheFieldAndTheColumn) {
  EXPECT_EQ(hint("cron(0 9 * * MON-FRI *)"),
            "day-of-month, column 10: it and day-of-week both say the days: one of them must be"
            " '?'. Perhaps: cron(0 9 ? * MON-FRI *)");
  EXPECT_TRUE(hint("cron(71 8 1 * ? *)").starts_with("minutes, column 6: 71 is not within 0-59"));
  EXPECT_TRUE(hint("cron(0 9 ? * MON/2 *)").starts_with("day-of-week, column 14: MON/2 can be"));
  EXPECT_TRUE(hint("cron(0 9 L,15 * ? *)").starts_with("day-of-month, column 10: \"L\""));
  EXPECT_TRUE(hint("cron(0 9 ? * 3#1,6#3 *)").starts_with("day-of-week, column 14: '#' stands"));
}

TEST(Expression, ProposesWhatWasMeant) {
  const auto proposes = [](std::string_view text, std::string_view proposal, Dialect dialect) {
    EXPECT_TRUE(hint(text, dialect).ends_with("Perhaps: " + std::string(proposal))) << hint(text);
  };
  proposes("0 9 * * MON-FRI *", "cron(0 9 ? * MON-FRI *)", Dialect::rule);
  proposes("cron(0 9 * * 1-5)", "cron(0 9 ? * 2-6 *)", Dialect::rule);
  proposes("cron(0 0 9 ? * MON *)", "cron(0 9 ? * MON *)", Dialect::rule);
  proposes("cron(0 9 ? * MONDAY *)", "cron(0 9 ? * MON *)", Dialect::rule);
  proposes("cron(*/60 * * * ? *)", "cron(0 * * * ? *)", Dialect::rule);
  proposes("cron(0/5, 9-18, ?, *, MON-FRI, *)", "cron(0/5 9-18 ? * MON-FRI *)", Dialect::rule);
  proposes("cron(53 1 * * ? *", "cron(53 1 * * ? *)", Dialect::rule);
  proposes("rate(10 minute)", "rate(10 minutes)", Dialect::rule);
  proposes(" rate( 1 minutes )", "rate(1 minute)", Dialect::rule);
  proposes("rate(2 weeks)", "rate(14 days)", Dialect::scheduler);
  proposes("at(2021-12-31)", "at(2021-12-31T00:00:00)", Dialect::scheduler);
  proposes("at(2021-12-31T23:59:59Z)", "at(2021-12-31T23:59:59)", Dialect::scheduler);
}

TEST(Expression, DependsOnWhoReadsIt) {
  EXPECT_NE(hint("rate(2 minute)", Dialect::rule), "accepted");
  EXPECT_EQ(hint("rate(2 minute)", Dialect::scheduler), "accepted");
  EXPECT_NE(hint("at(2030-01-01T00:00:00)", Dialect::rule), "accepted");
  EXPECT_NE(hint("rate(1 hour)", Dialect::trigger), "accepted");
  EXPECT_NE(hint("cron(0/4 * * * ? *)", Dialect::trigger), "accepted");
  EXPECT_EQ(hint("cron(0/5 * * * ? *)", Dialect::trigger), "accepted");
  EXPECT_EQ(parse_expression("nonsense", Dialect::rule).error().message,
            "Parameter ScheduleExpression is not valid.");
  EXPECT_EQ(parse_expression("cron()", Dialect::scheduler).error().message,
            "Invalid Schedule Expression cron().");
}

TEST(NextFire, KeepsToItsDates) {
  auto hourly = timing("cron(0 * * * ? *)");
  hourly.start = at("2026-01-01T05:00:00Z");
  hourly.end = at("2026-01-01T06:00:00Z");
  EXPECT_EQ(next_fire(hourly, at("2025-01-01T00:00:00Z")), hourly.start);
  EXPECT_EQ(next_fire(hourly, *hourly.start), hourly.end);
  EXPECT_EQ(next_fire(hourly, *hourly.end), std::nullopt);
}

TEST(Notes, SayWhatIsLeftOut) {
  const auto now = at("2026-01-01T00:00:00Z");
  EXPECT_EQ(notes_on(timing("cron(0 0 31 * ? *)"), now),
            Days{"left out, having no such day: February, April, June, September, November"});
  EXPECT_EQ(notes_on(timing("cron(0 0 30 2 ? *)"), now),
            Days{"never fires after 2026-01-01T00:00:00Z"});
}

}  // namespace
}  // namespace tidemill::calendar
