#include "sns/message.h"

#include <gtest/gtest.h>

#include "base/json.h"

namespace tidemill::sns {
namespace {

Topic topic(const std::string& name) {
  Topic made;
  made.key = {{"000000000000", "us-east-1"}, name};
  return made;
}

std::string refusal(const Message& message, const std::string& name = "t") {
  const auto checked = check_message(topic(name), message);
  return checked ? "" : checked.error().message;
}

TEST(Message, is_refused_in_aws_words) {
  EXPECT_EQ(refusal({.text = ""}), "Invalid parameter: Empty message");
  EXPECT_EQ(refusal({.text = std::string(message_bytes_max + 1, 'a')}),
            "Invalid parameter: Message too long");
  EXPECT_EQ(refusal({.text = "a", .subject = "two\nlines"}), "Invalid parameter: Subject");
  EXPECT_EQ(refusal({.text = "a", .subject = std::string(101, 'a')}), "Invalid parameter: Subject");
  EXPECT_EQ(refusal({.text = "{}", .by_protocol = true}),
            "Invalid parameter: Message Structure - No default entry in JSON message body");
  EXPECT_EQ(refusal({.text = "{", .by_protocol = true}),
            "Invalid parameter: Message Structure - JSON message body failed to parse");
  EXPECT_EQ(refusal({.text = "a", .attributes = {{"b", {"Stringy", "c"}}}}),
            "The message attribute 'b' has an invalid message attribute type, the set of supported "
            "type prefixes is Binary, Number, and String.");
  EXPECT_EQ(refusal({.text = "a", .attributes = {{"b", {"String", ""}}}}),
            "The message attribute 'b' must contain non-empty message attribute value for message "
            "attribute type 'String'.");
  EXPECT_EQ(refusal({.text = "a", .dedup_id = "d"}),
            "Invalid parameter: MessageDeduplicationId Reason: The request includes "
            "MessageDeduplicationId parameter that is not valid for this topic type");
  EXPECT_EQ(refusal({.text = "a", .group_id = "g"}, "t.fifo"),
            "Invalid parameter: The topic should either have ContentBasedDeduplication enabled or "
            "MessageDeduplicationId provided explicitly");
  EXPECT_EQ(refusal({.text = "a", .subject = "s", .attributes = {{"n", {"Number", "1.5"}}}}), "");
}

TEST(Message, has_a_text_for_each_protocol) {
  const Message message{.text = R"({"default":"d","sqs":"q","http":5})", .by_protocol = true};
  EXPECT_EQ(text_for(message, "sqs"), "q");
  EXPECT_EQ(text_for(message, "http"), "d");
  EXPECT_EQ(text_for(message, "email"), "d");
}

TEST(Envelope, is_laid_out_as_aws_does) {
  Signer signer(std::make_shared<const SigningKey>(SigningKey::generate("sns.test").value()));
  Subscription subscription;
  subscription.topic_key = topic("t").key;
  subscription.uuid = "00000000-0000-4000-8000-000000000000";
  subscription.protocol = "sqs";
  subscription.base_url = "http://here";
  const Message message{.text = "a \"b\"", .attributes = {{"n", {"Number", "1"}}}};
  const Notification sent{.id = "id", .time = {1'705'320'000'000}, .message = message};
  const auto body = envelope(topic("t"), subscription, sent, signer);
  EXPECT_TRUE(
      body.starts_with("{\n  \"Type\" : \"Notification\",\n  \"MessageId\" : \"id\",\n"
                       "  \"TopicArn\" : \"arn:aws:sns:us-east-1:000000000000:t\",\n"
                       "  \"Message\" : \"a \\\"b\\\"\",\n"
                       "  \"Timestamp\" : \"2024-01-15T12:00:00.000Z\",\n"
                       "  \"SignatureVersion\" : \"1\",\n  \"Signature\" : \""))
      << body;
  const auto parsed = json::parse_object(body).value();
  EXPECT_EQ(json::text_or_empty(parsed, "UnsubscribeURL"),
            "http://here/_tidemill/sns/unsubscribe?SubscriptionArn=arn%3Aaws%3Asns%3Aus-east-1%3A"
            "000000000000%3At%3A00000000-0000-4000-8000-000000000000");
  EXPECT_EQ(json::dump(parsed.at("MessageAttributes")), R"({"n":{"Type":"Number","Value":"1"}})");
  EXPECT_FALSE(envelope(topic("t.fifo"), subscription, sent, signer).contains("Signature"));
}

}  // namespace
}  // namespace tidemill::sns
