#include "glue/catalog/expression.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tidemill::glue::catalog {
namespace {

const std::vector<PartitionKey> keys = {
    {"year", "int"}, {"region", "string"}, {"day", "date"}, {"amount", "decimal(20,4)"}};

bool holds(std::string_view text,
           std::vector<std::string> values = {"2024", "eu-west", "2024-01-15", "10.50"}) {
  const auto expression = Expression::parse(text, keys);
  EXPECT_TRUE(expression) << text << ": " << (expression ? "" : expression.error().message);
  return expression && expression->matches(values);
}

TEST(PartitionExpression, ComparesByTheTypeOfTheKey) {
  EXPECT_TRUE(holds("year = 2024"));
  EXPECT_TRUE(holds("year = '2024'"));
  EXPECT_TRUE(holds("year > 999")) << "numbers aren't compared as text";
  EXPECT_TRUE(holds("year = 02024"));
  EXPECT_TRUE(holds("amount = 10.5"));
  EXPECT_TRUE(holds("region = 'eu-west'"));
  EXPECT_TRUE(holds("region > 'eu'"));
  EXPECT_TRUE(holds("day >= '2024-01-15' and day < DATE '2024-02-01'"));
}

TEST(PartitionExpression, KnowsEveryComparison) {
  for (const auto* text :
       {"year <> 2023", "year != 2023", "year < 2025", "year <= 2024", "year > 2023",
        "year >= 2024", "2023 < year", "2024 = year", "2024 >= year", "year == 2024"}) {
    EXPECT_TRUE(holds(text)) << text;
  }
  for (const auto* text : {"year <> 2024", "year < 2024", "year <= 2023", "year > 2024",
                           "year >= 2025", "2024 < year", "2025 <= year"}) {
    EXPECT_FALSE(holds(text)) << text;
  }
}

TEST(PartitionExpression, JoinsAndBindsAsSqlDoes) {
  EXPECT_TRUE(holds("year = 2024 OR year = 1 AND region = 'x'"));
  EXPECT_FALSE(holds("(year = 2024 OR year = 1) AND region = 'x'"));
  EXPECT_TRUE(holds("NOT region = 'x' AND year = 2024"));
  EXPECT_FALSE(holds("not (region = 'x' or year = 2024)"));
}

TEST(PartitionExpression, KnowsInBetweenAndLike) {
  EXPECT_TRUE(holds("year in (2023, 2024)"));
  EXPECT_TRUE(holds("year not in (2022, 2023)"));
  EXPECT_TRUE(holds("year between 2024 and 2025 and region = 'eu-west'"));
  EXPECT_FALSE(holds("year not between 2020 and 2024"));
  EXPECT_TRUE(holds("region like 'eu%'"));
  EXPECT_TRUE(holds("region LIKE '__-w%t'"));
  EXPECT_TRUE(holds("region not like '%north'"));
}

TEST(PartitionExpression, TakesQuotedNamesAndQuotesInTexts) {
  EXPECT_TRUE(holds("`region` = 'eu-west'"));
  EXPECT_TRUE(holds("\"REGION\" = 'eu-west'"));
  EXPECT_TRUE(holds("region = 'it''s'", {"1", "it's", "", "0"}));
}

TEST(PartitionExpression, ComparesNothingWithNull) {
  const std::vector<std::string> unknown = {"__HIVE_DEFAULT_PARTITION__", "x", "", "none"};
  EXPECT_TRUE(holds("year is null", unknown));
  EXPECT_FALSE(holds("year is not null", unknown));
  EXPECT_FALSE(holds("year = 2024", unknown));
  EXPECT_FALSE(holds("not year = 2024", unknown));
  EXPECT_FALSE(holds("year <> 2024", unknown));
  EXPECT_TRUE(holds("year = 2024 or region = 'x'", unknown));
  EXPECT_TRUE(holds("amount is null", unknown)) << "not a number";
}

TEST(PartitionExpression, ComparesLongNumbersExactly) {
  EXPECT_LT(compare_numbers("9007199254740992", "9007199254740993"), 0);
  EXPECT_EQ(compare_numbers("-0", "0.000"), 0);
  EXPECT_LT(compare_numbers("-10", "-9.5"), 0);
  EXPECT_GT(compare_numbers("1.10", "1.09"), 0);
}

TEST(PartitionExpression, IsRefusedWithAReason) {
  const std::pair<std::string, const char*> cases[] = {
      {"", "partition key"},
      {"year", "a comparison"},
      {"year =", "a literal"},
      {"month = 1", "month is no partition key"},
      {"year = 'soon'", "is no number"},
      {"year = 1 2", "AND, OR or the end"},
      {"(year = 1", "\")\""},
      {"region = 'x", "has no end"},
      {"year in ()", "a literal"},
      {"year not = 1", "IN, BETWEEN or LIKE"},
      {"year ; 1", "begins nothing"},
      {std::string(500, '(') + "year = 1", "nested"},
  };
  for (const auto& [text, told] : cases) {
    const auto expression = Expression::parse(text, keys);
    ASSERT_FALSE(expression) << text;
    EXPECT_EQ(expression.error().name, "InvalidInputException");
    EXPECT_THAT(expression.error().message, testing::HasSubstr(told)) << text;
  }
}

}  // namespace
}  // namespace tidemill::glue::catalog
