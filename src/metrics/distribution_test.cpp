// What is known of many values: within 1 %, in few bytes, however they are put together.
#include "metrics/distribution.h"

#include <algorithm>
#include <cmath>
#include <random>

#include <gtest/gtest.h>

namespace tidemill::metrics {
namespace {

constexpr double error_max = 0.01;

double total(const Distribution& distribution) {
  double count = 0;
  for (const auto& sample : distribution.values()) count += sample.count;
  return count;
}

/// The value of that rank, from 1 on.
double at_rank(const Distribution& distribution, double rank) {
  double before = 0;
  for (const auto& [value, count] : distribution.values()) {
    before += count;
    if (before >= rank) return value;
  }
  return -1;
}

void expect_close(const Distribution& distribution, std::vector<double> values) {
  std::ranges::sort(values);
  ASSERT_EQ(total(distribution), double(values.size()));
  for (std::size_t rank = 1; rank <= values.size(); ++rank) {
    const double exact = values[rank - 1];
    ASSERT_NEAR(at_rank(distribution, double(rank)), exact, exact * error_max) << rank;
  }
}

TEST(Distribution, keeps_few_values_as_they_are) {
  Distribution distribution;
  for (const double value : {0.3, 0.0, 7.25, 0.3}) distribution.add(value, 2);
  const auto samples = Distribution::decode(distribution.encode()).values();
  ASSERT_EQ(samples.size(), 3u);
  EXPECT_EQ(samples[0].value, 0);
  EXPECT_EQ(samples[1].value, 0.3);
  EXPECT_EQ(samples[1].count, 4);
  EXPECT_EQ(samples[2].value, 7.25);
}

TEST(Distribution, knows_each_of_many_values_within_a_percent) {
  std::mt19937_64 random(7);
  std::lognormal_distribution<double> latencies(3, 2);
  Distribution distribution;
  std::vector<double> values;
  for (int i = 0; i < 3000; ++i) {
    values.push_back(i % 100 == 0 ? 0 : latencies(random));
    distribution.add(values.back(), 1);
  }
  expect_close(distribution, values);
  const auto bytes = distribution.encode();
  EXPECT_LT(bytes.size(), 1500u);
  expect_close(Distribution::decode(bytes), values);
}

TEST(Distribution, is_the_same_in_whichever_order_it_is_merged) {
  std::mt19937_64 random(11);
  std::uniform_real_distribution<double> uniform(1, 1e6);
  std::vector<Distribution> parts(40);
  Distribution at_once;
  std::vector<double> values;
  for (int i = 0; i < 2000; ++i) {
    values.push_back(uniform(random));
    // Some parts are few values, and others many.
    parts[std::size_t(i % 7 == 0 ? i % 40 : i % 4)].add(values.back(), 1);
    at_once.add(values.back(), 1);
  }
  Distribution forth, back;
  for (const auto& part : parts) forth.merge(part);
  std::ranges::reverse(parts);
  for (const auto& part : parts) back.merge(part);
  expect_close(forth, values);
  EXPECT_EQ(forth.encode(), at_once.encode());
  EXPECT_EQ(back.encode(), at_once.encode());
}

TEST(Distribution, of_values_all_over_grows_coarser_not_larger) {
  Distribution distribution;
  std::vector<double> values;
  for (double exponent = -1000; exponent < 360; exponent += 0.5) {
    values.push_back(std::exp2(exponent));
    distribution.add(values.back(), 1);
  }
  EXPECT_LE(distribution.size(), Distribution::buckets_max);
  EXPECT_LT(distribution.encode().size(), 4000u);
  const auto kept = Distribution::decode(distribution.encode());
  for (std::size_t rank = 1; rank <= values.size(); rank += 100) {
    EXPECT_NEAR(at_rank(kept, double(rank)), values[rank - 1], values[rank - 1] * 0.6);
  }
  Distribution fine;
  for (int i = 1; i <= 100; ++i) fine.add(i, 0.5);
  fine.merge(distribution);
  EXPECT_LE(fine.size(), Distribution::buckets_max);
  EXPECT_EQ(total(fine), double(values.size()) + 50);
}

TEST(Distribution, counts_are_kept_as_they_are) {
  Distribution distribution;
  distribution.add(1, 0.5);
  distribution.add(2, 1e18);
  distribution.add(3, 1'000'000);
  const auto samples = Distribution::decode(distribution.encode()).values();
  EXPECT_EQ(samples[0].count, 0.5);
  EXPECT_EQ(samples[1].count, 1e18);
  EXPECT_EQ(samples[2].count, 1'000'000);
}

TEST(Distribution, half_of_it_is_none) {
  Distribution distribution;
  for (int i = 1; i <= 500; ++i) distribution.add(i, i);
  const auto bytes = distribution.encode();
  EXPECT_TRUE(Distribution::decode("").empty());
  EXPECT_TRUE(Distribution::decode(std::string(40, '\xff')).empty());
  EXPECT_TRUE(Distribution::decode(bytes.substr(0, bytes.size() - 1)).empty());
}

}  // namespace
}  // namespace tidemill::metrics
