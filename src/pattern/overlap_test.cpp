#include "pattern/overlap.h"

#include <gtest/gtest.h>

#include <string>

#include "base/json.h"

namespace tidemill::pattern {
namespace {

Pattern compiled(std::string_view text) { return Pattern::compile(text).value(); }

/// A pattern that asks `matchers` of the field k.
std::string asks(std::string_view matchers) {
  return std::string(R"({"k":[)").append(matchers).append("]}");
}

Overlap overlap_of(std::string_view one, std::string_view other) {
  return satisfy_both(compiled(one), compiled(other));
}

void expect_overlap(std::string_view one, std::string_view other) {
  const auto found = overlap_of(one, other);
  ASSERT_EQ(found.verdict, Verdict::possible) << one << " and " << other;
  const auto event = Event::parse(found.event).value();
  EXPECT_TRUE(compiled(one).matches(event)) << one << ": " << found.event;
  EXPECT_TRUE(compiled(other).matches(event)) << other << ": " << found.event;
}

void expect_apart(std::string_view one, std::string_view other) {
  EXPECT_EQ(overlap_of(one, other).verdict, Verdict::impossible) << one << " and " << other;
}

TEST(Overlap, OfPrefixesIsWhereOneContinuesTheOther) {
  expect_overlap(asks(R"({"prefix":"sales/"})"), asks(R"({"prefix":"sales/2024/"})"));
  expect_apart(asks(R"({"prefix":"sales/"})"), asks(R"({"prefix":"stock/"})"));
}

TEST(Overlap, OfPrefixAndSuffixAndWildcard) {
  expect_overlap(asks(R"({"prefix":"sales/","suffix":".csv"})"), asks(R"({"wildcard":"*/eu/*"})"));
  expect_overlap(asks(R"({"suffix":"bc"})"), asks(R"({"prefix":"ab"})"));
  expect_apart(asks(R"({"suffix":".csv"})"), asks(R"({"suffix":".json"})"));
  expect_apart(asks(R"({"wildcard":"a*b"})"), asks(R"({"suffix":"c"})"));
}

TEST(Overlap, FindsTheOneTextThatIsLeft) {
  // Shorter than both affixes: they lie over each other.
  expect_overlap(asks(R"({"wildcard":"ab*","suffix":"bc"})"),
                 asks(R"({"anything-but":{"wildcard":"ab*bc"}})"));
}

TEST(Overlap, OfCases) {
  expect_overlap(asks(R"({"equals-ignore-case":"Running"})"), asks(R"({"prefix":"RUN"})"));
  expect_apart(asks(R"({"equals-ignore-case":"running"})"), asks(R"("stopped")"));
  expect_overlap(asks(R"({"suffix":{"equals-ignore-case":".CSV"}})"), asks(R"({"suffix":"sv"})"));
}

TEST(Overlap, OfAnythingBut) {
  expect_overlap(asks(R"({"anything-but":["example"]})"), asks(R"({"anything-but":"x"})"));
  expect_apart(asks(R"({"anything-but":{"prefix":"tmp/"}})"), asks(R"({"prefix":"tmp/a"})"));
  expect_apart(asks(R"({"anything-but":["a","b"]})"), asks(R"("a","b")"));
}

TEST(Overlap, OfNumbers) {
  expect_overlap(asks(R"({"numeric":[">",1,"<",2]})"), asks(R"({"numeric":["<",1.5]})"));
  expect_apart(asks(R"({"numeric":["<",1]})"), asks(R"({"numeric":[">=",1]})"));
  expect_apart(asks(R"({"numeric":[">",5]})"), asks(R"({"prefix":"a"})"));
  expect_overlap(asks(R"({"anything-but":3})"), asks(R"({"numeric":[">=",3]})"));
}

TEST(Overlap, OfNetworks) {
  expect_overlap(asks(R"({"cidr":"10.0.0.0/8"})"), asks(R"({"cidr":"10.1.2.0/24"})"));
  expect_overlap(asks(R"({"cidr":"2001:db8::/32"})"), asks(R"({"exists":true})"));
}

TEST(Overlap, OfPresenceAndAbsence) {
  expect_apart(asks(R"({"exists":false})"), asks(R"("a")"));
  expect_overlap(asks(R"({"exists":false})"), asks(R"("a",{"exists":false})"));
  expect_overlap(R"({"a":["x"]})", R"({"b":[{"exists":false}]})");
}

TEST(Overlap, OfDifferentFieldsAndBranches) {
  expect_overlap(R"({"source":["aws.s3"]})", R"({"detail":{"object":{"key":[{"prefix":"a"}]}}})");
  expect_apart(R"({"source":["aws.s3"],"a":["x"]})", R"({"source":["aws.glue"]})");
  expect_overlap(R"({"$or":[{"a":["x"]},{"b":["y"]}]})", R"({"a":["z"],"b":["y"]})");
  expect_overlap(R"({"a":["x"]})", R"({"a":{"b":["y"]}})");
}

TEST(Overlap, NamesThePathWhereTwoPatternsPart) {
  const auto found = overlap_of(R"({"source":["aws.s3"],"k":[{"prefix":"a"}]})",
                                R"({"source":["aws.s3"],"k":[{"prefix":"b"}]})");
  EXPECT_EQ(found.path, "k");
  EXPECT_EQ(found.asked, R"(prefix "a" and prefix "b")");
}

TEST(Overlap, TellsAPatternThatNothingMatches) {
  EXPECT_EQ(satisfy(compiled(asks(R"({"prefix":"a","equals-ignore-case":"b"})"))).verdict,
            Verdict::impossible);
  const auto fine = satisfy(compiled(R"({"source":["aws.s3"],"detail":{"n":[{"exists":true}]}})"));
  ASSERT_EQ(fine.verdict, Verdict::possible);
  const auto event = json::parse_object(fine.event).value();
  EXPECT_EQ(json::text_or_empty(event, "source"), "aws.s3");
  EXPECT_TRUE(event.contains("account")) << "an example is a whole event";
}

TEST(Overlap, AnswersInBoundedTimeWhateverIsAsked) {
  std::string stars;
  for (int i = 0; i < 200; ++i) stars += "a*";
  const auto one = compiled(asks(R"({"wildcard":")" + stars + R"("})"));
  const auto other = compiled(asks(R"({"anything-but":{"wildcard":")" + stars + R"(b"}})"));
  EXPECT_NE(satisfy_both(one, other).verdict, Verdict::impossible);
}

}  // namespace
}  // namespace tidemill::pattern
