#include "s3/request_filters.h"

#include <gtest/gtest.h>

namespace tidemill::s3 {
namespace {

TEST(RequestFilters, read_what_the_setting_says) {
  const auto filters = RequestFilters::parse(R"({"Account":"000000000000","Region":"eu-west-1",
      "MetricsConfiguration":[{"Id":"all"},{"Id":"in","Filter":{"Prefix":"in/"}},
      {"Id":"hot","Filter":{"Tag":{"Key":"heat","Value":"hot"}}},
      {"Id":"both","Filter":{"And":{"Prefix":"in/","Tag":[{"Key":"a","Value":"1"},
                                                          {"Key":"b","Value":"2"}]}}}]})");
  ASSERT_TRUE(filters);
  EXPECT_EQ(filters->scope.region, "eu-west-1");
  ASSERT_EQ(filters->all.size(), 4u);
  EXPECT_EQ(filters->all[1].prefix, "in/");
  EXPECT_EQ(filters->all[2].tags, (Texts{{"heat", "hot"}}));
  EXPECT_EQ(filters->all[3].prefix, "in/");
  EXPECT_EQ(filters->all[3].tags, (Texts{{"a", "1"}, {"b", "2"}}));
}

TEST(RequestFilter, takes_a_request_by_its_key) {
  EXPECT_TRUE((RequestFilter{.id = "all"}.takes("")));
  const RequestFilter in{.id = "in", .prefix = "in/"};
  EXPECT_TRUE(in.takes("in/a"));
  EXPECT_FALSE(in.takes("out/a"));
  EXPECT_FALSE(in.takes("")) << "is about the bucket";
}

TEST(RequestFilter, needs_all_of_its_tags) {
  const RequestFilter both{.id = "both", .tags = {{"a", "1"}, {"b", "2"}}};
  EXPECT_FALSE(both.takes("")) << "a bucket has no object's tags";
  EXPECT_TRUE(both.takes_tags({{"a", "1"}, {"b", "2"}, {"c", "3"}}));
  EXPECT_FALSE(both.takes_tags({{"a", "1"}}));
  EXPECT_FALSE(both.takes_tags({{"a", "1"}, {"b", "3"}}));
}

TEST(RequestMetric, is_named_for_what_the_request_is) {
  EXPECT_EQ(request_metric("GET", "GetObject", true), "GetRequests");
  EXPECT_EQ(request_metric("GET", "ListParts", true), "ListRequests");
  EXPECT_EQ(request_metric("GET", "ListObjectsV2", false), "ListRequests");
  EXPECT_EQ(request_metric("GET", "GetBucketPolicy", false), "");
  EXPECT_EQ(request_metric("PUT", "CopyObject", true), "PutRequests");
  EXPECT_EQ(request_metric("PUT", "PutBucketPolicy", false), "");
  EXPECT_EQ(request_metric("HEAD", "HeadBucket", false), "HeadRequests");
  EXPECT_EQ(request_metric("POST", "DeleteObjects", false), "DeleteRequests");
  EXPECT_EQ(request_metric("POST", "CompleteMultipartUpload", true), "PostRequests");
  EXPECT_EQ(request_metric("DELETE", "DeleteObject", true), "DeleteRequests");
  EXPECT_EQ(request_metric("DELETE", "DeleteBucket", false), "");
}

}  // namespace
}  // namespace tidemill::s3
