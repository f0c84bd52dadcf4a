#include <gmock/gmock.h>

#include "sqs/queues_fixture.h"

namespace tidemill::sqs {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;
using testing::HasSubstr;

/// A queue with dead letters.
class MovesTest : public QueuesFixture {
 protected:
  MovesTest() {
    dead_ = create("dead")->key.arn();
    EXPECT_TRUE(create("q", {{"RedrivePolicy", redrive_to(dead_, 1)}}));
  }

  void kill(int count) {
    send_many("q", count);
    std::size_t taken = 0;
    while (taken < std::size_t(count)) taken += receive("q").size();
    after(minutes(1));
    EXPECT_EQ(bodies("q"), Bodies());
  }
  Result<std::string> start(Move order) {
    order.source_arn = order.source_arn.empty() ? dead_ : order.source_arn;
    return write([&](store::Tx& tx) { return queues_->start_move(tx, order); });
  }
  Move newest() {
    return write([&](store::Tx& tx) { return queues_->moves(tx, dead_, 1); }).value().at(0);
  }

  std::string dead_;
};

TEST_F(MovesTest, dead_letters_never_go_where_they_are) {
  const auto refused = start({.destination_arn = dead_});
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().message, HasSubstr("another queue than the source"));
}

TEST_F(MovesTest, dead_letters_go_back_as_new_messages) {
  kill(3);
  const auto letter = receive("dead", {1, 0});
  ASSERT_TRUE(start({}));
  EXPECT_EQ(newest().state, "RUNNING");
  EXPECT_EQ(newest().to_move, 3);
  work();
  EXPECT_EQ(newest().state, "COMPLETED");
  EXPECT_EQ(newest().moved, 3);
  const auto back = receive("q");
  ASSERT_EQ(back.size(), 3u);
  EXPECT_EQ(back[0].receives, 1);
  EXPECT_EQ(back[0].sent, clock_.at);
  for (const auto& message : back) EXPECT_NE(message.id, letter[0].id);
  EXPECT_EQ(count("dead"), "0");
}

TEST_F(MovesTest, a_task_goes_on_after_a_restart) {
  kill(5);
  ASSERT_TRUE(start({.per_second = 2}));
  const auto step = [this] {
    return write([this](store::Tx& tx) { return queues_->work(tx); }).value();
  };
  EXPECT_EQ(step(), clock_.at.plus(seconds(1)));
  EXPECT_EQ(newest().moved, 2);
  reopen();
  EXPECT_EQ(step(), clock_.at.plus(seconds(1))) << "not before its time";
  EXPECT_EQ(newest().moved, 2);
  for (int i = 0; i < 2; ++i) {
    after(seconds(1));
    work();
  }
  EXPECT_EQ(newest().state, "COMPLETED");
  EXPECT_EQ(newest().moved, 5);
  EXPECT_EQ(receive("q").size(), 5u);
}

TEST_F(MovesTest, many_are_moved_in_steps) {
  kill(250);
  ASSERT_TRUE(create("elsewhere"));
  ASSERT_TRUE(start({.destination_arn = key("elsewhere").arn()}));
  work();
  EXPECT_EQ(newest().moved, 250);
  EXPECT_EQ(count("elsewhere"), "250");
}

TEST_F(MovesTest, one_task_at_a_time_and_it_can_be_cancelled) {
  kill(3);
  const auto task = start({.per_second = 1});
  const auto second = start({});
  EXPECT_EQ(second.error().message,
            "There is already a task running. Only one active task is allowed for a source queue "
            "arn at a given time.");
  (void)write([this](store::Tx& tx) { return queues_->work(tx); });
  const auto cancel = [&] {
    return write([&](store::Tx& tx) { return queues_->cancel_move(tx, *task); });
  };
  EXPECT_EQ(cancel().value(), 1);
  EXPECT_EQ(newest().state, "CANCELLED");
  EXPECT_EQ(cancel().error().message, "Task does not exist.");
  after(seconds(10));
  work();
  EXPECT_EQ(newest().moved, 1);
  EXPECT_TRUE(start({}));
}

TEST_F(MovesTest, what_has_no_origin_stays) {
  ASSERT_TRUE(send("dead", "sent here"));
  ASSERT_TRUE(start({}));
  work();
  EXPECT_EQ(newest().state, "FAILED");
  EXPECT_EQ(newest().failure, "CouldNotDetermineMessageSource");
  EXPECT_EQ(count("dead"), "1");
}

TEST_F(MovesTest, a_destination_that_goes_ends_the_task) {
  kill(3);
  ASSERT_TRUE(create("elsewhere"));
  ASSERT_TRUE(start({.destination_arn = key("elsewhere").arn(), .per_second = 1}));
  ASSERT_TRUE(with("elsewhere",
                   [&](store::Tx& tx, const Queue& queue) { return queues_->remove(tx, queue); }));
  EXPECT_EQ(newest().state, "FAILED");
  EXPECT_EQ(newest().failure, "AWS.SimpleQueueService.NonExistentQueue");
}

TEST_F(MovesTest, only_from_dead_letter_queues) {
  EXPECT_EQ(start({.source_arn = key("q").arn()}).error().message,
            "Source queue must be configured as a Dead Letter Queue.");
  const auto missing = start({.source_arn = key("none").arn()});
  EXPECT_EQ(missing.error().status, 404);
  EXPECT_EQ(missing.error().message,
            "The resource that you specified for the SourceArn parameter doesn't exist.");
}

}  // namespace
}  // namespace tidemill::sqs
