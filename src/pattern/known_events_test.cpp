#include "pattern/known_events.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "pattern/portable.h"

namespace tidemill::pattern {
namespace {

using ::testing::HasSubstr;

std::optional<Mistake> mistake(std::string_view pattern) {
  return find_mistake(Pattern::compile(pattern).value());
}

TEST(KnownEvents, FindNothingWrongWithThePlatformsRule) {
  EXPECT_FALSE(mistake(R"({"source":["aws.s3"],"detail-type":["Object Created"],"detail":{
    "bucket":{"name":["b"]},"object":{"key":[{"prefix":"sales/","suffix":".csv"}]}}})"));
  EXPECT_FALSE(mistake(R"({"source":["aws.glue"],"detail":{"state":["FAILED"]}})"));
  EXPECT_FALSE(mistake(R"({"source":["my.app"],"detail":{"anything":["x"]}})"));
}

TEST(KnownEvents, FindAMistypedMember) {
  const auto found = mistake(R"({"source":["aws.s3"],"details":{"bucket":{"name":["b"]}}})");
  ASSERT_TRUE(found);
  EXPECT_EQ(found->path, "details.bucket.name");
  EXPECT_THAT(found->hint, HasSubstr("\"detail\""));
}

TEST(KnownEvents, FindADetailTypeOfAnotherService) {
  const auto other = mistake(R"({"source":["aws.glue"],"detail-type":["Object Created"]})");
  ASSERT_TRUE(other);
  EXPECT_THAT(other->hint, HasSubstr("comes from \"aws.s3\""));
  const auto typo = mistake(R"({"source":["aws.s3"],"detail-type":["Object created"]})");
  ASSERT_TRUE(typo);
  EXPECT_THAT(typo->hint, HasSubstr("\"Object Created\""));
}

TEST(KnownEvents, FindAFieldThatTheEventHasNot) {
  const auto found = mistake(
      R"({"source":["aws.s3"],"detail-type":["Object Created"],"detail":{"object":{"name":["a"]}}})");
  ASSERT_TRUE(found);
  EXPECT_EQ(found->path, "detail.object.name");
  EXPECT_FALSE(mistake(R"({"source":["aws.s3"],"detail":{"object":{"x":[{"exists":false}]}}})"))
      << "what asks for absence matches";
}

TEST(KnownEvents, AreNoMistakeWhileOneBranchIsRight) {
  EXPECT_FALSE(mistake(R"({"$or":[{"details":["x"]},{"source":["aws.s3"]}]})"));
}

TEST(PortableForm, OfPrefixAndSuffixIsAWildcard) {
  EXPECT_EQ(portable_form(R"({"k":[{"prefix":"sales/","suffix":".csv"}]})"),
            R"({"k":[{"wildcard":"sales/*.csv"}]})");
  EXPECT_EQ(portable_form(R"({"k":[{"prefix":"a*","suffix":"\\"}]})"),
            R"({"k":[{"wildcard":"a\\**\\\\"}]})");
}

TEST(PortableForm, OfWhatAwsTakesIsTheSameText) {
  EXPECT_EQ(portable_form(R"({ "k": ["a"] })"), R"({ "k": ["a"] })");
}

TEST(PortableForm, IsNotThereForOtherPairs) {
  EXPECT_FALSE(portable_form(R"({"k":[{"prefix":"a","anything-but":"ab"}]})"));
  EXPECT_FALSE(portable_form("no pattern"));
}

}  // namespace
}  // namespace tidemill::pattern
