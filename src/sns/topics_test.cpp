#include <gmock/gmock.h>

#include "base/json.h"
#include "sns/topics_fixture.h"

namespace tidemill::sns {
namespace {

using testing::HasSubstr;

class TopicsTest : public TopicsFixture {};

TEST_F(TopicsTest, a_message_is_in_every_queue_that_wants_it) {
  const auto topic = create("t").value();
  ASSERT_TRUE(subscribe(topic, queue("a")));
  ASSERT_TRUE(subscribe(topic, queue("b"), {{"RawMessageDelivery", "true"}}));
  ASSERT_TRUE(subscribe(topic, queue("c"), {{"FilterPolicy", R"({"kind":["other"]})"}}));
  const auto sent = publish(
      topic, {.text = "hello", .subject = "s", .attributes = {{"kind", {"String", "this"}}}});
  ASSERT_TRUE(sent);
  ASSERT_EQ(queues_.sent.size(), 2u);
  const auto body = json::parse_object(queues_.sent[0].body).value();
  EXPECT_EQ(json::text_or_empty(body, "Message"), "hello");
  EXPECT_EQ(json::text_or_empty(body, "Subject"), "s");
  EXPECT_EQ(json::text_or_empty(body, "MessageId"), sent->id);
  EXPECT_EQ(json::text_or_empty(body, "Timestamp"), "2024-01-15T12:00:00.000Z");
  EXPECT_TRUE(queues_.sent[0].attributes.empty());
  EXPECT_EQ(queues_.sent[1].body, "hello");
  EXPECT_EQ(queues_.sent[1].attributes.at("kind").value, "this");
}

TEST_F(TopicsTest, what_a_queue_refuses_goes_to_the_dead_letters_or_stays_as_failed) {
  const auto topic = create("t").value();
  queues_.refusals[queue("gone")] = "it isn't there";
  const Texts redrive{{"RedrivePolicy", R"({"deadLetterTargetArn":")" + queue("dead") + R"("})"}};
  ASSERT_TRUE(subscribe(topic, queue("gone"), redrive));
  ASSERT_TRUE(publish(topic, {.text = "x"}));
  ASSERT_EQ(queues_.sent.size(), 1u);
  EXPECT_EQ(queues_.sent[0].queue_arn, queue("dead"));
  EXPECT_EQ(rows("sns_deliveries"), 0);
  queues_.refusals[queue("dead")] = "nor is this";
  ASSERT_TRUE(publish(topic, {.text = "y"}));
  EXPECT_EQ(queues_.sent.size(), 1u);
  EXPECT_EQ(rows("sns_deliveries WHERE state = 'failed' AND reason LIKE '%it isn''t there%nor is "
                 "this%'"),
            1);
}

TEST_F(TopicsTest, a_fifo_topic_numbers_messages_and_takes_each_once) {
  const auto topic =
      create("t.fifo", {{"FifoTopic", "true"}, {"ContentBasedDeduplication", "true"}}).value();
  ASSERT_TRUE(subscribe(topic, queue("q.fifo"), {{"RawMessageDelivery", "true"}}));
  const auto first = publish(topic, {.text = "x", .group_id = "g"}).value();
  const auto again = publish(topic, {.text = "x", .group_id = "g"}).value();
  EXPECT_EQ(first.id, again.id);
  EXPECT_EQ(first.sequence, "10000000000000000001");
  EXPECT_EQ(queues_.sent.size(), 1u);
  EXPECT_EQ(queues_.sent[0].group_id, "g");
  EXPECT_FALSE(queues_.sent[0].dedup_id.empty());
  after(std::chrono::minutes(5));
  const auto later = publish(topic, {.text = "x", .group_id = "g"}).value();
  EXPECT_EQ(later.sequence, "10000000000000000002");
  const auto refused = publish(topic, {.text = "x"});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().message,
            "Invalid parameter: The MessageGroupId parameter is required for FIFO topics");
}

TEST_F(TopicsTest, a_changed_filter_counts_from_then_on) {
  const auto topic = create("t").value();
  auto made = subscribe(topic, queue("a"), {{"FilterPolicy", R"({"a":["1"]})"}}).value();
  const Message message{.text = "x", .attributes = {{"a", {"String", "2"}}}};
  ASSERT_TRUE(publish(topic, message));
  EXPECT_TRUE(queues_.sent.empty());
  made.attributes["FilterPolicy"] = R"({"a":["2"]})";
  ASSERT_TRUE(write([&](store::Tx& tx) { return update_subscription(tx, made); }));
  ASSERT_TRUE(publish(topic, message));
  EXPECT_EQ(queues_.sent.size(), 1u);
}

TEST_F(TopicsTest, a_token_confirms_for_two_days) {
  const auto topic = create("t").value();
  const auto made = subscribe(topic, "http://there/x", {}, "http").value();
  EXPECT_FALSE(made.confirmed);
  EXPECT_EQ(rows("sns_deliveries WHERE type = 'SubscriptionConfirmation'"), 1);
  ASSERT_TRUE(publish(topic, {.text = "x"}));
  EXPECT_EQ(rows("sns_deliveries"), 1) << "who hasn't confirmed gets nothing";
  const auto confirm = [&](const std::string& token) {
    return write([&](store::Tx& tx) { return topics_->confirm(tx, topic, token, false); });
  };
  EXPECT_FALSE(confirm("other"));
  after(std::chrono::hours(49));
  EXPECT_FALSE(confirm(made.token));
  ASSERT_TRUE(subscribe(topic, "http://there/x", {}, "http")) << "asks again";
  ASSERT_TRUE(confirm(made.token));
  ASSERT_TRUE(publish(topic, {.text = "x"}));
  EXPECT_EQ(rows("sns_deliveries WHERE type = 'Notification'"), 1);
}

TEST_F(TopicsTest, a_topic_that_is_there_must_be_as_asked) {
  ASSERT_TRUE(create("t", {{"DisplayName", "a"}}));
  EXPECT_TRUE(create("t"));
  EXPECT_TRUE(create("t", {{"DisplayName", "a"}}));
  const auto refused = create("t", {{"DisplayName", "b"}});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().message,
            "Invalid parameter: Attributes Reason: Topic already exists with different attributes");
}

TEST_F(TopicsTest, the_key_is_sealed_and_comes_back) {
  const auto kept = [](store::Tx& tx) {
    return tx.one("SELECT private_key FROM sns_signing_key",
                  [](const store::Row& row) { return row.text(0); });
  };
  EXPECT_THAT(write(kept).value().value(), testing::Not(HasSubstr("PRIVATE")));
  Topics again({clock_, random_, authority_, queues_, sealer_}, {});
  ASSERT_TRUE(write([&](store::Tx& tx) { return again.load(tx); }));
  const auto sign = [](const Topics& topics) {
    return topics.key()->sign("a", DigestKind::sha256);
  };
  EXPECT_EQ(sign(again), sign(*topics_));
}

TEST_F(TopicsTest, only_cloudwatch_may_publish_by_the_default_policy) {
  const auto topic = create("t").value();
  const auto may = [&](std::string_view service) {
    return topics_->may_publish(topic, {service, "arn:aws:x:y:z:w", "000000000000"});
  };
  EXPECT_TRUE(may("cloudwatch.amazonaws.com"));
  const auto refused = may("events.amazonaws.com");
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().message, HasSubstr("must let Service events.amazonaws.com do so"));
}

}  // namespace
}  // namespace tidemill::sns
