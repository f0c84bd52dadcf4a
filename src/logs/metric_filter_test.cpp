// Metric filters: which values they take out of messages, and what a batch is told as.
#include "logs/metric_filter.h"

#include <gtest/gtest.h>

#include "logs/ledger_fixture.h"

namespace tidemill::logs {
namespace {

MetricFilterSettings settings(std::string pattern, std::string value = "1",
                              json::object more = {}) {
  MetricFilterSettings made{"f", std::move(pattern), std::move(more)};
  made.transformation["metricName"] = "M";
  made.transformation["metricNamespace"] = "S";
  made.transformation["metricValue"] = value;
  return made;
}

std::optional<double> value(const MetricFilterSettings& of, std::string_view message) {
  const auto filter = MetricFilter::compile(of);
  EXPECT_TRUE(filter) << filter.error().message;
  if (!filter || !filter->matches(message)) return std::nullopt;
  const auto found = filter->value_of(message);
  return found ? std::optional(found->number) : std::nullopt;
}

std::string error(const MetricFilterSettings& of) {
  const auto filter = MetricFilter::compile(of);
  return filter ? "" : filter.error().message;
}

TEST(MetricFilterTest, a_value_is_a_number_or_a_field) {
  EXPECT_EQ(value(settings("ERROR", "2.5"), "an ERROR"), 2.5);
  EXPECT_EQ(value(settings("{ $.latency = * }", "$.latency"), R"({"latency": 12.5})"), 12.5);
  EXPECT_EQ(value(settings("{ $.a.b[1] = * }", "$.a.b[1]"), R"({"a": {"b": [1, "7"]}})"), 7);
  EXPECT_EQ(value(settings("[ip, user, bytes > 10]", "$bytes"), "::1 me 400"), 400);
  EXPECT_EQ(value(settings("[ip, ..., bytes]", "$bytes"), "::1 a b c 3"), 3);
}

TEST(MetricFilterTest, what_is_no_number_is_nothing) {
  const auto of_latency = settings("{ $.id = * }", "$.latency");
  EXPECT_EQ(value(of_latency, R"({"id": 1})"), std::nullopt);
  EXPECT_EQ(value(of_latency, R"({"id": 1, "latency": "soon"})"), std::nullopt);
  EXPECT_EQ(value(of_latency, R"({"id": 1, "latency": [1]})"), std::nullopt);
  EXPECT_EQ(value(of_latency, R"({"id": 1, "latency": "inf"})"), std::nullopt);
  EXPECT_EQ(value(of_latency, R"({"id": 1, "latency": 1e300})"), std::nullopt);
}

TEST(MetricFilterTest, dimensions_are_fields_and_all_must_be_there) {
  const json::object more{{"dimensions", {{"Job", "$.job"}, {"Code", "$.code"}}}};
  const auto filter = MetricFilter::compile(settings("{ $.job = * }", "1", more));
  ASSERT_TRUE(filter);
  const auto found = filter->value_of(R"({"job": "etl", "code": 3})");
  ASSERT_TRUE(found);
  EXPECT_EQ(found->dimensions,
            (std::vector<std::pair<std::string, std::string>>{{"Code", "3"}, {"Job", "etl"}}));
  EXPECT_FALSE(filter->value_of(R"({"job": "etl"})"));
}

TEST(MetricFilterTest, what_cannot_be_is_refused_in_words) {
  EXPECT_EQ(error(settings("ERROR", "1", {{"dimensions", {{"Job", "$.job"}}}})),
            "The specified filter pattern does not support dimensions");
  EXPECT_EQ(error(settings("{ $.job = * }", "1",
                           {{"dimensions", {{"Job", "$.job"}}}, {"defaultValue", 0}})),
            "Invalid metric transformation: dimensions and default value are mutually exclusive "
            "properties.");
  EXPECT_NE(error(settings("ERROR", "many")), "");
  EXPECT_NE(error(settings("ERROR", "$.latency")), "");
  EXPECT_NE(error(settings("[ip, bytes]", "$size")), "");
  EXPECT_NE(error(settings("{ $.a = ", "1")), "");
}

/// What was measured, as "space/name dimension=value number".
class Told final : public Meter {
 public:
  void measure(const Measured& m) noexcept override {
    auto text = std::string(m.space) + "/" + std::string(m.name);
    for (const auto& [name, said] : m.dimensions) {
      text += " " + std::string(name) + "=" + std::string(said);
    }
    all.push_back(text + " " + std::to_string(int(m.value)));
  }
  [[nodiscard]] int count(std::string_view text) const {
    return int(std::ranges::count(all, text));
  }
  std::vector<std::string> all;
};

class MeasuringTest : public LedgerFixture {
 protected:
  MeasuringTest() { reopen(); }
  void reopen() {
    ledger_ = std::make_unique<Ledger>(clock_, &told_);
    EXPECT_TRUE(write([this](store::Tx& tx) { return ledger_->load(tx); }));
  }
  Status filter(const MetricFilterSettings& of) {
    return write([&](store::Tx& tx) { return ledger_->put_filter(tx, group_key(), of); });
  }
  Status log(const std::string& message, TimeMs at = noon) {
    return append({{stream_key(), {at, message}}});
  }
  Told told_;
};

TEST_F(MeasuringTest, what_comes_in_is_counted_and_filtered) {
  ASSERT_TRUE(create("jobs"));
  ASSERT_TRUE(filter(settings("{ $.n = * }", "$.n")));
  ASSERT_TRUE(log(R"({"n": 5})"));
  ASSERT_TRUE(log("nothing"));
  EXPECT_EQ(told_.count("S/M 5"), 1);
  EXPECT_EQ(told_.count("AWS/Logs/IncomingLogEvents LogGroupName=jobs 1"), 2);
  EXPECT_EQ(told_.count("AWS/Logs/IncomingBytes 33"), 1) << "7 and 26 for the event";
}

TEST_F(MeasuringTest, filters_are_there_after_a_restart_and_go_with_their_group) {
  ASSERT_TRUE(create("jobs"));
  ASSERT_TRUE(filter(settings("ERROR")));
  reopen();
  ASSERT_TRUE(log("ERROR"));
  EXPECT_EQ(told_.count("S/M 1"), 1);
  ASSERT_TRUE(write([this](store::Tx& tx) { return ledger_->delete_group(tx, group_key()); }));
  ASSERT_TRUE(log("ERROR"));
  EXPECT_EQ(told_.count("S/M 1"), 1);
}

TEST_F(MeasuringTest, a_minute_without_a_match_has_the_default_once) {
  ASSERT_TRUE(create("jobs"));
  ASSERT_TRUE(filter(settings("ERROR", "1", {{"defaultValue", 0}})));
  ASSERT_TRUE(log("fine"));
  ASSERT_TRUE(log("fine"));
  EXPECT_EQ(told_.count("S/M 0"), 1);
  ASSERT_TRUE(log("ERROR", noon.plus(std::chrono::minutes(1))));
  ASSERT_TRUE(log("fine", noon.plus(std::chrono::minutes(1))));
  EXPECT_EQ(told_.count("S/M 0"), 1);
  EXPECT_EQ(told_.count("S/M 1"), 1);
}

}  // namespace
}  // namespace tidemill::logs
