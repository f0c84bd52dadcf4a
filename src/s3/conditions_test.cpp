#include "s3/conditions.h"

#include <gtest/gtest.h>

namespace tidemill::s3 {
namespace {

constexpr TimeMs modified{1'705'311'000'500};
constexpr TimeMs now{1'705'400'000'000};
constexpr Current current{.etag = "abc", .modified = modified};

/// "ok", or status and, of a 412, the condition that didn't hold.
std::string read(const ReadConditions& conditions) {
  const auto done = check_read(conditions, current, now);
  if (done) return "ok";
  const auto& error = done.error();
  return error.details.empty() ? std::to_string(http_status(error)) : error.details[0].second;
}

TEST(ReadConditions, CompareEtagsWithOrWithoutQuotes) {
  EXPECT_EQ(read({.if_match = "\"abc\""}), "ok");
  EXPECT_EQ(read({.if_match = "abc"}), "ok");
  EXPECT_EQ(read({.if_match = "*"}), "ok");
  EXPECT_EQ(read({.if_match = "\"x\", \"abc\""}), "ok");
  EXPECT_EQ(read({.if_match = "\"x\""}), "If-Match");
  EXPECT_EQ(read({.if_none_match = "\"abc\""}), "304");
  EXPECT_EQ(read({.if_none_match = "\"x\""}), "ok");
}

TEST(ReadConditions, CompareTimesInWholeSeconds) {
  const TimeMs same_second{1'705'311'000'000};
  EXPECT_EQ(read({.if_modified_since = same_second}), "304");
  EXPECT_EQ(read({.if_unmodified_since = same_second}), "ok");
  EXPECT_EQ(read({.if_modified_since = TimeMs{same_second.ms - 1000}}), "ok");
  EXPECT_EQ(read({.if_unmodified_since = TimeMs{same_second.ms - 1000}}), "If-Unmodified-Since");
}

TEST(ReadConditions, PassOverATimeInTheFuture) {
  EXPECT_EQ(read({.if_modified_since = TimeMs{now.ms + 86'400'000}}), "ok");
}

TEST(CopyConditions, NameTheirHeader) {
  const auto refused = check_copy_source({.if_match = "x"}, current, now);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().details[0].second, "x-amz-copy-source-If-Match");
  EXPECT_EQ(http_status(refused.error()), 412);
}

TEST(WriteConditions, CreateOnlyOrReplaceOnly) {
  const std::optional<std::string> there = "abc", absent;
  EXPECT_TRUE(check_write({.if_none_match = "*"}, absent, "k"));
  EXPECT_EQ(check_write({.if_none_match = "*"}, there, "k").error().name, "PreconditionFailed");
  EXPECT_TRUE(check_write({.if_match = "\"abc\""}, there, "k"));
  EXPECT_EQ(check_write({.if_match = "\"x\""}, there, "k").error().name, "PreconditionFailed");
  EXPECT_EQ(check_write({.if_match = "\"abc\""}, absent, "k").error().name, "NoSuchKey");
}

TEST(WriteConditions, TakeNoOtherForms) {
  EXPECT_TRUE(check_form({}));
  EXPECT_TRUE(check_form({.if_match = "\"abc\""}));
  EXPECT_TRUE(check_form({.if_none_match = "*"}));
  for (const WriteConditions& wrong :
       {WriteConditions{.if_match = "*"}, WriteConditions{.if_none_match = "\"abc\""},
        WriteConditions{.if_match = "a", .if_none_match = "*"}}) {
    EXPECT_EQ(check_form(wrong).error().name, "NotImplemented");
  }
}

}  // namespace
}  // namespace tidemill::s3
