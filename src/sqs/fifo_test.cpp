#include <gmock/gmock.h>

#include "sqs/queues_fixture.h"

namespace tidemill::sqs {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;

class FifoTest : public QueuesFixture {
 protected:
  FifoTest() { EXPECT_TRUE(create_fifo("q.fifo")); }
};

TEST_F(FifoTest, a_group_comes_in_order) {
  for (const auto* body : {"a1", "a2", "a3"}) ASSERT_TRUE(send("q.fifo", body, "a"));
  EXPECT_EQ(bodies("q.fifo"), (Bodies{"a1", "a2", "a3"}));
}

TEST_F(FifoTest, a_group_with_a_message_in_flight_is_locked) {
  for (const auto* body : {"a1", "a2"}) ASSERT_TRUE(send("q.fifo", body, "a"));
  ASSERT_TRUE(send("q.fifo", "b1", "b"));
  const auto first = receive("q.fifo", {1, {}});
  EXPECT_EQ(first[0].body, "a1");
  EXPECT_EQ(bodies("q.fifo"), Bodies{"b1"});
  ASSERT_TRUE(remove("q.fifo", first[0]));
  EXPECT_EQ(bodies("q.fifo"), Bodies{"a2"});
}

TEST_F(FifoTest, messages_that_come_back_keep_their_place) {
  for (const auto* body : {"1", "2", "3"}) ASSERT_TRUE(send("q.fifo", body, "a"));
  const auto got = receive("q.fifo", {2, {}});
  ASSERT_TRUE(change("q.fifo", got[1], 0));
  EXPECT_EQ(bodies("q.fifo"), Bodies()) << "the first one is in flight still";
  ASSERT_TRUE(change("q.fifo", got[0], 0));
  EXPECT_EQ(bodies("q.fifo"), (Bodies{"1", "2", "3"}));
}

TEST_F(FifoTest, an_earlier_one_comes_back_while_a_later_one_is_in_flight) {
  for (const auto* body : {"1", "2", "3"}) ASSERT_TRUE(send("q.fifo", body, "a"));
  const auto got = receive("q.fifo", {2, {}});
  ASSERT_TRUE(change("q.fifo", got[0], 0));
  EXPECT_EQ(bodies("q.fifo"), Bodies{"1"});
}

TEST_F(FifoTest, sequence_numbers_grow_also_over_a_restart) {
  const auto first = send("q.fifo", "1", "a");
  ASSERT_TRUE(remove("q.fifo", receive("q.fifo")[0]));
  reopen();
  const auto second = send("q.fifo", "2", "a");
  EXPECT_EQ(first->sequence->size(), 20u);
  EXPECT_LT(*first->sequence, *second->sequence);
}

TEST_F(FifoTest, the_same_again_within_five_minutes_is_one_message) {
  const auto first = send("q.fifo", "x", "a");
  const auto again = send("q.fifo", "x", "b");
  EXPECT_EQ(first->id, again->id);
  EXPECT_EQ(first->sequence, again->sequence);
  ASSERT_TRUE(remove("q.fifo", receive("q.fifo")[0]));
  after(minutes(5) - seconds(1));
  EXPECT_EQ(send("q.fifo", "x", "a")->id, first->id) << "its deletion doesn't end the window";
  EXPECT_EQ(bodies("q.fifo"), Bodies());
  after(seconds(1));
  EXPECT_NE(send("q.fifo", "x", "a")->id, first->id);
  EXPECT_EQ(bodies("q.fifo"), Bodies{"x"});
}

TEST_F(FifoTest, an_own_id_counts_before_the_content) {
  const auto first = send("q.fifo", {.body = "x", .group_id = "a", .dedup_id = "1"});
  EXPECT_NE(send("q.fifo", {.body = "x", .group_id = "a", .dedup_id = "2"})->id, first->id);
  EXPECT_EQ(send("q.fifo", {.body = "y", .group_id = "a", .dedup_id = "1"})->id, first->id);
}

TEST_F(FifoTest, the_scope_of_deduplication_is_that_of_the_creation) {
  ASSERT_TRUE(create_fifo("by-group.fifo", {{"DeduplicationScope", "messageGroup"}}));
  const auto a = send("by-group.fifo", "x", "a");
  EXPECT_NE(send("by-group.fifo", "x", "b")->id, a->id);
  EXPECT_EQ(send("by-group.fifo", "x", "a")->id, a->id);
  ASSERT_TRUE(with("q.fifo", [&](store::Tx& tx, const Queue& queue) {
    return queues_->set(tx, queue, {{"DeduplicationScope", "messageGroup"}});
  }));
  EXPECT_EQ(send("q.fifo", "x", "a")->id, send("q.fifo", "x", "b")->id);
}

TEST_F(FifoTest, what_a_fifo_queue_asks_for) {
  EXPECT_EQ(send("q.fifo", "x").error().message,
            "The request must contain the parameter MessageGroupId.");
  EXPECT_EQ(send("q.fifo", {.body = "x", .delay_s = 3, .group_id = "a"}).error().message,
            "Value 3 for parameter DelaySeconds is invalid. Reason: The request include parameter "
            "that is not valid for this queue type.");
  EXPECT_TRUE(send("q.fifo", {.body = "x", .delay_s = 0, .group_id = "a"}));
  ASSERT_TRUE(create("plain.fifo", {{"FifoQueue", "true"}}));
  EXPECT_EQ(send("plain.fifo", "x", "a").error().message,
            "The queue should either have ContentBasedDeduplication enabled or "
            "MessageDeduplicationId provided explicitly");
  const auto bad = send("plain.fifo", {.body = "x", .group_id = "a", .dedup_id = "b c"});
  EXPECT_EQ(bad.error().message,
            "Value b c for parameter MessageDeduplicationId is invalid. Reason: "
            "MessageDeduplicationId can only include alphanumeric and punctuation characters. 1 to "
            "128 in length.");
}

TEST_F(FifoTest, who_is_late_may_not_delete) {
  ASSERT_TRUE(send("q.fifo", "x", "a"));
  const auto got = receive("q.fifo");
  after(seconds(30));
  const auto refused = remove("q.fifo", got[0]);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().message, "Value " + got[0].handle +
                                         " for parameter ReceiptHandle is invalid. Reason: The "
                                         "receipt handle has expired.");
}

TEST_F(FifoTest, a_dead_letter_lets_the_next_one_through) {
  const auto dead = create_fifo("dead.fifo");
  ASSERT_TRUE(create_fifo("work.fifo", {{"RedrivePolicy", redrive_to(dead->key.arn(), 1)}}));
  for (const auto* body : {"bad", "good"}) ASSERT_TRUE(send("work.fifo", body, "a"));
  EXPECT_EQ(bodies("work.fifo", {1, {}}), Bodies{"bad"});
  after(minutes(1));
  EXPECT_EQ(bodies("work.fifo", {1, {}}), Bodies{"good"});
  const auto letters = receive("dead.fifo");
  ASSERT_EQ(letters.size(), 1u);
  EXPECT_EQ(letters[0].group_id, "a");
}

TEST_F(FifoTest, an_expired_first_one_doesnt_lock_its_group) {
  ASSERT_TRUE(send("q.fifo", "old", "a"));
  after(std::chrono::hours(95));
  ASSERT_TRUE(send("q.fifo", "young", "a"));
  ASSERT_EQ(receive("q.fifo", {1, 43'200}).size(), 1u);
  after(std::chrono::hours(2));
  EXPECT_EQ(bodies("q.fifo"), Bodies{"young"});
}

TEST_F(FifoTest, locked_groups_hide_no_other) {
  for (int i = 0; i < 300; ++i) ASSERT_TRUE(send("q.fifo", std::to_string(i), std::to_string(i)));
  for (int i = 0; i < 30; ++i) EXPECT_EQ(receive("q.fifo").size(), 10u);
  EXPECT_EQ(bodies("q.fifo"), Bodies());
  ASSERT_TRUE(send("q.fifo", "last", "new"));
  EXPECT_EQ(bodies("q.fifo"), Bodies{"last"});
}

}  // namespace
}  // namespace tidemill::sqs
