// Metrics in memory and on disk.
#include "metrics/ledger.h"

#include <cmath>

#include "metrics/schema.h"
#include "metrics/statistic.h"
#include "metrics/watch.h"
#include "store/store_fixture_testing.h"

namespace tidemill::metrics {
namespace {

class LedgerTest : public store::StoreFixture {
 protected:
  LedgerTest() : StoreFixture(metric_migrations) {}

  void add(TimeMs at, double value, const std::string& unit = "Count") {
    Point point{key_, unit, at, {}};
    point.aggregate.add(value);
    ASSERT_TRUE(recorder_.add(point));
  }
  std::vector<Window> windows(TimeMs from, TimeMs until, std::int64_t period_s) {
    auto look = [&](store::Tx& tx) {
      auto ask = [&](store::Tx& flushed) {
        return ledger_.windows(flushed, {key_, from, until, period_s, "", true});
      };
      return ledger_.flushed(tx, ask);
    };
    return write(look).value();
  }
  bool expire() {
    auto change = [&](store::Tx& tx) { return ledger_.expire(tx); };
    return write(change).value();
  }
  std::size_t listed() {
    auto look = [&](store::Tx& tx) { return ledger_.list(tx, {.scope = key_.scope}); };
    return write(look).value().metrics.size();
  }

  int told_ = 0;
  Recorder recorder_{clock_, [this] { ++told_; }};
  Ledger ledger_{clock_, recorder_};
  SeriesKey key_{{"000000000000", "us-east-1"}, "Sales", "Rows", {{"Job", "a"}}};
};

TEST_F(LedgerTest, values_of_a_minute_become_one_aggregate) {
  for (const double value : {3.0, 1.0, 5.0})
    add(noon.plus(std::chrono::seconds(int(value))), value);
  const auto found = windows(noon, noon.plus(std::chrono::minutes(1)), 60);
  ASSERT_EQ(found.size(), 1u);
  const auto of = [&](std::string_view statistic) {
    return Statistic::parse(statistic)->of(found.front().aggregate);
  };
  EXPECT_EQ(of("SampleCount"), 3);
  EXPECT_EQ(of("Sum"), 9);
  EXPECT_EQ(of("Average"), 3);
  EXPECT_EQ(of("Minimum"), 1);
  EXPECT_EQ(of("Maximum"), 5);
  EXPECT_EQ(of("p50"), 3);
}

TEST_F(LedgerTest, percentiles_are_rolled_up) {
  const auto p90 = Statistic::parse("p90").value();
  for (int second = 0; second < 3600; ++second) {
    add(noon.plus(std::chrono::seconds(second)), 1 + second % 1000);
    if (second % 500 == 0)
      ASSERT_FALSE(windows(noon, noon.plus(std::chrono::hours(1)), 60).empty());
  }
  const auto until = noon.plus(std::chrono::hours(1));
  EXPECT_EQ(windows(noon, until, 60).size(), 60u);
  clock_.at = noon.plus(std::chrono::days(64));  // Read from the hour then.
  const auto hour = windows(noon, until, 3600);
  ASSERT_EQ(hour.size(), 1u);
  EXPECT_NEAR(*p90.of(hour[0].aggregate), 880, 880 * 0.01) << "1 to 600 are there four times";
}

TEST_F(LedgerTest, equal_values_take_no_room_and_have_percentiles) {
  for (int i = 0; i < 1000; ++i) add(noon, 0.1);
  const auto found = windows(noon, noon.plus(std::chrono::minutes(1)), 60);
  EXPECT_EQ(Statistic::parse("p99")->of(found.at(0).aggregate), 0.1);
  EXPECT_TRUE(found[0].aggregate.spread.empty());
}

TEST_F(LedgerTest, what_has_only_been_summed_up_has_no_percentiles) {
  const auto p50 = Statistic::parse("p50").value();
  const auto later = noon.plus(std::chrono::minutes(1));
  Point set{key_, "Count", noon, {10, 55, 1, 10}};
  ASSERT_TRUE(recorder_.add(set));
  add(noon, 5);
  set.aggregate = {10, 50, 5, 5};  // Of equal values all is known.
  set.minute = later;
  ASSERT_TRUE(recorder_.add(set));
  const auto found = windows(noon, noon.plus(std::chrono::minutes(2)), 60);
  ASSERT_EQ(found.size(), 2u);
  EXPECT_FALSE(p50.of(found[0].aggregate));
  EXPECT_EQ(found[0].aggregate.count, 11);
  EXPECT_EQ(p50.of(found[1].aggregate), 5);
}

TEST_F(LedgerTest, what_is_spread_has_a_bound_until_it_is_flushed) {
  Point point{key_, "Count", noon, {}};
  std::size_t taken = 0;
  for (int i = 0; i < 1024; ++i) point.aggregate.add(std::exp2(i / 30.0));
  for (; taken < 10'000; ++taken) {
    point.series.name = std::to_string(taken);
    if (!recorder_.add(point)) break;
  }
  EXPECT_NEAR(double(taken), double(Recorder::spread_max) / double(point.aggregate.spread.size()),
              1);
  recorder_.clear();
  EXPECT_TRUE(recorder_.add(point));
}

TEST_F(LedgerTest, later_values_of_the_same_minute_are_added_to_what_is_on_disk) {
  add(noon, 1);
  ASSERT_EQ(windows(noon, noon.plus(std::chrono::minutes(1)), 60).size(), 1u);
  add(noon, 2);
  EXPECT_EQ(windows(noon, noon.plus(std::chrono::minutes(1)), 60)[0].aggregate.sum, 3);
}

TEST_F(LedgerTest, who_flushes_is_told_once_until_it_has) {
  add(noon, 1);
  add(noon, 2);
  add(noon.plus(std::chrono::minutes(1)), 2);
  EXPECT_EQ(told_, 1);
  (void)windows(noon, noon.plus(std::chrono::minutes(1)), 60);
  add(noon, 3);
  EXPECT_EQ(told_, 2);
}

TEST_F(LedgerTest, windows_begin_where_they_are_asked_for) {
  for (int minute = 0; minute < 10; ++minute) add(noon.plus(std::chrono::minutes(minute)), 1);
  const auto from = noon.plus(std::chrono::minutes(2));
  const auto found = windows(from, noon.plus(std::chrono::minutes(10)), 300);
  ASSERT_EQ(found.size(), 2u);
  EXPECT_EQ(found[0].at, from);
  EXPECT_EQ(found[0].aggregate.sum, 5);
  EXPECT_EQ(found[1].aggregate.sum, 3);
}

TEST_F(LedgerTest, units_are_kept_apart) {
  add(noon, 1, "Seconds");
  add(noon, 2, "Milliseconds");
  EXPECT_EQ(windows(noon, noon.plus(std::chrono::minutes(1)), 60).size(), 2u);
}

TEST_F(LedgerTest, what_a_failed_question_had_flushed_is_not_lost) {
  add(noon, 1);
  auto look = [&](store::Tx& tx) {
    auto ask = [](store::Tx&) -> Status { return fail(Errc::internal, "no"); };
    return ledger_.flushed(tx, ask);
  };
  EXPECT_FALSE(write(look));
  EXPECT_EQ(windows(noon, noon.plus(std::chrono::minutes(1)), 60).size(), 1u);
}

TEST_F(LedgerTest, minutes_go_after_15_days_and_the_rest_is_kept_by_five_minutes_and_hours) {
  add(noon, 4);
  const auto until = noon.plus(std::chrono::hours(1));
  ASSERT_EQ(windows(noon, until, 60).size(), 1u);
  clock_.at = noon.plus(std::chrono::days(16));
  EXPECT_FALSE(expire());
  EXPECT_TRUE(windows(noon, until, 60).empty());
  EXPECT_EQ(windows(noon, until, 300)[0].aggregate.sum, 4);
  clock_.at = noon.plus(std::chrono::days(64));
  EXPECT_FALSE(expire());
  EXPECT_EQ(windows(noon, until, 3600)[0].aggregate.sum, 4);
  clock_.at = noon.plus(std::chrono::days(456));
  EXPECT_FALSE(expire());
  EXPECT_EQ(listed(), 0u);
}

TEST_F(LedgerTest, datapoints_end_with_the_evaluation_and_name_what_is_missing) {
  add(noon.plus(-std::chrono::minutes(7)), 2);
  add(noon.plus(-std::chrono::minutes(1)), 3);
  add(noon, 100);
  Criteria criteria;
  criteria.series = key_;
  criteria.statistic = "Sum";
  criteria.period_s = 300;
  criteria.periods = 3;
  auto look = [&](store::Tx& tx) {
    auto ask = [&](store::Tx& flushed) { return datapoints(flushed, ledger_, criteria, noon); };
    return ledger_.flushed(tx, ask);
  };
  const auto points = write(look).value();
  ASSERT_EQ(points.size(), 3u);
  EXPECT_EQ(points[0].at, noon.plus(-std::chrono::minutes(15)));
  EXPECT_FALSE(points[0].value);
  EXPECT_EQ(points[1].value, 2);
  EXPECT_EQ(points[2].value, 3);
}

}  // namespace
}  // namespace tidemill::metrics
