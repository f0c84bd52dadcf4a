#include "s3/notifications.h"

#include <gtest/gtest.h>

#include "base/json.h"

namespace tidemill::s3 {
namespace {

Notification notification(std::vector<std::string> events, std::optional<std::string> prefix = {},
                          std::optional<std::string> suffix = {}) {
  return {.id = "n",
          .arn = "arn:aws:sqs:us-east-1:000000000000:q",
          .events = std::move(events),
          .prefix = std::move(prefix),
          .suffix = std::move(suffix)};
}

std::string refusal(const Notifications& notifications) {
  const auto checked = check_notifications(notifications);
  return checked ? "" : checked.error().message;
}

TEST(Notifications, want_events_of_keys) {
  const auto csv = notification({"s3:ObjectCreated:*"}, "in/", ".csv");
  EXPECT_TRUE(csv.wants("ObjectCreated:Put", "in/a.csv"));
  EXPECT_TRUE(csv.wants("ObjectCreated:Copy", "in/a.csv"));
  EXPECT_FALSE(csv.wants("ObjectRemoved:Delete", "in/a.csv"));
  EXPECT_FALSE(csv.wants("ObjectCreated:Put", "out/a.csv"));
  EXPECT_FALSE(csv.wants("ObjectCreated:Put", "in/a.json"));
  EXPECT_FALSE(notification({"s3:ObjectCreated:Put"}).wants("ObjectCreated:Copy", "a"));
}

TEST(Notifications, come_back_from_their_text) {
  const Notifications all = {notification({"s3:ObjectCreated:*"}, "", ".csv"),
                             notification({"s3:ObjectRemoved:*", "s3:ObjectCreated:Put"})};
  EXPECT_EQ(notifications_of(to_json(all)), all);
}

TEST(Notifications, must_not_share_an_event_of_a_key) {
  const auto put = notification({"s3:ObjectCreated:Put"});
  const auto created = notification({"s3:ObjectCreated:*"});
  EXPECT_TRUE(refusal({put, created}).starts_with("Configurations overlap."));
  EXPECT_EQ(refusal({put, notification({"s3:ObjectRemoved:*"})}), "");
  const auto a = notification({"s3:ObjectCreated:*"}, "a/"),
             b = notification({"s3:ObjectCreated:*"}, "b/");
  EXPECT_EQ(refusal({a, b}), "");
  const auto inside = notification({"s3:ObjectCreated:Put"}, "a/b/", ".csv");
  EXPECT_TRUE(refusal({a, inside}).starts_with("Configuration is ambiguously defined."));
}

TEST(Notifications, refuse_events_that_are_not_sent) {
  EXPECT_EQ(refusal({notification({"s3:ObjectTagging:Put"})}),
            "A specified event is not supported for notifications.");
  EXPECT_EQ(refusal({notification({"s3:ObjectRestore:*"})}), "") << "which can't happen";
}

TEST(Notifications, are_written_as_s3_does) {
  const Bucket bucket{.name = "b", .scope = {"000000000000", "us-east-1"}};
  const Happening happening{.reason = "PutObject",
                            .key = "a b/c+d@e.csv",
                            .size = 3,
                            .etag = "abc",
                            .sequencer = 17,
                            .time = {1'705'320'000'000}};
  Caller caller;
  caller.kind = Caller::Kind::user;
  caller.user_id = "AIDA";
  const auto text = record_text(bucket, happening, caller, "n");
  const auto parsed = json::parse_object(text).value();
  const auto& record = parsed.at("Records").as_array()[0].as_object();
  EXPECT_EQ(json::text_or_empty(record, "eventName"), "ObjectCreated:Put");
  EXPECT_EQ(json::text_or_empty(record, "eventTime"), "2024-01-15T12:00:00.000Z");
  EXPECT_EQ(json::dump(record.at("userIdentity")), R"({"principalId":"AWS:AIDA"})");
  EXPECT_EQ(
      json::dump(record.at("s3").at("object")),
      R"({"key":"a+b/c%2Bd%40e.csv","size":3,"eTag":"abc","sequencer":"000000000000000011"})");
  const Happening marker{.reason = "DeleteObject", .key = "k", .version = "v", .marker = true};
  EXPECT_EQ(event_name(marker), "ObjectRemoved:DeleteMarkerCreated");
  EXPECT_TRUE(record_text(bucket, marker, caller, "n")
                  .contains(R"("eTag":"d41d8cd98f00b204e9800998ecf8427e","versionId":"v")"));
}

}  // namespace
}  // namespace tidemill::s3
