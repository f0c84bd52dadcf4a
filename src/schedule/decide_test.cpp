#include "schedule/decide.h"

#include <gtest/gtest.h>

namespace tidemill::schedule {
namespace {

TimeMs at(std::string_view text) { return parse_iso(text).value(); }

const calendar::Timing hourly{
    .expression = calendar::parse_expression("cron(0 * * * ? *)", calendar::Dialect::rule).value()};

std::vector<std::string> fates(const Decision& decision) {
  std::vector<std::string> out;
  for (const auto& verdict : decision.verdicts) {
    out.push_back(iso_seconds(verdict.planned).substr(11, 5) + " " +
                  std::string(text(verdict.fate)));
  }
  return out;
}

using Fates = std::vector<std::string>;

TEST(Decide, NothingIsDueBeforeItsTime) {
  const auto decision = decide(hourly, {}, at("2026-01-01T00:00:00Z"), at("2026-01-01T00:59:59Z"));
  EXPECT_TRUE(decision.verdicts.empty());
  EXPECT_EQ(decision.decided, at("2026-01-01T00:00:00Z"));
  EXPECT_EQ(decision.next, at("2026-01-01T01:00:00Z"));
}

TEST(Decide, AMinuteLateIsStillInTime) {
  const auto decision = decide(hourly, {}, at("2026-01-01T00:00:00Z"), at("2026-01-01T01:01:00Z"));
  EXPECT_EQ(fates(decision), Fates{"01:00 fired"});
}

TEST(Decide, MissedOnesAreMadeIntoTheOneThatIsDueNow) {
  const auto decision = decide(hourly, {}, at("2026-01-01T00:00:00Z"), at("2026-01-01T03:00:10Z"));
  EXPECT_EQ(fates(decision), (Fates{"01:00 coalesced", "02:00 coalesced", "03:00 fired"}));
  EXPECT_EQ(decision.next, at("2026-01-01T04:00:00Z"));
}

TEST(Decide, AllAreRunInTheirOrderIfSo) {
  const Policy policy{.catchup = Catchup::all, .catchup_max = 2};
  const auto decision =
      decide(hourly, policy, at("2026-01-01T00:00:00Z"), at("2026-01-01T03:30:00Z"));
  EXPECT_EQ(fates(decision), (Fates{"01:00 dropped", "02:00 late", "03:00 late"}));
}

TEST(Decide, ALongTimeIsToldInFewRows) {
  const auto decision = decide(hourly, {}, at("2020-01-01T00:00:00Z"), at("2026-01-01T00:30:00Z"));
  ASSERT_EQ(decision.verdicts.size(), told_max + 1);
  std::int64_t told = 0;
  for (const auto& verdict : decision.verdicts) told += 1 + verdict.others;
  EXPECT_EQ(told, 6 * 365 * 24 + 2 * 24) << "six years of hours, two of them leap years";
}

TEST(Decide, NothingRunsThatWasDisabled) {
  const auto decision =
      decide_disabled(hourly, at("2026-01-01T00:00:00Z"), at("2026-01-01T02:30:00Z"));
  EXPECT_EQ(fates(decision), (Fates{"01:00 skipped", "02:00 skipped"}));
  EXPECT_EQ(decision.decided, at("2026-01-01T02:30:00Z"));
}

TEST(Decide, BesideOthers) {
  EXPECT_EQ(beside_others(Overlap::skip, false, 0), Step::run);
  EXPECT_EQ(beside_others(Overlap::skip, true, 0), Step::skip);
  EXPECT_EQ(beside_others(Overlap::buffer_one, true, 0), Step::buffer);
  EXPECT_EQ(beside_others(Overlap::buffer_one, true, 1), Step::skip);
  EXPECT_EQ(beside_others(Overlap::buffer_all, false, 3), Step::buffer) << "in their order";
  EXPECT_EQ(beside_others(Overlap::cancel_other, true, 0), Step::cancel_and_run);
  EXPECT_EQ(beside_others(Overlap::allow, true, 0), Step::run);
}

}  // namespace
}  // namespace tidemill::schedule
