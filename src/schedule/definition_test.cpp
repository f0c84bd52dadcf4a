#include "schedule/definition.h"

#include <gtest/gtest.h>

namespace tidemill::schedule {
namespace {

const Scope scope{"000000000000", "eu-central-1"};

Result<Call> call(std::string arn, std::optional<std::string> input, std::string source = "") {
  Definition definition;
  definition.target_arn = std::move(arn);
  definition.input = std::move(input);
  definition.event_detail_type = source;
  definition.event_source = std::move(source);
  return call_of(definition, scope);
}

TEST(ScheduleTarget, OfUniversalStartJobRunIsTheJob) {
  const auto made = call("arn:aws:scheduler:::aws-sdk:glue:startJobRun", R"({"JobName":"sales"})");
  ASSERT_TRUE(made);
  EXPECT_EQ(made->arn, "arn:aws:glue:eu-central-1:000000000000:job/sales");
  EXPECT_EQ(made->input, R"({"JobName":"sales"})");
}

TEST(ScheduleTarget, OfPutEventsIsTheBus) {
  const auto made = call("arn:aws:scheduler:::aws-sdk:events:putEvents",
                         R"({"Entries":[{"Source":"a","DetailType":"b","Detail":"{}"}]})");
  ASSERT_TRUE(made);
  EXPECT_EQ(made->arn, "arn:aws:events:eu-central-1:000000000000:event-bus/default");
  const auto templated =
      call("arn:aws:events:eu-central-1:000000000000:event-bus/own", R"({"x":1})", "my.app");
  ASSERT_TRUE(templated);
  EXPECT_TRUE(templated->input->contains(R"("Source":"my.app")"));
}

TEST(ScheduleTarget, OfPublishIsTheTopic) {
  const auto publish = [](std::string input) {
    return call("arn:aws:scheduler:::aws-sdk:sns:publish", std::move(input));
  };
  const auto made = publish(R"({"TopicArn":"arn:aws:sns:eu-central-1:1:t","Message":"hello"})");
  ASSERT_TRUE(made);
  EXPECT_EQ(made->arn, "arn:aws:sns:eu-central-1:1:t");
  EXPECT_EQ(made->input, "hello");
  EXPECT_FALSE(publish(R"({"TopicArn":"arn:aws:sns:eu-central-1:1:t"})"));
  const auto more = publish(R"({"TopicArn":"a","Message":"b","Subject":"c"})");
  ASSERT_FALSE(more);
  EXPECT_TRUE(more.error().message.contains("Subject isn't served"));
}

TEST(ScheduleTarget, IsRefusedWhereNothingCouldBeStarted) {
  const auto refused = [](const Result<Call>& made) { return made ? "" : made.error().name; };
  EXPECT_EQ(refused(call("job", {})), "ValidationException");
  EXPECT_EQ(refused(call("arn:aws:scheduler:::aws-sdk:glue:startJobRun", "[]")),
            "ValidationException");
  EXPECT_EQ(refused(call("arn:aws:scheduler:::aws-sdk:glue:startJobRun", "{}")),
            "ValidationException");
  const auto reading = call("arn:aws:scheduler:::aws-sdk:glue:getJob", "{}");
  ASSERT_FALSE(reading);
  EXPECT_TRUE(reading.error().hint.contains("only read"));
  EXPECT_FALSE(call("arn:aws:events:eu-central-1:000000000000:event-bus/own", "{}"));
}

TEST(ScheduleInput, IsFilledButForTheAttempt) {
  EXPECT_EQ(fill_attributes("<aws.scheduler.schedule-arn> <aws.scheduler.scheduled-time>"
                            " <aws.scheduler.execution-id> <aws.scheduler.attempt-number>",
                            {"arn", parse_iso("2022-03-22T18:59:43Z").value(), "d32c"}),
            "arn 2022-03-22T18:59:43Z d32c <aws.scheduler.attempt-number>");
}

TEST(Definitions, AreReadFromAwsJson) {
  const auto read = Definition::parse(R"json({
      "ScheduleExpression": "rate(1 hour)", "State": "DISABLED",
      "ScheduleExpressionTimezone": "Europe/Berlin", "StartDate": 1893499200.5,
      "ActionAfterCompletion": "DELETE",
      "FlexibleTimeWindow": {"Mode": "FLEXIBLE", "MaximumWindowInMinutes": 15},
      "Target": {"Arn": "a", "RoleArn": "r",
                 "RetryPolicy": {"MaximumRetryAttempts": 3, "MaximumEventAgeInSeconds": 60}}})json");
  ASSERT_TRUE(read);
  EXPECT_EQ(read->zone, "Europe/Berlin");
  EXPECT_FALSE(read->enabled);
  EXPECT_TRUE(read->delete_after);
  EXPECT_EQ(read->start->ms, 1'893'499'200'500);
  EXPECT_EQ(read->window_ms, 900'000);
  EXPECT_EQ(read->retry.attempts_max, 3);
  EXPECT_FALSE(read->input);
}

}  // namespace
}  // namespace tidemill::schedule
