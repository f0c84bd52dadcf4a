#include "cloudtrail/trail.h"

#include <future>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/json.h"
#include "cloudtrail/schema.h"
#include "store/store_fixture_testing.h"

namespace tidemill::cloudtrail {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

class TrailTest : public store::StoreFixture {
 protected:
  TrailTest() : StoreFixture(migrations) {
    trail_.emplace(*store_, random_);
    caller_.kind = Caller::Kind::user;
    caller_.scope = {"000000000000", "us-east-1"};
    caller_.arn = "arn:aws:iam::000000000000:user/team/ann";
    caller_.access_key_id = "AKIAEXAMPLE";
  }

  void note(std::int64_t at_ms, std::string_view operation, std::string job,
            const Error* error = nullptr) {
    wire::AuditedRequest request{.parameters = R"({"jobName":)" + json::quote(job) + "}",
                                 .names = {{"JobName", job}}};
    trail_->note({.time = {at_ms},
                  .caller = caller_,
                  .service = "glue",
                  .operation = operation,
                  .user_agent = "test",
                  .request = request,
                  .resource = "arn:aws:glue:us-east-1:000000000000:job/" + job,
                  .error = error});
  }

  /// What is in the trail, once everything that was noted is written.
  LookupPage lookup(LookupQuery query) {
    trail_->close();
    query.scope = caller_.scope;
    auto look = [&](store::Tx& tx) { return Trail::lookup(tx, query); };
    return store_->write_now(look).value();
  }
  std::vector<std::string> names(LookupQuery query) {
    std::vector<std::string> all;
    for (const auto& record : lookup(std::move(query)).records) all.push_back(record.name);
    return all;
  }

  SystemRandom random_;
  std::optional<Trail> trail_;
  Caller caller_;
};

TEST_F(TrailTest, TellsTheNewestFirstWithinTheTimesAskedFor) {
  note(1000, "A", "x");
  note(3000, "C", "x");
  note(2000, "B", "x");
  EXPECT_THAT(names({}), ElementsAre("C", "B", "A"));
  EXPECT_THAT(names({.from = TimeMs{2000}}), ElementsAre("C", "B"));
  EXPECT_THAT(names({.until = TimeMs{2000}}), ElementsAre("B", "A"));
}

TEST_F(TrailTest, FindsByEachAttribute) {
  note(1000, "CreateJob", "etl");
  caller_.arn = "arn:aws:iam::000000000000:user/bob";
  note(2000, "DeleteJob", "other");
  for (const auto& [key, value] : std::vector<std::pair<std::string, std::string>>{
           {"EventName", "CreateJob"},
           {"Username", "ann"},
           {"ResourceName", "etl"},
           {"ResourceName", "arn:aws:glue:us-east-1:000000000000:job/etl"}}) {
    EXPECT_THAT(names({.key = key, .value = value}), ElementsAre("CreateJob")) << key;
  }
  EXPECT_THAT(names({.key = "ResourceType", .value = "AWS::Glue::Job"}),
              ElementsAre("DeleteJob", "CreateJob"));
  EXPECT_THAT(names({.key = "EventSource", .value = "glue.amazonaws.com"}),
              ElementsAre("DeleteJob", "CreateJob"));
  EXPECT_THAT(names({.key = "AccessKeyId", .value = "AKIAOTHER"}), ElementsAre());
}

TEST_F(TrailTest, GivesPagesWithoutLossOrRepetition) {
  for (int i = 0; i < 7; ++i) note(1000, "N" + std::to_string(i), "x");
  std::vector<std::string> seen;
  LookupQuery query{.key = "EventSource", .value = "glue.amazonaws.com", .count = 3};
  for (int pages = 0; pages < 3; ++pages) {
    const auto page = lookup(query);
    for (const auto& record : page.records) seen.push_back(record.name);
    EXPECT_EQ(page.next.has_value(), pages < 2);
    query.before = page.next;
  }
  EXPECT_THAT(seen, ElementsAre("N6", "N5", "N4", "N3", "N2", "N1", "N0"));
}

TEST_F(TrailTest, ForgetsWhatIsOld) {
  note(1000, "Old", "x");
  note(2000, "New", "x");
  trail_->close();
  auto forget = [](store::Tx& tx) { return Trail::forget(tx, {2000}); };
  EXPECT_FALSE(store_->write_now(forget).value()) << "nothing more is old";
  EXPECT_THAT(names({}), ElementsAre("New"));
  EXPECT_THAT(names({.key = "EventName", .value = "Old"}), ElementsAre());
}

TEST_F(TrailTest, CountsWhatFindsNoRoomWhereTheStoreIsSlow) {
  std::promise<void> go;
  auto held = go.get_future().share();
  store_->post([held](store::Tx&) -> Status { return held.wait(), Status(); },
               [](const Status&) {});
  for (int i = 0; i < 10'010; ++i) note(i, "N", "x");
  go.set_value();
  trail_->close();
  EXPECT_GT(trail_->dropped(), 0U);
  EXPECT_LE(trail_->dropped(), 10U);
}

TEST_F(TrailTest, SaysWhoDidWhatAndWhyItFailed) {
  const Error error{.code = Errc::access_denied, .message = "no", .name = "AccessDeniedException"};
  note(1'700'000'000'000, "DeleteJob", "etl", &error);
  const auto record = lookup({}).records.at(0);
  const auto text = json::parse_object(record.text).value();
  EXPECT_EQ(json::text_or_empty(text, "eventTime"), "2023-11-14T22:13:20Z");
  EXPECT_EQ(json::text_or_empty(text, "errorCode"), "AccessDeniedException");
  EXPECT_EQ(json::text_or_empty(text, "eventSource"), "glue.amazonaws.com");
  const auto& who = text.at("userIdentity").as_object();
  EXPECT_EQ(json::text_or_empty(who, "type"), "IAMUser");
  EXPECT_EQ(json::text_or_empty(who, "userName"), "ann");
  EXPECT_THAT(record.text, HasSubstr(R"("requestParameters":{"jobName":"etl"})"));
  EXPECT_THAT(record.text, HasSubstr(R"("resources":[{"ARN":"arn:aws:glue)"));
}

TEST_F(TrailTest, LeavesLargeParametersOut) {
  note(1000, "CreateJob", std::string(20'000, 'x'));
  const auto record = lookup({.key = "EventName", .value = "CreateJob"}).records.at(0);
  EXPECT_THAT(record.text, HasSubstr(R"("requestParameters":null)"));
  EXPECT_THAT(record.text, HasSubstr("requestParametersOmitted"));
}

}  // namespace
}  // namespace tidemill::cloudtrail
