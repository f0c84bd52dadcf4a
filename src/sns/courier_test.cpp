#include "sns/courier.h"

#include <future>

#include <gmock/gmock.h>

#include "sns/topics_fixture.h"

namespace tidemill::sns {
namespace {

using std::chrono::seconds;
using Headers = std::vector<std::pair<std::string, std::string>>;

class CourierTest : public TopicsFixture {
 protected:
  /// A topic with a confirmed HTTP endpoint, and one message for it.
  void SetUp() override {
    topic_ = create("t").value();
    const Texts attributes{
        {"RedrivePolicy", R"({"deadLetterTargetArn":")" + queue("dead") + R"("})"},
        {"DeliveryPolicy", R"({"healthyRetryPolicy":{"numRetries":1}})"}};
    const auto made = subscribe(topic_, "http://there/x", attributes, "http").value();
    confirm(made);
    ASSERT_TRUE(write([](store::Tx& tx) { return tx.exec("DELETE FROM sns_deliveries"); }));
    ASSERT_TRUE(publish(topic_, {.text = "x", .subject = "s"}));
  }
  void confirm(const Subscription& made) {
    subscription_ = write([&](store::Tx& tx) {
                      return topics_->confirm(tx, topic_, made.token, false);
                    }).value();
  }
  std::vector<Outgoing> due(DueQuery query = {.now = {}, .count = 100}) {
    query.now = clock_.at;
    return write([&](store::Tx& tx) { return due_deliveries(tx, query); }).value();
  }
  void settle(const Outgoing& delivery, const Attempt& attempt) {
    ASSERT_TRUE(write([&](store::Tx& tx) { return topics_->settle(tx, delivery, attempt); }));
  }

  Topic topic_;
  Subscription subscription_;
};

TEST_F(CourierTest, sends_what_sns_sends) {
  const auto post = post_of(due().at(0));
  EXPECT_EQ(post.url, "http://there/x");
  EXPECT_EQ(post.headers[0],
            std::pair(std::string("x-amz-sns-message-type"), std::string("Notification")));
  EXPECT_EQ(post.headers[2].second, topic_.key.arn());
  EXPECT_EQ(post.headers[3].second, subscription_.arn());
  EXPECT_EQ(post.headers[4].second, "text/plain; charset=UTF-8");
}

TEST_F(CourierTest, a_delivery_that_ended_is_gone) {
  settle(due().at(0), {});
  EXPECT_EQ(rows("sns_deliveries"), 0);
}

TEST_F(CourierTest, a_failure_is_tried_again_and_then_buried) {
  settle(due().at(0), {Attempt::End::again, "503"});
  EXPECT_TRUE(due().empty());
  after(seconds(20));
  const auto again = due();
  ASSERT_EQ(again.size(), 1u);
  EXPECT_EQ(again[0].tries, 1);
  settle(again[0], {Attempt::End::again, "503"});
  EXPECT_EQ(rows("sns_deliveries"), 0);
  ASSERT_EQ(queues_.sent.size(), 1u);
  EXPECT_EQ(queues_.sent[0].queue_arn, queue("dead"));
  EXPECT_EQ(queues_.sent[0].body, again[0].body);
}

TEST_F(CourierTest, what_is_refused_for_good_is_not_tried_again) {
  queues_.refusals[queue("dead")] = "it is full";
  settle(due().at(0), {Attempt::End::refused, "403"});
  EXPECT_TRUE(due().empty());
  EXPECT_EQ(rows("sns_deliveries WHERE state = 'failed' AND reason LIKE '403;%it is full'"), 1);
  const auto forget = [](store::Tx& tx) { return forget_failures(tx, noon.plus(seconds(1))); };
  EXPECT_FALSE(write(forget).value());
  EXPECT_EQ(rows("sns_deliveries"), 0);
}

TEST_F(CourierTest, what_comes_back_after_the_subscription_ended_changes_nothing) {
  const auto delivery = due().at(0);
  ASSERT_TRUE(write([&](store::Tx& tx) { return topics_->unsubscribe(tx, subscription_); }));
  EXPECT_EQ(rows("sns_deliveries"), 0);
  settle(delivery, {Attempt::End::refused, "403"});
  EXPECT_TRUE(queues_.sent.empty()) << "no dead letter of what nobody wants";
}

TEST_F(CourierTest, what_is_on_its_way_is_not_due_again) {
  ASSERT_TRUE(publish(topic_, {.text = "y"}));
  const auto both = due();
  ASSERT_EQ(both.size(), 2u);
  const auto other = due({.now = {}, .flying = {both[0].id}, .count = 1});
  ASSERT_EQ(other.size(), 1u);
  EXPECT_EQ(other[0].id, both[1].id);
}

/// Never answers for http://there/x.
class SlowOffice final : public PostOffice {
 public:
  Task<Attempt> post(Post post) override {
    if (post.url == "http://there/x") {
      (void)co_await io::sleep_for(std::chrono::hours(1));
    } else {
      prompt.set_value();
    }
    co_return Attempt();
  }
  Task<Attempt> mail(Mail /*mail*/) override { co_return Attempt(); }

  std::promise<void> prompt;
};

TEST_F(CourierTest, a_slow_endpoint_holds_up_no_other) {
  for (std::size_t i = 0; i < 2 * Courier::flying_max; ++i) {
    ASSERT_TRUE(publish(topic_, {.text = "x"}));
  }
  ASSERT_TRUE(subscribe(topic_, "http://prompt/y", {}, "http"));
  SlowOffice office;
  io::Loops loops(1);
  Courier courier({loops, *store_, *topics_, office, clock_});
  courier.wake();
  EXPECT_EQ(office.prompt.get_future().wait_for(seconds(20)), std::future_status::ready);
  loops.stop();
  open_store();  // What the courier still asks is answered before the loops go.
}

TEST_F(CourierTest, busy_endpoints_are_left_alone) {
  DueQuery query{.now = {}, .count = 100};
  query.busy[0] = subscription_.id;
  EXPECT_TRUE(due(query).empty());
  EXPECT_EQ(write([&](store::Tx& tx) { return next_due(tx, clock_.at); }).value(), std::nullopt);
}

}  // namespace
}  // namespace tidemill::sns
