#include "events/input.h"

#include <gtest/gtest.h>

namespace tidemill::events {
namespace {

constexpr std::string_view envelope =
    R"({"id":"1","detail-type":"Object Created","source":"aws.s3","detail":{"bucket":{"name":"b"},"object":{"key":"a \"q\".csv","size":5},"list":["x","y"],"flag":true}})";

const InputContext context{"arn:aws:events:us-east-1:000000000000:rule/r", "r", {1705311015000}};

std::string filled(std::map<std::string, std::string> paths, std::string text) {
  const InputSpec spec{.transformer = InputSpec::Transformer{std::move(paths), std::move(text)}};
  return make_input(spec, envelope, context);
}

TEST(TargetInput, IsTheWholeEventByDefault) {
  EXPECT_EQ(make_input({}, envelope, context), envelope);
}

TEST(TargetInput, IsThePartThatInputPathNames) {
  EXPECT_EQ(make_input({.path = "$.detail.bucket"}, envelope, context), R"({"name":"b"})");
  EXPECT_EQ(make_input({.path = "$.detail.list[1]"}, envelope, context), R"("y")");
  EXPECT_EQ(make_input({.path = "$['detail-type']"}, envelope, context), R"("Object Created")");
  EXPECT_EQ(make_input({.path = "$.nosuch"}, envelope, context), "null");
}

TEST(TargetInput, QuotesValuesOutsideStringsAndEscapesThemInside) {
  EXPECT_EQ(filled({{"k", "$.detail.object.key"}}, R"({"--key":<k>,"--uri":"s3://b/<k>"})"),
            R"({"--key":"a \"q\".csv","--uri":"s3://b/a \"q\".csv"})");
  EXPECT_EQ(filled({{"l", "$.detail.list"}}, R"({"a":<l>,"b":"<l>"})"),
            R"({"a":["x","y"],"b":"[x,y]"})");
  EXPECT_EQ(filled({{"f", "$.detail.flag"}}, R"("is <f>")"), R"("is true")");
}

TEST(TargetInput, TurnsAMissingValueIntoAnEmptyString) {
  EXPECT_EQ(filled({{"n", "$.nosuch"}}, R"({"a":<n>,"b":"<n>"})"), R"({"a":"","b":""})");
}

TEST(TargetInput, KnowsTheReservedNames) {
  EXPECT_EQ(filled({}, R"("<aws.events.rule-name> <aws.events.rule-arn>")"),
            R"("r arn:aws:events:us-east-1:000000000000:rule/r")");
  EXPECT_EQ(filled({}, "<aws.events.event.json>"), envelope);
  EXPECT_EQ(filled({}, "<aws.events.event>"),
            R"({"id":"1","detailType":"Object Created","source":"aws.s3"})");
}

TEST(TargetInput, RefusesWhatAwsRefuses) {
  EXPECT_EQ(check_input({.constant = "{}", .path = "$"}, "t").error().message,
            "Only one of Input, InputPath, or InputTransformer must be provided for target t.");
  const InputSpec unknown{.transformer = InputSpec::Transformer{{}, "\"<name>\""}};
  EXPECT_EQ(check_input(unknown, "t").error().message,
            "InputTemplate for target t contains invalid placeholder name.");
  EXPECT_FALSE(check_input({.constant = "{"}, "t"));
}

}  // namespace
}  // namespace tidemill::events
