// What is counted of tries, under AWS's names and dimensions.
#include "events/counting.h"

#include <map>

#include <gtest/gtest.h>

namespace tidemill::events {
namespace {

class Sums final : public Meter {
 public:
  void measure(const Measured& measured) noexcept override {
    std::string key = std::string(measured.space) + " " + std::string(measured.name);
    for (const auto& [name, value] : measured.dimensions) {
      key.append(" ").append(name).append("=").append(value);
    }
    sums[key] += measured.value;
  }
  std::map<std::string, double> sums;
};

using Expected = std::map<std::string, double>;

Tried tried(const std::string& arn, const std::string& state) {
  return {{"000000000000", "us-east-1"}, "r", "arn:aws:" + arn, state, "", 1, {1000}, {1250}};
}

TEST(CountingTest, a_rules_delivery_is_an_invocation_with_its_latency) {
  Sums meter;
  count_try(meter, tried("events:us-east-1:000000000000:rule/r", "done"));
  EXPECT_EQ(meter.sums,
            (Expected{{"AWS/Events InvocationAttempts RuleName=r", 1},
                      {"AWS/Events Invocations RuleName=r", 1},
                      {"AWS/Events SuccessfulInvocationAttempts RuleName=r", 1},
                      {"AWS/Events IngestionToInvocationStartLatency RuleName=r", 250},
                      {"AWS/Events IngestionToInvocationCompleteLatency RuleName=r", 250},
                      {"AWS/Events IngestionToInvocationSuccessLatency RuleName=r", 250}}));
}

TEST(CountingTest, a_delivery_that_is_tried_again_is_no_invocation_yet) {
  Sums meter;
  auto again = tried("events:us-east-1:000000000000:rule/bus/r", "pending");
  again.tries = 2;
  count_try(meter, again);
  EXPECT_EQ(meter.sums,
            (Expected{{"AWS/Events InvocationAttempts EventBusName=bus RuleName=r", 1},
                      {"AWS/Events RetryInvocationAttempts EventBusName=bus RuleName=r", 1}}));
}

TEST(CountingTest, what_fails_is_counted_with_its_dead_letter) {
  Sums meter;
  auto failed = tried("events:us-east-1:000000000000:rule/r", "failed");
  failed.dead_letter = "sent";
  count_try(meter, failed);
  EXPECT_EQ(meter.sums["AWS/Events FailedInvocations RuleName=r"], 1);
  EXPECT_EQ(meter.sums["AWS/Events InvocationsSentToDlq RuleName=r"], 1);
  failed.dead_letter = "no policy";
  count_try(meter, failed);
  EXPECT_EQ(meter.sums["AWS/Events InvocationsFailedToBeSentToDlq RuleName=r"], 1);
}

TEST(CountingTest, a_schedule_counts_under_its_group) {
  Sums meter;
  count_try(meter, tried("scheduler:us-east-1:000000000000:schedule/nightly/r", "failed"));
  EXPECT_EQ(meter.sums,
            (Expected{{"AWS/Scheduler InvocationAttemptCount ScheduleGroup=nightly", 1},
                      {"AWS/Scheduler TargetErrorCount ScheduleGroup=nightly", 1},
                      {"AWS/Scheduler InvocationDroppedCount ScheduleGroup=nightly", 1}}));
}

TEST(CountingTest, lateness_is_measured_for_all_that_is_due_by_time) {
  Sums meter;
  const Scope scope{"000000000000", "us-east-1"};
  const std::string head = "arn:aws:";
  count_lateness(meter, scope, head + "events:us-east-1:000000000000:rule/bus/r", "r", 3);
  count_lateness(meter, scope, head + "scheduler:us-east-1:000000000000:schedule/nightly/s", "s",
                 4);
  count_lateness(meter, scope, head + "glue:us-east-1:000000000000:trigger/t", "t", 5);
  EXPECT_EQ(meter.sums, (Expected{{"AWS/Events ScheduleLateness EventBusName=bus RuleName=r", 3},
                                  {"AWS/Scheduler ScheduleLateness ScheduleGroup=nightly", 4},
                                  {"Glue ScheduleLateness TriggerName=t", 5}}));
}

TEST(CountingTest, what_a_rule_had_before_is_not_counted) {
  Sums meter;
  count_try(meter, tried("events:us-east-1:000000000000:rule/r", "skipped"));
  EXPECT_TRUE(meter.sums.empty());
}

}  // namespace
}  // namespace tidemill::events
