// M of N, missing data, reasons.
#include "metrics/judge.h"

#include <gtest/gtest.h>

#include "metrics/alarm_text.h"

namespace tidemill::metrics {
namespace {

constexpr TimeMs noon{1'705'320'000'000};  // 2024-01-15T12:00:00Z
using Values = std::vector<std::optional<double>>;
constexpr std::optional<double> none;

struct Case {
  Values values;
  int to_alarm;
  /// What it is with missing data as missing, ignore, breaching, notBreaching.
  std::string missing, ignore, breaching, not_breaching;
};

Verdict judged(const Values& values, const std::string& missing, int to_alarm,
               std::string_view present = "PRESENT") {
  Criteria criteria;
  criteria.statistic = "Sum";
  criteria.comparison = "GreaterThanThreshold";
  criteria.missing = missing;
  criteria.periods = int(values.size());
  criteria.to_alarm = to_alarm;
  Evaluation seen{noon, {}};
  for (std::size_t i = 0; i < values.size(); ++i) {
    const auto back = std::chrono::minutes(values.size() - i);
    seen.points.push_back({noon.plus(-back), values[i], 1});
  }
  return judge(criteria, seen, present);
}

TEST(JudgeTest, m_of_n_and_missing_data_are_as_aws_tables_them) {
  const std::string ok = "OK", alarm = "ALARM", unknown = "INSUFFICIENT_DATA", same = "PRESENT";
  const Case cases[] = {
      {{0, 0, 0}, 3, ok, ok, ok, ok},
      {{1, 1, 1}, 3, alarm, alarm, alarm, alarm},
      {{1, 1, 0}, 3, ok, ok, ok, ok},
      {{none, none, 0}, 3, ok, ok, ok, ok},
      {{none, none, none}, 3, unknown, same, alarm, ok},
      {{none, none, 1}, 3, alarm, same, alarm, ok},
      {{0, none, 1}, 3, ok, ok, ok, ok},
      {{0, 1, 1}, 2, alarm, alarm, alarm, alarm},
      {{0, none, 1}, 2, ok, same, alarm, ok},
      {{none}, 1, unknown, same, alarm, ok},
      {{1}, 1, alarm, alarm, alarm, alarm},
  };
  for (const auto& [values, to_alarm, missing, ignore, breaching, not_breaching] : cases) {
    EXPECT_EQ(judged(values, "missing", to_alarm).state, missing);
    EXPECT_EQ(judged(values, "ignore", to_alarm).state, ignore);
    EXPECT_EQ(judged(values, "breaching", to_alarm).state, breaching);
    EXPECT_EQ(judged(values, "notBreaching", to_alarm).state, not_breaching);
  }
}

TEST(JudgeTest, a_percentile_of_few_values_is_left_alone_where_it_is_asked_for) {
  Criteria criteria;
  criteria.statistic = "p99";
  criteria.comparison = "GreaterThanThreshold";
  criteria.missing = "missing";
  const auto state = [&](double samples) {
    const Evaluation seen{noon, {{noon.plus(-std::chrono::minutes(1)), 1, samples}}};
    return judge(criteria, seen, "OK").state;
  };
  EXPECT_EQ(state(1), "ALARM");
  criteria.ignores_few_samples = true;
  EXPECT_EQ(state(999), "OK");
  EXPECT_EQ(state(1000), "ALARM");
  criteria.statistic = "p10";
  EXPECT_EQ(state(99), "OK");
  EXPECT_EQ(state(100), "ALARM");
  for (const auto* other : {"p100", "tm90"}) {
    criteria.statistic = other;
    EXPECT_EQ(state(1), "ALARM") << other;
  }
}

TEST(JudgeTest, comparisons) {
  EXPECT_FALSE(breaches("GreaterThanThreshold", 1, 1));
  EXPECT_TRUE(breaches("GreaterThanOrEqualToThreshold", 1, 1));
  EXPECT_FALSE(breaches("LessThanThreshold", 1, 1));
  EXPECT_TRUE(breaches("LessThanOrEqualToThreshold", 1, 1));
}

TEST(JudgeTest, reasons_are_in_cloudwatchs_words) {
  EXPECT_EQ(judged({21.5}, "missing", 1).reason,
            "Threshold Crossed: 1 datapoint [21.5 (01/15/24 11:59:00)] was greater than the "
            "threshold (0.0).");
  EXPECT_EQ(judged({0}, "missing", 1).reason,
            "Threshold Crossed: 1 datapoint [0.0 (01/15/24 11:59:00)] was not greater than the "
            "threshold (0.0).");
  EXPECT_EQ(judged({none, none}, "breaching", 2).reason,
            "Threshold Crossed: no datapoints were received for 2 periods and 2 missing datapoints "
            "were treated as [Breaching].");
  EXPECT_EQ(judged({none}, "notBreaching", 1).reason,
            "Threshold Crossed: no datapoints were received for 1 period and 1 missing datapoint "
            "was treated as [NonBreaching].");
  EXPECT_EQ(judged({none}, "missing", 1).reason, "Insufficient Data: 1 datapoint was unknown.");
  EXPECT_EQ(judged({1, 0, 2}, "missing", 2).reason,
            "Threshold Crossed: 2 out of the last 3 datapoints [2.0 (01/15/24 11:59:00), 1.0 "
            "(01/15/24 11:57:00)] were greater than the threshold (0.0) (minimum 2 datapoints for "
            "OK -> ALARM transition).");
}

TEST(JudgeTest, what_was_looked_at_is_told_as_json) {
  EXPECT_EQ(*judged({1}, "missing", 1).reason_data,
            R"({"version":"1.0","queryDate":"2024-01-15T12:00:00.000+0000",)"
            R"("startDate":"2024-01-15T11:59:00.000+0000","statistic":"Sum","period":60,)"
            R"("recentDatapoints":[1.0],"threshold":0.0,"evaluatedDatapoints":[{"timestamp":)"
            R"("2024-01-15T11:59:00.000+0000","sampleCount":1.0,"value":1.0}]})");
}

TEST(JudgeTest, numbers_are_written_as_java_does) {
  EXPECT_EQ(number_text(0), "0.0");
  EXPECT_EQ(number_text(-21.25), "-21.25");
  EXPECT_EQ(number_text(1'800'000), "1800000.0");
  EXPECT_EQ(number_text(12'000'000), "1.2E7");
}

}  // namespace
}  // namespace tidemill::metrics
