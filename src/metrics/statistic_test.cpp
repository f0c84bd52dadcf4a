// Statistics by their names, against values that are known.
#include "metrics/statistic.h"

#include <algorithm>
#include <random>

#include <fmt/format.h>
#include <gtest/gtest.h>

namespace tidemill::metrics {
namespace {

Aggregate of_values(const std::vector<double>& values) {
  Aggregate aggregate;
  for (const double value : values) aggregate.add(value);
  return aggregate;
}

std::optional<double> compute(std::string_view name, const Aggregate& aggregate) {
  const auto statistic = Statistic::parse(name);
  EXPECT_TRUE(statistic) << name;
  return statistic ? statistic->of(aggregate) : std::nullopt;
}

TEST(Statistic, names_are_those_of_aws) {
  for (const auto* name : {"Sum",
                           "p0",
                           "p0.0",
                           "p99",
                           "p99.9999999999",
                           "p100",
                           "tm90",
                           "wm98",
                           "tc0.5",
                           "ts90",
                           "IQM",
                           "TM(2%:98%)",
                           "TM(150:1000)",
                           "TM(:95%)",
                           "TM(5%:)",
                           "WM(10%:90%)",
                           "TC(0.005:0.030)",
                           "TS(80%:)",
                           "PR(:300)",
                           "PR(100:2000)",
                           "PR(1:)"}) {
    EXPECT_TRUE(Statistic::parse(name)) << name;
  }
  for (const auto* name : {"",
                           "sum",
                           "p",
                           "p101",
                           "p-1",
                           "p1e1",
                           "p99.99999999999",
                           "p.",
                           "90",
                           "tm",
                           "tm101",
                           "xx90",
                           "iqm",
                           "TM",
                           "TM()",
                           "TM(:)",
                           "TM(10%:90)",
                           "TM(10:90%)",
                           "TM(90%:10%)",
                           "TM(5:5)",
                           "TM(0%:101%)",
                           "PR(10%:90%)",
                           "PR(300)",
                           "p(90)",
                           "TM(1:2",
                           "TM(-1:2)",
                           "TM(a:b)"}) {
    EXPECT_FALSE(Statistic::parse(name)) << name;
  }
}

TEST(Statistic, percentiles_of_few_values_are_values) {
  const auto ten = of_values({7, 3, 1, 9, 5, 2, 8, 4, 10, 6});
  EXPECT_EQ(compute("p0", ten), 1);
  EXPECT_EQ(compute("p10", ten), 1);
  EXPECT_EQ(compute("p50", ten), 5);
  EXPECT_EQ(compute("p90", ten), 9);
  EXPECT_EQ(compute("p90.1", ten), 10);
  EXPECT_EQ(compute("p100", ten), 10);
  EXPECT_EQ(compute("p99", of_values({2.5})), 2.5);
}

TEST(Statistic, trimmed_ones_leave_whole_values_out) {
  const auto ten = of_values({1, 2, 3, 4, 5, 6, 7, 8, 9, 100});
  EXPECT_EQ(compute("tm90", ten), 5);
  EXPECT_EQ(compute("tc90", ten), 9);
  EXPECT_EQ(compute("ts90", ten), 45);
  EXPECT_EQ(compute("wm90", ten), 5.4) << "100 counts as 9";
  EXPECT_EQ(compute("TM(10%:90%)", ten), 5.5);
  EXPECT_EQ(compute("WM(10%:90%)", ten), (2 * 2 + 3 + 4 + 5 + 6 + 7 + 8 + 9 * 2) / 10.0);
  EXPECT_EQ(compute("TM(2%:98%)", ten), 14.5) << "2 % of ten are less than one";
  EXPECT_EQ(compute("TS(80%:)", ten), 109);
  EXPECT_EQ(compute("IQM", of_values({1, 2, 3, 100})), 2.5);
  EXPECT_EQ(compute("tc0", ten), 0);
  EXPECT_FALSE(compute("tm0", ten)) << "the mean of none";
}

TEST(Statistic, fixed_sides_leave_out_the_lower_and_take_the_upper) {
  const auto all = of_values({100, 150, 200, 1000, 2000});
  EXPECT_EQ(compute("TM(150:1000)", all), 600);
  EXPECT_EQ(compute("TC(150:1000)", all), 2);
  EXPECT_EQ(compute("TS(150:1000)", all), 1200);
  EXPECT_EQ(compute("WM(150:1000)", all), (150 + 150 + 200 + 1000 + 1000) / 5.0);
  EXPECT_EQ(compute("PR(:150)", all), 40);
  EXPECT_EQ(compute("PR(150:)", all), 60);
  EXPECT_EQ(compute("TC(3000:)", all), 0);
  EXPECT_FALSE(compute("TM(3000:)", all));
}

TEST(Statistic, of_many_values_is_within_a_percent) {
  std::mt19937_64 random(3);
  std::gamma_distribution<double> latencies(2, 50);
  std::vector<double> values;
  for (int i = 0; i < 20'000; ++i) values.push_back(latencies(random));
  const auto aggregate = of_values(values);
  std::ranges::sort(values);
  for (const std::size_t per_mille : {1, 10, 100, 500, 900, 990, 999}) {
    const double exact = values[per_mille * values.size() / 1000 - 1];
    const auto name = fmt::format("p{}", double(per_mille) / 10);
    EXPECT_NEAR(*compute(name, aggregate), exact, exact * 0.01) << name;
  }
  EXPECT_EQ(compute("p0", aggregate), values.front());
  EXPECT_EQ(compute("p100", aggregate), values.back());
  double sum = 0;
  for (std::size_t i = 0; i < 18'000; ++i) sum += values[i];
  EXPECT_NEAR(*compute("tm90", aggregate), sum / 18'000, sum / 18'000 * 0.01);
  EXPECT_EQ(compute("tc90", aggregate), 18'000);
}

TEST(Statistic, without_the_values_or_with_negative_ones_there_is_none) {
  const Aggregate set{10, 55, 1, 10};
  const auto negative = of_values({-1, 2, 3});
  for (const auto* name : {"p50", "tm90", "PR(:5)", "IQM"}) {
    EXPECT_FALSE(compute(name, set)) << name;
    EXPECT_FALSE(compute(name, negative)) << name;
  }
  EXPECT_EQ(compute("Average", set), 5.5);
}

}  // namespace
}  // namespace tidemill::metrics
