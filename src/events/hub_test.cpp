#include "events/hub.h"

#include <gtest/gtest.h>

#include "base/json.h"
#include "events/hub_fixture_testing.h"

namespace tidemill::events {
namespace {

TEST_F(HubTest, MatchStartsItsTargetInThePublishersTransaction) {
  put_rule("sales", sales);
  ASSERT_TRUE(publish("sales/a.csv"));
  ASSERT_EQ(workshop_.started.size(), 1);
  const auto& delivery = workshop_.started[0];
  EXPECT_EQ(delivery.rule_name, "sales");
  EXPECT_EQ(delivery.event_id, "event-sales/a.csv");
  EXPECT_EQ(delivery.input, delivery.event) << "the whole event, where no Input is given";
  EXPECT_EQ(deliveries(), (std::vector<Row>{{"done", "", "", "jr_1", 1}}));
  EXPECT_EQ(asked_, std::vector<std::string>{"glue:StartJobRun"});
}

TEST_F(HubTest, WhatMatchesNothingIsKeptAndStartsNothing) {
  put_rule("sales", sales);
  ASSERT_TRUE(publish("hr/a.csv"));
  EXPECT_TRUE(workshop_.started.empty());
  EXPECT_TRUE(deliveries().empty());
  const auto kept = write([](store::Tx& tx) {
    return tx.one("SELECT count(*) FROM events", [](const store::Row& r) { return r.integer(0); });
  });
  EXPECT_EQ(**kept, 1);
}

TEST_F(HubTest, DisabledRuleStartsNothing) {
  put_rule("sales", sales, R"({"Id":"1","Arn":"arn:aws:glue:us-east-1:0:job/sales"})", false);
  ASSERT_TRUE(publish("sales/a.csv"));
  EXPECT_TRUE(deliveries().empty());
}

TEST_F(HubTest, PublisherThatFailsAfterwardsLeavesNoDelivery) {
  put_rule("sales", sales);
  const auto failed = write([this](store::Tx& tx) -> Status {
    TM_CHECK(hub_->publish(tx, upload("sales/a.csv")));
    return fail(Errc::conflict, "the object was refused after all");
  });
  EXPECT_FALSE(failed);
  EXPECT_TRUE(deliveries().empty());
  EXPECT_TRUE(decisions().empty());
  EXPECT_EQ(decided_, 0);
}

TEST_F(HubTest, BrokenTargetUndoesThePublishing) {
  put_rule("sales", sales);
  workshop_.breaks = true;
  EXPECT_FALSE(publish("sales/a.csv"));
  EXPECT_TRUE(deliveries().empty());
}

TEST_F(HubTest, RefusedRoleFailsTheDeliveryAndSaysWhy) {
  put_rule("sales", sales);
  allowed_ = {false, "NO_PERMISSIONS", "role R may not glue:StartJobRun on J"};
  ASSERT_TRUE(publish("sales/a.csv"));
  EXPECT_TRUE(workshop_.started.empty());
  EXPECT_EQ(deliveries(),
            (std::vector<Row>{{"failed", "NO_PERMISSIONS",
                               "AccessDenied: role R may not glue:StartJobRun on J", "", 1}}));
  const auto said = decisions();
  ASSERT_EQ(said.size(), 1);
  EXPECT_EQ(json::text_or_empty(said[0], "decision"), "FAILED");
  EXPECT_EQ(json::text_or_empty(said[0], "error-code"), "NO_PERMISSIONS");
  EXPECT_EQ(json::text_or_empty(said[0], "object"), "s3://bronze/sales/a.csv");
}

TEST_F(HubTest, TargetThatNothingServesIsRefused) {
  put_rule("sales", sales, R"({"Id":"1","Arn":"arn:aws:sqs:us-east-1:000000000000:q"})");
  ASSERT_TRUE(publish("sales/a.csv"));
  ASSERT_EQ(deliveries().size(), 1);
  EXPECT_EQ(deliveries()[0].code, "INVALID_PARAMETER");
}

TEST_F(HubTest, BusyTargetKeepsItsDeliveriesInOrderUntilItHasRoom) {
  put_rule("sales", sales);
  workshop_.room = 1;
  for (const auto* key : {"sales/1", "sales/2", "sales/3"}) ASSERT_TRUE(publish(key));
  ASSERT_EQ(workshop_.started.size(), 1);
  EXPECT_EQ(deliveries()[1].state, "pending");
  workshop_.room = 1;
  ASSERT_TRUE(write([this](store::Tx& tx) { return hub_->target_free(tx, job); }));
  ASSERT_EQ(workshop_.started.size(), 2);
  EXPECT_EQ(workshop_.started[1].event_id, "event-sales/2");
  EXPECT_EQ(deliveries()[2].state, "pending");
}

TEST_F(HubTest, TargetWithRoomForAllGetsThemInMoreThanOneTransaction) {
  put_rule("sales", sales);
  workshop_.room = 0;
  for (int n = 0; n < 300; ++n) ASSERT_TRUE(publish("sales/" + std::to_string(n)));
  workshop_.room = 300;
  ASSERT_TRUE(write([this](store::Tx& tx) { return hub_->target_free(tx, job); }));
  EXPECT_LT(workshop_.started.size(), 300) << "a transaction has its bound";
  EXPECT_EQ(dues_.back(), clock_.at) << "the rest is due";
  ASSERT_TRUE(deliver_due());
  EXPECT_EQ(workshop_.started.size(), 300);
}

TEST_F(HubTest, WaitingDeliveriesAreTriedOnceAfterARestart) {
  put_rule("sales", sales);
  workshop_.room = 0;
  ASSERT_TRUE(publish("sales/1"));
  workshop_.room = 5;
  reopen();
  ASSERT_EQ(workshop_.started.size(), 1);
  reopen();
  EXPECT_EQ(workshop_.started.size(), 1) << "once";
  EXPECT_EQ(deliveries()[0].state, "done");
}

TEST_F(HubTest, FailureThatMayPassIsTriedAgainWhenItIsDue) {
  put_rule("sales", sales);
  workshop_.room = 0;
  workshop_.next = {.kind = Outcome::Kind::retry, .code = "THROTTLING", .message = "Slow down"};
  ASSERT_TRUE(publish("sales/1"));
  ASSERT_EQ(dues_.size(), 1);
  EXPECT_GT(dues_[0], clock_.at);
  workshop_.room = 1;
  ASSERT_TRUE(deliver_due());
  EXPECT_TRUE(workshop_.started.empty()) << "not before it is due";
  clock_.at = dues_[0];
  const auto next = deliver_due();
  ASSERT_TRUE(next);
  EXPECT_FALSE(next->has_value()) << "nothing else is due";
  EXPECT_EQ(workshop_.started.size(), 1);
  EXPECT_EQ(deliveries()[0].tries, 2);
}

TEST_F(HubTest, TriesEndWithTheTargetsRetryPolicy) {
  put_rule("sales", sales,
           R"({"Id":"1","Arn":"arn:aws:glue:us-east-1:000000000000:job/sales",)"
           R"("RetryPolicy":{"MaximumRetryAttempts":1,"MaximumEventAgeInSeconds":3600}})");
  workshop_.room = 0;
  workshop_.next = {.kind = Outcome::Kind::retry, .code = "THROTTLING", .message = "Slow down"};
  ASSERT_TRUE(publish("sales/1"));
  clock_.at = dues_.back();
  ASSERT_TRUE(deliver_due());
  EXPECT_EQ(deliveries(), (std::vector<Row>{{"failed", "THROTTLING", "Slow down", "", 2}}));
}

TEST_F(HubTest, EveryTryIsDecidedOnDisk) {
  put_rule("sales", sales);
  workshop_.room = 0;
  ASSERT_TRUE(publish("sales/1"));
  workshop_.room = 1;
  ASSERT_TRUE(write([this](store::Tx& tx) { return hub_->target_free(tx, job); }));
  const auto said = decisions();
  ASSERT_EQ(said.size(), 2);
  EXPECT_EQ(json::text_or_empty(said[0], "decision"), "WAITING");
  EXPECT_EQ(json::text_or_empty(said[1], "decision"), "STARTED");
  EXPECT_EQ(json::text_or_empty(said[1], "result"), "jr_1");
  EXPECT_EQ(decided_, 2);
}

TEST_F(HubTest, WaitingForRoomIsNoTry) {
  put_rule("sales", sales);
  workshop_.room = 0;
  ASSERT_TRUE(publish("sales/1"));
  ASSERT_TRUE(write([this](store::Tx& tx) { return hub_->target_free(tx, job); }));
  EXPECT_EQ(deliveries().front().tries, 0);
  workshop_.room = 1;
  ASSERT_TRUE(write([this](store::Tx& tx) { return hub_->target_free(tx, job); }));
  EXPECT_EQ(deliveries(), (std::vector<Row>{{"done", "", "", "jr_1", 1}}));
}

class OutsideTest : public HubTest {
 protected:
  OutsideTest() {
    put_rule("sales", sales);
    workshop_.room = 0;
    workshop_.next = {.kind = Outcome::Kind::sent};
  }
  void settle(const Outcome& outcome) {
    ASSERT_TRUE(write([&](store::Tx& tx) { return hub_->settle(tx, 1, outcome); }));
  }
  const Outcome slow{.kind = Outcome::Kind::retry, .code = "TIMEOUT", .message = "late"};
};

TEST_F(OutsideTest, WhatIsSentIsPendingWithoutATimeUntilItIsSettled) {
  ASSERT_TRUE(publish("sales/1"));
  EXPECT_EQ(deliveries(), (std::vector<Row>{{"pending", "", "", "", 0}}));
  EXPECT_TRUE(decisions().empty());
  ASSERT_TRUE(deliver_due());
  EXPECT_EQ(asked_.size(), 1) << "nobody takes it up meanwhile";
  settle({.result = "HTTP 200 OK"});
  EXPECT_EQ(deliveries(), (std::vector<Row>{{"done", "", "", "HTTP 200 OK", 1}}));
  EXPECT_EQ(decisions().size(), 1);
}

TEST_F(OutsideTest, AFailureIsSentAgainWhenItIsDue) {
  ASSERT_TRUE(publish("sales/1"));
  settle(slow);
  EXPECT_EQ(deliveries(), (std::vector<Row>{{"pending", "TIMEOUT", "late", "", 1}}));
  clock_.at = dues_.back();
  ASSERT_TRUE(deliver_due());
  EXPECT_EQ(deliveries(), (std::vector<Row>{{"pending", "", "", "", 1}}));
  settle({.result = "HTTP 200 OK"});
  EXPECT_EQ(deliveries(), (std::vector<Row>{{"done", "", "", "HTTP 200 OK", 2}}));
}

TEST_F(OutsideTest, IsNotAskedAgainBeforeTheTargetWantsIt) {
  ASSERT_TRUE(publish("sales/1"));
  auto later = slow;
  later.not_before = clock_.now().plus(std::chrono::minutes(10));
  settle(later);
  EXPECT_EQ(dues_.back(), *later.not_before);
}

TEST_F(OutsideTest, AWaitBeyondItsAgeIsItsEnd) {
  ASSERT_TRUE(publish("sales/1"));
  auto later = slow;
  later.not_before = clock_.now().plus(std::chrono::hours(25));
  settle(later);
  EXPECT_EQ(deliveries(), (std::vector<Row>{{"failed", "TIMEOUT", "late", "", 1}}));
}

TEST_F(OutsideTest, ARestartSendsAgainWhatWasOnItsWay) {
  ASSERT_TRUE(publish("sales/1"));
  const auto before = asked_.size();
  reopen();
  EXPECT_EQ(asked_.size(), before + 1);
  settle({.result = "HTTP 200 OK"});
  EXPECT_EQ(deliveries(), (std::vector<Row>{{"done", "", "", "HTTP 200 OK", 1}}));
}

TEST_F(OutsideTest, ASecondOutcomeChangesNothing) {
  ASSERT_TRUE(publish("sales/1"));
  settle({.result = "HTTP 200 OK"});
  settle(slow);
  EXPECT_EQ(deliveries(), (std::vector<Row>{{"done", "", "", "HTTP 200 OK", 1}}));
  ASSERT_TRUE(write([&](store::Tx& tx) { return hub_->settle(tx, 99, slow); }));
}

TEST_F(HubTest, RulesAndNumbersOutliveARestart) {
  put_rule("sales", sales);
  ASSERT_TRUE(publish("sales/1"));
  reopen();
  ASSERT_TRUE(publish("sales/2"));
  EXPECT_EQ(workshop_.started.size(), 2);
  EXPECT_EQ(deliveries().size(), 2);
}

TEST_F(HubTest, ResetForgetsAll) {
  put_rule("sales", sales);
  ASSERT_TRUE(publish("sales/1"));
  ASSERT_TRUE(write([this](store::Tx& tx) { return hub_->reset(tx); }));
  ASSERT_TRUE(publish("sales/2"));
  EXPECT_TRUE(deliveries().empty());
  EXPECT_EQ(workshop_.started.size(), 1);
}

TEST_F(HubTest, a_targets_own_policy_counts_before_its_role) {
  put_rule("r", R"({"source":["aws.s3"]})");
  workshop_.own = RoleDecision{.allowed = true};
  allowed_ = {false, "FAILED_TO_ASSUME_ROLE", "no role"};
  ASSERT_TRUE(publish("a"));
  EXPECT_EQ(workshop_.started.size(), 1u);
  EXPECT_TRUE(asked_.empty());
  workshop_.own = RoleDecision{false, "NO_PERMISSIONS", "the policy doesn't"};
  ASSERT_TRUE(publish("b"));
  EXPECT_TRUE(asked_.empty()) << "there is no role to ask about";
  allowed_ = {.allowed = true};
  put_rule("r", R"({"source":["aws.s3"]})",
           R"({"Id":"1","Arn":"arn:aws:glue:us-east-1:000000000000:job/sales","RoleArn":"r",)"
           R"("SqsParameters":{"MessageGroupId":"g"}})");
  ASSERT_TRUE(publish("c"));
  ASSERT_EQ(workshop_.started.size(), 2u);
  EXPECT_EQ(workshop_.started[1].group_id, "g");
}

TEST_F(HubTest, the_message_group_is_kept_for_the_next_try) {
  put_rule("r", R"({"source":["aws.s3"]})",
           R"({"Id":"1","Arn":"arn:aws:glue:us-east-1:000000000000:job/sales",)"
           R"("SqsParameters":{"MessageGroupId":"g"}})");
  workshop_.room = 0;
  ASSERT_TRUE(publish("a"));
  reopen();
  workshop_.room = 1;
  ASSERT_TRUE(write([this](store::Tx& tx) {
    return hub_->target_free(tx, "arn:aws:glue:us-east-1:000000000000:job/sales");
  }));
  ASSERT_EQ(workshop_.started.size(), 1u);
  EXPECT_EQ(workshop_.started[0].group_id, "g");
}

TEST_F(HubTest, what_a_schedule_would_fill_in_is_a_rules_own_text) {
  put_rule("r", sales);
  ASSERT_TRUE(publish("sales/<aws.scheduler.attempt-number>"));
  ASSERT_EQ(workshop_.started.size(), 1u);
  EXPECT_TRUE(workshop_.started[0].input.contains("sales/<aws.scheduler.attempt-number>"));
}

}  // namespace
}  // namespace tidemill::events
