#include "s3/lifecycle.h"

#include <gtest/gtest.h>

namespace tidemill::s3 {
namespace {

TimeMs at(std::string_view text) { return parse_iso(text).value(); }

Lifecycle with(std::string_view rules) {
  return Lifecycle::parse(R"({"Rule":[)" + std::string(rules) + "]}").value();
}

Aging object(std::string_view key, std::string_view modified, std::uint64_t size = 1) {
  return {.key = key, .size = size, .modified = at(modified)};
}

TEST(Lifecycle, RoundsUpToTheNextMidnight) {
  EXPECT_EQ(iso_seconds(days_later(at("2024-01-15T10:30:00Z"), 3)), "2024-01-19T00:00:00Z");
  EXPECT_EQ(iso_seconds(days_later(at("2024-01-15T00:00:00Z"), 3)), "2024-01-18T00:00:00Z");
  EXPECT_EQ(iso_seconds(days_later(at("2024-02-28T23:59:59Z"), 1)), "2024-03-01T00:00:00Z");
}

TEST(Lifecycle, LetsObjectsExpireAfterDaysOrAtADate) {
  const auto lifecycle = with(
      R"({"ID":"d","Status":"Enabled","Filter":{"Prefix":"days/"},"Expiration":{"Days":1}},)"
      R"({"ID":"t","Status":"Enabled","Prefix":"date/","Expiration":{"Date":"2024-03-01T00:00:00Z"}})");
  const auto day = object("days/a", "2024-01-15T10:30:00Z");
  EXPECT_FALSE(lifecycle.is_over(day, at("2024-01-16T23:59:59Z")));
  EXPECT_TRUE(lifecycle.is_over(day, at("2024-01-17T00:00:00Z")));
  const auto date = object("date/a", "2024-01-15T10:30:00Z");
  EXPECT_FALSE(lifecycle.is_over(date, at("2024-02-29T23:59:59Z")));
  EXPECT_TRUE(lifecycle.is_over(date, at("2024-03-01T00:00:00Z")));
  EXPECT_FALSE(
      lifecycle.is_over(object("other", "2000-01-01T00:00:00Z"), at("2030-01-01T00:00:00Z")));
}

TEST(Lifecycle, IsForWhatTheWholeFilterLetsPass) {
  const auto lifecycle =
      with(R"({"ID":"f","Status":"Enabled","Expiration":{"Days":1},"Filter":{"And":{"Prefix":"a/",)"
           R"("Tag":[{"Key":"keep","Value":"no"},{"Key":"team","Value":"data"}],)"
           R"("ObjectSizeGreaterThan":10,"ObjectSizeLessThan":20}}})");
  auto aging = object("a/b", "2024-01-01T00:00:00Z", 15);
  EXPECT_FALSE(lifecycle.expiry_of(aging)) << "no tags";
  aging.tags = {{"keep", "no"}, {"team", "data"}, {"more", "x"}};
  EXPECT_TRUE(lifecycle.expiry_of(aging));
  aging.size = 10;
  EXPECT_FALSE(lifecycle.expiry_of(aging)) << "not larger";
  aging.size = 20;
  EXPECT_FALSE(lifecycle.expiry_of(aging)) << "not smaller";
  aging.size = 15;
  aging.key = "b/a/";
  EXPECT_FALSE(lifecycle.expiry_of(aging)) << "another prefix";
}

TEST(Lifecycle, TellsTheEarliestOfSeveralRulesAndNoneThatIsDisabled) {
  const auto lifecycle =
      with(R"({"ID":"late","Status":"Enabled","Filter":{},"Expiration":{"Days":9}},)"
           R"({"ID":"soon rule","Status":"Enabled","Filter":{},"Expiration":{"Days":2}},)"
           R"({"ID":"off","Status":"Disabled","Filter":{},"Expiration":{"Days":1}})");
  const auto expiry = lifecycle.expiry_of(object("a", "2024-01-15T10:30:00Z"));
  ASSERT_TRUE(expiry);
  EXPECT_EQ(expiration_header(*expiry),
            R"(expiry-date="Thu, 18 Jan 2024 00:00:00 GMT", rule-id="soon%20rule")");
}

constexpr std::string_view noncurrent =
    R"({"ID":"n","Status":"Enabled","Filter":{},"NoncurrentVersionExpiration":)"
    R"({"NoncurrentDays":2,"NewerNoncurrentVersions":1}})";

TEST(Lifecycle, CountsAVersionsDaysFromWhenItWasReplaced) {
  const auto lifecycle = with(noncurrent);
  Chain chain{.object = object("a", "2024-01-20T00:00:00Z"),
              .older = {object("a", "2024-01-10T00:00:00Z"), object("a", "2024-01-05T00:00:00Z"),
                        object("a", "2024-01-01T00:00:00Z")}};
  using Indices = std::vector<std::size_t>;
  EXPECT_EQ(lifecycle.over_of(chain, at("2024-01-06T23:59:59Z")), Indices());
  EXPECT_EQ(lifecycle.over_of(chain, at("2024-01-07T00:00:00Z")), Indices({2}));
  EXPECT_EQ(lifecycle.over_of(chain, at("2024-01-12T00:00:00Z")), Indices({1, 2}));
  EXPECT_EQ(lifecycle.over_of(chain, at("2030-01-01T00:00:00Z")), Indices({1, 2}))
      << "the newest of the older ones is kept";
}

TEST(Lifecycle, TakesTheMarkerOfADeletedKeyForCurrent) {
  auto marker = object("a", "2024-01-20T00:00:00Z", 0);
  marker.marker = true;
  const Chain chain{
      .object = {},
      .older = {marker, object("a", "2024-01-10T00:00:00Z"), object("a", "2024-01-05T00:00:00Z")}};
  EXPECT_EQ(with(noncurrent).over_of(chain, at("2030-01-01T00:00:00Z")),
            std::vector<std::size_t>({2}));
}

TEST(Lifecycle, RemovesOnlyAMarkerWithNothingBehindIt) {
  auto marker = object("a", "2024-01-20T10:00:00Z", 0);
  marker.marker = true;
  const Chain lone{.object = {}, .older = {marker}};
  const Chain covering{.object = {}, .older = {marker, object("a", "2024-01-10T00:00:00Z")}};
  const auto now = at("2024-01-20T10:00:01Z");
  const auto at_once = with(
      R"({"ID":"m","Status":"Enabled","Filter":{},"Expiration":{"ExpiredObjectDeleteMarker":true}})");
  EXPECT_EQ(at_once.over_of(lone, now).size(), 1U);
  EXPECT_TRUE(at_once.over_of(covering, now).empty());
  const auto by_days = with(R"({"ID":"d","Status":"Enabled","Filter":{},"Expiration":{"Days":1}})");
  EXPECT_TRUE(by_days.over_of(lone, now).empty());
  EXPECT_EQ(by_days.over_of(lone, at("2024-01-22T00:00:00Z")).size(), 1U);
}

TEST(Lifecycle, AbortsUploadsByTheirAge) {
  const auto lifecycle = with(R"({"ID":"u","Status":"Enabled","Filter":{"Prefix":"in/"},)"
                              R"("AbortIncompleteMultipartUpload":{"DaysAfterInitiation":7}})");
  EXPECT_TRUE(lifecycle.aborts_uploads());
  EXPECT_FALSE(lifecycle.expires_objects());
  const auto begun = at("2024-01-01T12:00:00Z");
  EXPECT_FALSE(lifecycle.is_upload_over("in/a", begun, at("2024-01-08T23:00:00Z")));
  EXPECT_TRUE(lifecycle.is_upload_over("in/a", begun, at("2024-01-09T00:00:00Z")));
  EXPECT_FALSE(lifecycle.is_upload_over("out/a", begun, at("2030-01-01T00:00:00Z")));
}

TEST(Lifecycle, LooksAtNoPrefixTwice) {
  const auto rule = [](std::string_view prefix) {
    return R"({"ID":"x","Status":"Enabled","Prefix":")" + std::string(prefix) +
           R"(","Expiration":{"Days":1}},)";
  };
  auto rules = rule("b/c") + rule("a/") + rule("b") + rule("a/x");
  rules.pop_back();
  EXPECT_EQ(with(rules).prefixes(), std::vector<std::string>({"a/", "b"}));
}

}  // namespace
}  // namespace tidemill::s3
