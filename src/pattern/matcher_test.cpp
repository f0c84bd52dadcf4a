#include "pattern/matcher.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tidemill::pattern {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

Pattern pattern(std::string_view text) { return Pattern::compile(text).value(); }
Event event(std::string_view text) { return Event::parse(text).value(); }
RuleId rule(std::uint64_t id) { return RuleId(id); }

TEST(Matcher, GivesTheRulesThatMatchInOrder) {
  Matcher matcher;
  matcher.add(rule(7), pattern(R"({"a":["x"]})"));
  matcher.add(rule(3), pattern(R"({"a":[{"prefix":"x"}]})"));
  matcher.add(rule(5), pattern(R"({"a":["y"]})"));
  EXPECT_THAT(matcher.match(event(R"({"a":"x"})")), ElementsAre(rule(3), rule(7)));
  EXPECT_THAT(matcher.match(event(R"({"a":["x","y","x"]})")),
              ElementsAre(rule(3), rule(5), rule(7)));
  EXPECT_THAT(matcher.match(event("{}")), IsEmpty());
}

TEST(Matcher, ReplacesARuleOfTheSameId) {
  Matcher matcher;
  matcher.add(rule(1), pattern(R"({"a":["x"]})"));
  matcher.add(rule(1), pattern(R"({"b":["x"]})"));
  EXPECT_EQ(matcher.size(), 1U);
  EXPECT_THAT(matcher.match(event(R"({"a":"x"})")), IsEmpty());
  EXPECT_THAT(matcher.match(event(R"({"b":"x"})")), ElementsAre(rule(1)));
}

TEST(Matcher, LeavesNothingOfARemovedRule) {
  Matcher matcher;
  matcher.add(rule(1),
              pattern(R"({"a":{"b":["x"],"c":["y","z"]},"$or":[{"d":["1","2"]},{"a.b":["x"]}]})"));
  matcher.add(rule(2), pattern(R"({"a":{"b":["x"]}})"));
  matcher.add(rule(3), pattern(R"({"a":["x"]})"));
  EXPECT_FALSE(matcher.remove(rule(4)));
  EXPECT_TRUE(matcher.remove(rule(1)));
  EXPECT_FALSE(matcher.remove(rule(1)));
  EXPECT_THAT(matcher.match(event(R"({"a":{"b":"x","c":"y"},"d":"1"})")), ElementsAre(rule(2)));
  EXPECT_TRUE(matcher.remove(rule(2)));
  EXPECT_THAT(matcher.match(event(R"({"a":"x"})")), ElementsAre(rule(3)));
  EXPECT_EQ(matcher.size(), 1U);
}

TEST(Matcher, KeepsRulesApartThatSpoilEachOtherElsewhere) {
  Matcher matcher;
  matcher.add(rule(1), pattern(R"({"state":[{"wildcard":"*NING"}]})"));
  matcher.add(rule(2), pattern(R"({"state":[{"equals-ignore-case":"running"}]})"));
  EXPECT_THAT(matcher.match(event(R"({"state":"xRUNNING"})")), ElementsAre(rule(1)));
}

TEST(Matcher, LooksAtFewOfManyRules) {
  Matcher matcher;
  constexpr std::uint64_t rules = 20'000;
  for (std::uint64_t i = 0; i < rules; ++i) {
    matcher.add(rule(i), pattern(fmt::format(
                             R"({{"source":["aws.s3"],"detail-type":["Object Created"],"detail":)"
                             R"({{"bucket":{{"name":["bucket-{}"]}},"object":{{"key":)"
                             R"([{{"wildcard":"in{}/*.csv"}}]}}}}}})",
                             i / 10, i % 10)));
  }
  const auto created =
      event(R"({"source":"aws.s3","detail-type":"Object Created","detail":{"bucket":{"name":)"
            R"("bucket-77"},"object":{"key":"in3/a.csv"}}})");
  EXPECT_THAT(matcher.match(created), ElementsAre(rule(773)));
  EXPECT_LE(matcher.candidates(created), 32U);
  for (std::uint64_t i = 0; i < rules; ++i) EXPECT_TRUE(matcher.remove(rule(i)));
  EXPECT_EQ(matcher.candidates(created), 0U);
}

}  // namespace
}  // namespace tidemill::pattern
