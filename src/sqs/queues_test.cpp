#include <gmock/gmock.h>

#include "sqs/queues_fixture.h"

namespace tidemill::sqs {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;
using testing::HasSubstr;

class QueuesTest : public QueuesFixture {
 protected:
  /// Puts as many messages in flight in "q" as there may be, for a second.
  void fill_flight() {
    ASSERT_TRUE(with("q", [](store::Tx& tx, const Queue& queue) {
      return tx.exec(
          "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 120000)"
          " INSERT INTO sqs_messages (seq, box, id, sent_ms, visible_ms, receipt, receives, sender,"
          " attributes, body) SELECT i, $1, 'm', $2, $2 + 1000, 1, 1, '', '', 'x' FROM n",
          queue.box, noon.ms);
    }));
  }
  Result<Taken> receive_one() {
    return with(
        "q", [this](store::Tx& tx, const Queue& queue) { return queues_->receive(tx, queue, {}); });
  }
};

TEST_F(QueuesTest, a_received_message_comes_back_after_its_time) {
  ASSERT_TRUE(create("q"));
  ASSERT_TRUE(send("q", "x"));
  EXPECT_EQ(bodies("q"), Bodies{"x"});
  after(seconds(30) - milliseconds(1));
  EXPECT_EQ(bodies("q"), Bodies());
  after(milliseconds(1));
  const auto again = receive("q");
  ASSERT_EQ(again.size(), 1u);
  EXPECT_EQ(again[0].receives, 2);
  EXPECT_EQ(again[0].first_received, noon);
}

TEST_F(QueuesTest, a_receive_may_say_how_long) {
  ASSERT_TRUE(create("q", {{"VisibilityTimeout", "5"}}));
  ASSERT_TRUE(send("q", "x"));
  EXPECT_EQ(bodies("q", {1, 60}), Bodies{"x"});
  after(seconds(59));
  EXPECT_EQ(bodies("q"), Bodies());
  after(seconds(1));
  EXPECT_EQ(bodies("q", {10, 0}), Bodies{"x"});
  EXPECT_EQ(bodies("q"), Bodies{"x"}) << "a time of 0 hides it from nobody";
}

TEST_F(QueuesTest, who_is_late_may_delete_unless_another_has_it) {
  ASSERT_TRUE(create("q"));
  ASSERT_TRUE(send("q", "x"));
  const auto first = receive("q");
  after(minutes(1));
  const auto second = receive("q");
  ASSERT_TRUE(remove("q", first[0]));
  EXPECT_EQ(rows("sqs_messages"), 1);
  after(minutes(1));
  ASSERT_TRUE(remove("q", second[0]));
  EXPECT_EQ(rows("sqs_messages"), 0);
}

TEST_F(QueuesTest, a_handle_is_of_one_queue) {
  ASSERT_TRUE(create("q"));
  ASSERT_TRUE(create("other"));
  ASSERT_TRUE(send("q", "x"));
  const auto got = receive("q");
  const auto refused = remove("other", got[0]);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().name, "ReceiptHandleIsInvalid");
}

TEST_F(QueuesTest, a_delay_is_the_messages_or_the_queues) {
  ASSERT_TRUE(create("q", {{"DelaySeconds", "10"}}));
  ASSERT_TRUE(send("q", "queue's"));
  ASSERT_TRUE(send("q", {.body = "own", .delay_s = 20}));
  ASSERT_TRUE(send("q", {.body = "none", .delay_s = 0}));
  EXPECT_EQ(count("q", "Delayed"), "2");
  EXPECT_EQ(bodies("q"), Bodies{"none"});
  after(seconds(10));
  EXPECT_EQ(bodies("q"), Bodies{"queue's"});
  after(seconds(10));
  EXPECT_EQ(bodies("q"), Bodies{"own"});
}

TEST_F(QueuesTest, an_empty_receive_tells_when_there_will_be_something) {
  ASSERT_TRUE(create("q"));
  ASSERT_TRUE(send("q", {.body = "x", .delay_s = 7}));
  const auto taken =
      with("q", [&](store::Tx& tx, const Queue& queue) { return queues_->receive(tx, queue, {}); });
  EXPECT_EQ(taken->next, noon.plus(seconds(7)));
}

TEST_F(QueuesTest, what_is_older_than_the_retention_is_gone) {
  ASSERT_TRUE(create("q", {{"MessageRetentionPeriod", "3600"}}));
  ASSERT_TRUE(send("q", "old"));
  after(minutes(30));
  ASSERT_TRUE(send("q", "young"));
  after(minutes(30));
  EXPECT_EQ(count("q"), "1");
  EXPECT_EQ(bodies("q"), Bodies{"young"});
  EXPECT_EQ(rows("sqs_messages"), 1);
}

TEST_F(QueuesTest, a_shorter_retention_counts_for_what_is_there) {
  ASSERT_TRUE(create("q"));
  ASSERT_TRUE(send("q", "x"));
  after(hours(2));
  ASSERT_TRUE(with("q", [&](store::Tx& tx, const Queue& queue) {
    return queues_->set(tx, queue, {{"MessageRetentionPeriod", "3600"}});
  }));
  EXPECT_EQ(bodies("q"), Bodies());
}

TEST_F(QueuesTest, all_are_measured_at_once) {
  struct Counts final : Meter {
    void measure(const Measured& measured) noexcept override {
      const std::string queue(measured.dimensions.front().second);
      seen[queue + " " + std::string(measured.name.substr(27))] = measured.value;
    }
    std::map<std::string, double> seen;
  };
  ASSERT_TRUE(create("empty"));
  ASSERT_TRUE(create("old", {{"MessageRetentionPeriod", "60"}}));
  ASSERT_TRUE(create("q"));
  send_many("old", 2);
  clock_.at = clock_.at.plus(minutes(2));
  send_many("old", 1);
  send_many("q", 3);
  ASSERT_TRUE(send("q", {.body = "later", .delay_s = 60}));
  ASSERT_EQ(receive("q", {1, {}}).size(), 1u);
  const auto counts = [&] {
    Counts meter;
    EXPECT_TRUE(write([&](store::Tx& tx) { return queues_->measure_depths(tx, noon, meter); }));
    return meter.seen;
  };
  const std::map<std::string, double> expected = {
      {"empty Visible", 0}, {"empty NotVisible", 0}, {"empty Delayed", 0},
      {"old Visible", 1},   {"old NotVisible", 0},   {"old Delayed", 0},
      {"q Visible", 2},     {"q NotVisible", 1},     {"q Delayed", 1}};
  EXPECT_EQ(counts(), expected);
  ASSERT_TRUE(with("old", [&](store::Tx& tx, const Queue& queue) {
    return queues_->set(tx, queue, {{"MessageRetentionPeriod", "600"}});
  }));
  EXPECT_EQ(counts()["old Visible"], 3);
}

TEST_F(QueuesTest, too_often_received_is_dead) {
  const auto dead = create("dead");
  ASSERT_TRUE(create("q", {{"RedrivePolicy", redrive_to(dead->key.arn(), 2)}}));
  const auto sent = send("q", "bad");
  for (int i = 0; i < 2; ++i) {
    EXPECT_EQ(bodies("q"), Bodies{"bad"});
    after(minutes(1));
  }
  ASSERT_TRUE(send("q", "good"));
  EXPECT_EQ(bodies("q", {1, {}}), Bodies{"good"}) << "the dead don't count as received";
  const auto letters = receive("dead");
  ASSERT_EQ(letters.size(), 1u);
  EXPECT_EQ(letters[0].id, sent->id);
  EXPECT_EQ(letters[0].sent, noon) << "it expires as if it had stayed";
  EXPECT_EQ(letters[0].source_arn, key("q").arn());
}

TEST_F(QueuesTest, without_its_dead_letter_queue_it_is_received_on) {
  const auto dead = create("dead");
  ASSERT_TRUE(create("q", {{"RedrivePolicy", redrive_to(dead->key.arn(), 1)}}));
  ASSERT_TRUE(
      with("dead", [&](store::Tx& tx, const Queue& queue) { return queues_->remove(tx, queue); }));
  ASSERT_TRUE(send("q", "x"));
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(bodies("q"), Bodies{"x"});
    after(minutes(1));
  }
}

TEST_F(QueuesTest, a_dead_letter_queue_may_choose_its_sources) {
  const auto allow = [](const std::string& more) { return R"({"redrivePermission":")" + more; };
  const auto none = create("none", {{"RedriveAllowPolicy", allow("denyAll\"}")}});
  const auto some =
      create("some", {{"RedriveAllowPolicy",
                       allow("byQueue\",\"sourceQueueArns\":[\"" + key("a").arn() + "\"]}")}});
  EXPECT_FALSE(create("a", {{"RedrivePolicy", redrive_to(none->key.arn(), 1)}}));
  EXPECT_TRUE(create("a", {{"RedrivePolicy", redrive_to(some->key.arn(), 1)}}));
  EXPECT_FALSE(create("b", {{"RedrivePolicy", redrive_to(some->key.arn(), 1)}}));
}

TEST_F(QueuesTest, a_redrive_policy_names_another_queue_of_its_kind) {
  const auto fifo = create_fifo("dead.fifo");
  const auto wrong = create("q", {{"RedrivePolicy", redrive_to(fifo->key.arn(), 1)}});
  ASSERT_FALSE(wrong);
  EXPECT_THAT(wrong.error().message, HasSubstr("must be same type of queue as the source"));
  const auto often = create("q", {{"RedrivePolicy", redrive_to(key("dead").arn(), 1001)}});
  EXPECT_THAT(often.error().message, HasSubstr("Invalid value for maxReceiveCount: 1001, valid "
                                               "values are from 1 to 1000 both inclusive."));
  ASSERT_TRUE(create("own"));
  EXPECT_FALSE(with("own", [&](store::Tx& tx, const Queue& queue) {
    return queues_->set(tx, queue, {{"RedrivePolicy", redrive_to(queue.key.arn(), 1)}});
  }));
}

TEST_F(QueuesTest, a_purge_leaves_nothing_and_is_cleaned_up) {
  ASSERT_TRUE(create("q"));
  send_many("q", 1200);
  const auto before = receive("q");
  const auto purge = [this] {
    return with("q", [&](store::Tx& tx, const Queue& queue) { return queues_->purge(tx, queue); });
  };
  ASSERT_TRUE(purge());
  EXPECT_EQ(purge().error().status, 403);
  ASSERT_TRUE(send("q", "new"));
  EXPECT_EQ(bodies("q"), Bodies{"new"});
  EXPECT_TRUE(remove("q", before[0])) << "it is gone, which is what was wanted";
  work();
  EXPECT_EQ(rows("sqs_messages"), 1);
  EXPECT_EQ(rows("sqs_garbage"), 0);
  after(minutes(1));
  EXPECT_TRUE(purge());
}

TEST_F(QueuesTest, a_deleted_queue_takes_its_messages_along) {
  ASSERT_TRUE(create("q"));
  ASSERT_TRUE(send("q", "x"));
  const auto remove_queue = [&](store::Tx& tx, const Queue& queue) {
    return queues_->remove(tx, queue);
  };
  ASSERT_TRUE(with("q", remove_queue));
  EXPECT_EQ(send("q", "y").error().name, "QueueDoesNotExist");
  ASSERT_TRUE(create("q"));
  EXPECT_EQ(bodies("q"), Bodies());
  work();
  EXPECT_EQ(rows("sqs_messages"), 0);
}

TEST_F(QueuesTest, all_of_it_outlives_a_restart) {
  ASSERT_TRUE(create("q"));
  ASSERT_TRUE(send("q", "one"));
  ASSERT_TRUE(send("q", "two"));
  const auto got = receive("q", {1, {}});
  reopen();
  EXPECT_EQ(bodies("q"), Bodies{"two"});
  ASSERT_TRUE(remove("q", got[0]));
  after(minutes(1));
  EXPECT_EQ(bodies("q"), Bodies{"two"});
}

TEST_F(QueuesTest, a_standard_queue_stops_at_120000_in_flight) {
  ASSERT_TRUE(create("q"));
  ASSERT_TRUE(send("q", "x"));
  fill_flight();
  EXPECT_EQ(receive_one().error().name, "OverLimit");
  after(seconds(1));
  EXPECT_TRUE(receive_one()) << "they have come back";
}

TEST_F(QueuesTest, what_is_undone_makes_no_room_in_flight) {
  ASSERT_TRUE(create("q"));
  fill_flight();
  ASSERT_TRUE(send("q", "x"));
  EXPECT_EQ(receive_one().error().name, "OverLimit");
  const auto undone = with("q", [&](store::Tx& tx, const Queue& queue) -> Status {
    TM_CHECK(tx.exec("DELETE FROM sqs_messages WHERE seq <= 10"));
    EXPECT_TRUE(queues_->receive(tx, queue, {}));
    return fail(Errc::storage_full, "the disk is full");
  });
  EXPECT_FALSE(undone);
  EXPECT_EQ(receive_one().error().name, "OverLimit");
  ASSERT_TRUE(
      write([](store::Tx& tx) { return tx.exec("DELETE FROM sqs_messages WHERE seq = 1"); }));
  EXPECT_TRUE(receive_one()) << "now one is gone";
  EXPECT_EQ(receive_one().error().name, "OverLimit");
}

TEST_F(QueuesTest, a_service_needs_the_queues_policy) {
  const iam::OnBehalf rule{"events.amazonaws.com", "arn:aws:events:us-east-1:000000000000:rule/r",
                           "000000000000"};
  const auto send_for = [&](const std::string& arn) {
    return write([&](store::Tx& tx) { return queues_->send(tx, arn, {.body = "x"}, rule); });
  };
  EXPECT_EQ(send_for(key("q").arn()).error().code, Errc::not_found);
  ASSERT_TRUE(create("q"));
  const auto denied = send_for(key("q").arn());
  ASSERT_FALSE(denied);
  EXPECT_EQ(denied.error().code, Errc::access_denied);
  for (const auto* part : {"sqs:SendMessage", "rule/r", ":q"}) {
    EXPECT_THAT(denied.error().message, HasSubstr(part));
  }
  const auto policy_for = [&](const std::string& source) {
    return R"({"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":)"
           R"("events.amazonaws.com"},"Action":"sqs:SendMessage","Resource":")" +
           key("q").arn() + R"(","Condition":{"ArnEquals":{"aws:SourceArn":")" + source +
           R"("}}}]})";
  };
  const auto set_policy = [&](const std::string& source) {
    return with("q", [&](store::Tx& tx, const Queue& queue) {
      return queues_->set(tx, queue, {{"Policy", policy_for(source)}});
    });
  };
  ASSERT_TRUE(set_policy("arn:aws:events:us-east-1:000000000000:rule/other"));
  EXPECT_FALSE(send_for(key("q").arn()));
  ASSERT_TRUE(set_policy(std::string(rule.source_arn)));
  ASSERT_TRUE(send_for(key("q").arn()));
  EXPECT_EQ(receive("q")[0].sender, "events.amazonaws.com");
}

}  // namespace
}  // namespace tidemill::sqs
