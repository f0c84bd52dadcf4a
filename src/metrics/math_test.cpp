// Metric math: what expressions come to, and that bad ones are refused in words.
#include "metrics/math.h"

#include <cmath>
#include <map>

#include <gtest/gtest.h>

#include "metrics/metric_query.h"

namespace tidemill::metrics {
namespace {

using Values = std::vector<std::optional<double>>;
constexpr std::optional<double> none;
constexpr std::int64_t minute_ms = 60'000;

/// A value a minute from 0 on.
Line line(const Values& values, std::string label = "") {
  Line made{std::move(label), 60, {}};
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (values[i]) made.samples.push_back({{std::int64_t(i) * minute_ms}, *values[i]});
  }
  return made;
}

class MathTest : public testing::Test {
 protected:
  Result<MathValue> run(std::string_view text) {
    TM_TRY(const auto node, parse_math(text));
    std::int64_t work_left = work_;
    const MathWorld world{{0},
                          {4 * minute_ms},
                          {0},
                          60,
                          [&](const std::string& id) -> Result<MathValue> {
                            if (!lines_.contains(id)) return math_error("no " + id);
                            return lines_.at(id);
                          },
                          [&](const std::string& part) -> Result<Lines> {
                            Lines all;
                            for (const auto& [id, one] : lines_) {
                              if (id.find(part) != std::string::npos) all.push_back(one);
                            }
                            return all;
                          },
                          work_left};
    return evaluate(node, world);
  }

  double scalar(std::string_view text) {
    const auto value = run(text);
    return value && std::holds_alternative<double>(*value) ? std::get<double>(*value) : NAN;
  }

  Values series(std::string_view text) {
    const auto value = run(text);
    if (!value || !std::holds_alternative<Line>(*value)) return {-999};
    return values_of(std::get<Line>(*value));
  }

  std::vector<Values> array(std::string_view text) {
    const auto value = run(text);
    if (!value || !std::holds_alternative<Lines>(*value)) return {{-999}};
    std::vector<Values> all;
    for (const auto& one : std::get<Lines>(*value)) all.push_back(values_of(one));
    return all;
  }

  std::string error(std::string_view text) {
    const auto value = run(text);
    return value ? "" : value.error().message;
  }

  static Values values_of(const Line& line) {
    Values values(4);
    for (const auto& [at, value] : line.samples) values[std::size_t(at.ms / minute_ms)] = value;
    return values;
  }

  std::map<std::string, Line> lines_ = {{"m1", line({1, 2, none, 4})},
                                        {"m2", line({10, none, none, 0})}};
  std::int64_t work_ = 1'000'000;
};

TEST_F(MathTest, operators_bind_as_in_arithmetic) {
  EXPECT_EQ(scalar("1 + 2 * 3 - 4 / 2"), 5);
  EXPECT_EQ(scalar("(1 + 2) * 3"), 9);
  EXPECT_EQ(scalar("10 - 3 - 2"), 5);
  EXPECT_EQ(scalar("-2 ^ 2 + 1"), -3);
  EXPECT_EQ(scalar("2 ^ -1"), 0.5);
  EXPECT_EQ(scalar("1 + 1 > 1 AND 3 <= 2 || 1 == 1"), 1);
  EXPECT_EQ(scalar("1 != 1 OR 0 && 1"), 0);
  EXPECT_EQ(scalar("1.5e3"), 1500);
}

TEST_F(MathTest, a_number_goes_with_each_value_of_a_series) {
  EXPECT_EQ(series("m1 * 2"), (Values{2, 4, none, 8}));
  EXPECT_EQ(series("100 - m1"), (Values{99, 98, none, 96}));
  EXPECT_EQ(series("m1 >= 2"), (Values{0, 1, none, 1}));
  EXPECT_EQ(series("-m1"), (Values{-1, -2, none, -4}));
}

TEST_F(MathTest, two_series_meet_where_both_have_a_value) {
  EXPECT_EQ(series("m1 + m2"), (Values{11, none, none, 4}));
  EXPECT_EQ(series("m1 / m2"), (Values{0.1, none, none, none})) << "nothing is divided by 0";
}

TEST_F(MathTest, what_is_missing_compares_as_0) {
  EXPECT_EQ(series("m1 > m2"), (Values{0, 1, none, 1}));
  EXPECT_EQ(series("m1 && m2"), (Values{1, 0, none, 0}));
}

TEST_F(MathTest, aggregates_make_a_number_of_a_series_and_a_series_of_an_array) {
  EXPECT_EQ(scalar("SUM(m1)"), 7);
  EXPECT_EQ(scalar("AVG(m2)"), 5);
  EXPECT_EQ(scalar("MAX(m1) - MIN(m1)"), 3);
  EXPECT_EQ(scalar("DATAPOINT_COUNT(m1)"), 3);
  EXPECT_EQ(scalar("STDDEV(m2)"), 5);
  EXPECT_EQ(series("SUM(METRICS())"), (Values{11, 2, none, 4}));
  EXPECT_EQ(series("AVG([m1, m2])"), (Values{5.5, 2, none, 2}));
  EXPECT_EQ(series("MAX(METRICS('2'))"), (Values{10, none, none, 0}));
}

TEST_F(MathTest, an_array_goes_with_a_number_or_a_series) {
  EXPECT_EQ(array("METRICS() * 2"), (std::vector<Values>{{2, 4, none, 8}, {20, none, none, 0}}));
  EXPECT_EQ(array("m1 - METRICS(\"m2\")"), (std::vector<Values>{{-9, none, none, 4}}));
  EXPECT_EQ(error("METRICS() + METRICS()"),
            "Unsupported operand type(s) for +: 'Array[TimeSeries], Array[TimeSeries]'");
}

TEST_F(MathTest, gaps_are_filled) {
  EXPECT_EQ(series("FILL(m2, 7)"), (Values{10, 7, 7, 0}));
  EXPECT_EQ(series("FILL(m1, REPEAT)"), (Values{1, 2, 2, 4}));
  EXPECT_EQ(series("FILL(m1, LINEAR)"), (Values{1, 2, 3, 4}));
  EXPECT_EQ(series("FILL(m2, m1)"), (Values{10, 2, none, 0}));
  EXPECT_EQ(series("FILL(m2, 0) + m1"), (Values{11, 2, none, 4}));
  EXPECT_NE(error("FILL(m1, SOMETIMES)"), "");
}

TEST_F(MathTest, steps_along_a_series) {
  EXPECT_EQ(series("DIFF(m1)"), (Values{none, 1, none, 2}));
  EXPECT_EQ(series("DIFF_TIME(m1)"), (Values{none, 60, none, 120}));
  EXPECT_EQ(series("RATE(m1) * 60"), (Values{none, 1, none, 1}));
  EXPECT_EQ(series("RUNNING_SUM(m1)"), (Values{1, 3, none, 7}));
  EXPECT_EQ(scalar("PERIOD(m1)"), 60);
  EXPECT_EQ(series("ABS(CEIL(m1 / 3) - FLOOR(m1 / 3))"), (Values{1, 1, none, 1}));
}

TEST_F(MathTest, conditions_choose_value_by_value) {
  EXPECT_EQ(series("IF(m1 > 1, m1, 0)"), (Values{0, 2, none, 4}));
  EXPECT_EQ(series("IF(m1 > 1, 9)"), (Values{none, 9, none, 9}));
  EXPECT_EQ(series("IF(m1 > 1, m2, m1)"), (Values{1, none, none, 0}));
  EXPECT_EQ(scalar("IF(SUM(m1) > 5, 1, 2)"), 1);
}

TEST_F(MathTest, arrays_are_cut_and_sorted) {
  EXPECT_EQ(series("FIRST(METRICS())"), (Values{1, 2, none, 4}));
  EXPECT_EQ(series("LAST(METRICS())"), (Values{10, none, none, 0}));
  EXPECT_EQ(scalar("METRIC_COUNT(METRICS())"), 2);
  EXPECT_EQ(series("SLICE(METRICS(), 1)"), (Values{10, none, none, 0}));
  EXPECT_EQ(array("SLICE(METRICS(), 0, 1)"), (std::vector<Values>{{1, 2, none, 4}}));
  EXPECT_EQ(array("SORT(METRICS(), MAX, DESC, 1)"), (std::vector<Values>{{10, none, none, 0}}));
  EXPECT_EQ(series("FIRST(SORT(METRICS(), SUM, ASC))"), (Values{1, 2, none, 4}));
}

TEST_F(MathTest, times_are_values_too) {
  EXPECT_EQ(series("MINUTE(m1)"), (Values{0, 1, none, 3}));
  EXPECT_EQ(series("YEAR(m2)"), (Values{1970, none, none, 1970}));
  EXPECT_EQ(series("DAY(m2)"), (Values{4, none, none, 4})) << "a Thursday";
  EXPECT_EQ(series("TIME_SERIES(5)"), (Values{5, 5, 5, 5}));
}

TEST_F(MathTest, what_is_wrong_is_told) {
  EXPECT_EQ(error("m1 +"), "The expression ends too early");
  EXPECT_EQ(error("m1 ) 2"), "Unsupported token ')' at char 3");
  EXPECT_EQ(error("ANOMALY_DETECTOR(m1)"), "Function 'ANOMALY_DETECTOR' not found");
  EXPECT_EQ(error("~(m1)"), "Unsupported token '~' at char 0");
  EXPECT_EQ(error("SUM(m1, m1)"), "Function 'SUM' can't be called with 2 arguments");
  EXPECT_EQ(error("SUM(1)"), "Function 'SUM' can't be called with (Scalar)");
  EXPECT_EQ(error("'a' + 1"), "Unsupported operand type(s) for +: 'String, Scalar'");
  EXPECT_EQ(error("[1]"), "An array can only have elements of the type TimeSeries, not Scalar");
  EXPECT_EQ(error("'a"), "A text is not closed");
  EXPECT_EQ(error(""), "The expression ends too early");
}

TEST_F(MathTest, depth_length_and_work_have_bounds) {
  EXPECT_EQ(error(std::string(1000, '(') + "1"), "The expression is nested too deep");
  EXPECT_EQ(error(std::string(1000, '-') + "1"), "The expression is nested too deep");
  EXPECT_NE(error(std::string(2049, '1')), "");
  std::string sum = "1";
  for (int i = 0; i < 600; ++i) sum += "+1";
  EXPECT_EQ(error(sum), "The expression has too many operators");
  work_ = 5;
  EXPECT_TRUE(error("m1 + m1 + m1").starts_with("The expressions compute too many values"));
}

/// Whatever is thrown at it, it answers: with a value or with words.
TEST_F(MathTest, random_expressions_never_do_harm) {
  constexpr std::string_view parts[] = {
      "m1",     "m2", "1",      "0",      "-",       "+",
      "*",      "/",  "^",      "(",      ")",       "[",
      "]",      ",",  "SUM",    "(m1)",   "METRICS", "()",
      "FILL(",  "IF", "'a'",    "\"",     "AND",     "||",
      "==",     "<",  "SLICE(", "SORT(",  "LINEAR",  "TIME_SERIES(",
      "1e308",  ".",  "\xff",   "FIRST(", "DESC",    "RATE(",
      "STDDEV("};
  std::uint32_t state = 1;
  const auto next = [&state](std::size_t below) {
    state = state * 1'664'525 + 1'013'904'223;
    return std::size_t(state >> 8) % below;
  };
  std::size_t answered = 0;
  for (int round = 0; round < 20'000; ++round) {
    std::string text;
    for (auto count = next(12) + 1; count > 0; --count) text += parts[next(std::size(parts))];
    const auto value = run(text);
    if (value) {
      ++answered;
    } else {
      EXPECT_FALSE(value.error().message.empty()) << text;
      EXPECT_EQ(value.error().name, "ValidationException");
    }
  }
  EXPECT_GT(answered, 100u) << "some of them mean something";
}

MetricQuery query(std::string id, std::string_view expression = "") {
  MetricQuery made{
      .id = std::move(id), .label = "", .statistic = "Sum", .series = {}, .expression = {}};
  if (!expression.empty()) made.expression = parse_math(expression).value();
  return made;
}

TEST(MetricQueryTest, an_expression_names_what_is_there_and_not_itself) {
  EXPECT_TRUE(check_queries({query("e1", "m1 + e2"), query("m1"), query("e2", "m1 * 2")}));
  EXPECT_EQ(check_queries({query("e1", "m9")}).error().message,
            "Error in expression 'e1': No metric or expression has the id 'm9'");
  EXPECT_EQ(check_queries({query("e1", "e2"), query("e2", "e1 + 1")}).error().message,
            "Error in expression 'e1': The expression needs its own result");
  EXPECT_FALSE(check_queries({query("m1"), query("m1")}));
}

TEST(MetricQueryTest, expressions_that_need_each_other_in_a_long_chain_are_computed) {
  DataQuery asked{{query("m0")}, {0}, {60'000}};
  std::string sum;
  for (int i = 0; i < 400; ++i) sum += "+1";
  for (int i = 1; i < 500; ++i) {
    asked.queries.push_back(query("m" + std::to_string(i), "m" + std::to_string(i - 1) + sum));
    asked.queries.back().is_shown = i == 499;
  }
  asked.queries[0].is_shown = false;
  ASSERT_TRUE(prepare(asked, std::nullopt));
  const auto windows = [](const SeriesQuery&) {
    Window one{{0}, "None", {}};
    one.aggregate.add(1);
    return std::vector{one};
  };
  const auto page = get_data(windows, asked);
  ASSERT_TRUE(page) << page.error().message;
  ASSERT_EQ(page->results.size(), 1u);
  EXPECT_EQ(page->results[0].values, std::vector<double>{1 + 499 * 400});
}

}  // namespace
}  // namespace tidemill::metrics
