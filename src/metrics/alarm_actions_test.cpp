#include "metrics/alarm_actions.h"

#include <gtest/gtest.h>

namespace tidemill::metrics {
namespace {

Alarm alarm() {
  Alarm made;
  made.key = {{"000000000000", "us-east-1"}, "failed runs"};
  made.settings = json::parse_object(
                      R"({"Namespace":"Glue","MetricName":"failed","Statistic":"Sum","Period":300,
        "EvaluationPeriods":1,"Threshold":0.5,"ComparisonOperator":"GreaterThanThreshold",
        "AlarmActions":["arn:aws:sns:us-east-1:000000000000:t"]})")
                      .value();
  made.configured = {1'705'320'000'000};
  made.changed = {1'705'320'060'000};
  return made;
}

TEST(AlarmNotice, has_aws_members) {
  auto after = alarm();
  after.state = "ALARM";
  after.reason = "why";
  const auto notice = notice_of(alarm(), after);
  EXPECT_EQ(notice.subject, "ALARM: \"failed runs\" in US East (N. Virginia)");
  EXPECT_EQ(notice.message,
            R"x({"AlarmName":"failed runs","AlarmDescription":null,"AWSAccountId":"000000000000",)x"
            R"x("AlarmConfigurationUpdatedTimestamp":"2024-01-15T12:00:00.000+0000",)x"
            R"x("NewStateValue":"ALARM","NewStateReason":"why",)x"
            R"x("StateChangeTime":"2024-01-15T12:01:00.000+0000",)x"
            R"x("Region":"US East (N. Virginia)",)x"
            R"x("AlarmArn":"arn:aws:cloudwatch:us-east-1:000000000000:alarm:failed runs",)x"
            R"x("OldStateValue":"INSUFFICIENT_DATA","OKActions":[],)x"
            R"x("AlarmActions":["arn:aws:sns:us-east-1:000000000000:t"],)x"
            R"x("InsufficientDataActions":[],"Trigger":{"MetricName":"failed","Namespace":"Glue",)x"
            R"x("StatisticType":"Statistic","Statistic":"SUM","Unit":null,"Dimensions":[],)x"
            R"x("Period":300,"EvaluationPeriods":1,"ComparisonOperator":"GreaterThanThreshold",)x"
            R"x("Threshold":0.5,"TreatMissingData":"missing",)x"
            R"x("EvaluateLowSampleCountPercentile":""}})x");
}

TEST(AlarmNotice, has_a_subject_that_a_mail_can_have) {
  auto after = alarm();
  after.key.name = std::string(200, 'x') + "ü";
  const auto subject = notice_of(alarm(), after).subject;
  EXPECT_EQ(subject.size(), 100u);
  EXPECT_TRUE(subject.ends_with("xxx..."));
}

}  // namespace
}  // namespace tidemill::metrics
