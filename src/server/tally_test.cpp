// What Prometheus is told of what services measure.
#include "server/tally.h"

#include <gtest/gtest.h>

#include "server/exposition.h"

namespace tidemill::server {
namespace {

class Nothing final : public Meter {
 public:
  void measure(const Measured&) noexcept override { ++seen; }
  int seen = 0;
};

using Dimension = std::pair<std::string_view, std::string_view>;

TEST(TallyTest, what_is_measured_is_counted_and_handed_on) {
  Nothing next;
  Tally tally(next);
  const Scope scope{"000000000000", "us-east-1"};
  const Dimension rule[] = {{"RuleName", "r"}};
  tally.measure({scope, "AWS/Events", "Invocations", rule});
  tally.measure({scope, "AWS/Scheduler", "InvocationAttemptCount", {}, 2});
  tally.measure({scope, "Sales", "Invocations", rule});
  EXPECT_EQ(tally.invocations, 3u);
  EXPECT_EQ(next.seen, 3);
}

TEST(TallyTest, what_is_measured_by_several_dimensions_counts_once) {
  Nothing next;
  Tally tally(next);
  const Scope scope{"000000000000", "us-east-1"};
  const Dimension rule[] = {{"RuleName", "r"}};
  const Dimension all[] = {{"JobName", "j"}, {"JobRunId", "ALL"}};
  const Dimension one[] = {{"JobName", "j"}, {"JobRunId", "jr_1"}};
  tally.measure({scope, "AWS/Events", "MatchedEvents", rule});
  tally.measure({scope, "AWS/Events", "MatchedEvents", {}});
  for (const auto& dimensions : {all, one}) {
    tally.measure(
        {scope, "Glue", "glue.driver.aggregate.numFailedTasks", std::span(dimensions, 2)});
  }
  EXPECT_EQ(tally.events_matched, 1u);
  EXPECT_EQ(tally.runs_failed, 1u);
}

TEST(TallyTest, lateness_is_in_seconds) {
  Nothing next;
  Tally tally(next);
  const Scope scope{"000000000000", "us-east-1"};
  tally.measure({scope, "Glue", "ScheduleLateness", {}, 20, "Milliseconds"});
  const auto seen = tally.schedule_lateness.seen();
  EXPECT_EQ(seen.count, 1u);
  EXPECT_DOUBLE_EQ(seen.sum, 0.02);
  EXPECT_EQ(seen.up_to[4], 0u) << "not within 10 ms";
  EXPECT_EQ(seen.up_to[5], 1u) << "within 25 ms";
}

TEST(ExpositionTest, labels_are_escaped_and_each_metric_has_its_help_once) {
  Exposition shown;
  shown.add("tidemill_runs", 2, {{"state", "a\"b\\c\nd"}});
  const auto text = shown.text();
  EXPECT_NE(text.find("tidemill_runs{state=\"a\\\"b\\\\c\\nd\"} 2\n"), std::string::npos) << text;
  const std::string help = "# HELP tidemill_runs ";
  EXPECT_EQ(text.find(help), text.rfind(help));
  EXPECT_NE(text.find("# TYPE tidemill_dead_letters_total counter\n"), std::string::npos);
}

}  // namespace
}  // namespace tidemill::server
