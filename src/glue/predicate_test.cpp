#include "glue/predicate.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tidemill::glue {
namespace {

Result<Predicate> predicate(std::string_view text) {
  return parse_predicate(json::parse_object(text).value());
}

Predicate both() {
  return predicate(R"({"Logical": "AND", "Conditions": [
      {"LogicalOperator": "EQUALS", "JobName": "a", "State": "SUCCEEDED"},
      {"LogicalOperator": "EQUALS", "JobName": "b", "State": "FAILED"}]})")
      .value();
}

const Ending a_succeeded{"a", "jr_1", RunState::succeeded};
const Ending b_failed{"b", "jr_2", RunState::failed};
const Ending b_succeeded{"b", "jr_3", RunState::succeeded};

std::vector<std::string> runs_of(const std::optional<std::vector<Ending>>& endings) {
  std::vector<std::string> runs;
  for (const auto& ending : endings.value()) runs.push_back(ending.run);
  return runs;
}

TEST(Predicate, OfAndWaitsForEveryCondition) {
  EXPECT_FALSE(satisfied(both(), {}));
  EXPECT_FALSE(satisfied(both(), std::array{a_succeeded}));
  EXPECT_FALSE(satisfied(both(), std::array{a_succeeded, b_succeeded}));
  EXPECT_THAT(runs_of(satisfied(both(), std::array{b_failed, a_succeeded})),
              testing::ElementsAre("jr_1", "jr_2"));
}

TEST(Predicate, OfAnyTakesTheFirstThatHolds) {
  auto either = both();
  either.any = true;
  EXPECT_FALSE(satisfied(either, std::array{b_succeeded}));
  EXPECT_THAT(runs_of(satisfied(either, std::array{b_failed})), testing::ElementsAre("jr_2"));
}

TEST(Predicate, LooksAtAllRunsOfAJob) {
  EXPECT_THAT(runs_of(satisfied(both(), std::array{b_succeeded, a_succeeded, b_failed})),
              testing::ElementsAre("jr_1", "jr_2"));
}

TEST(Predicate, WatchesTheJobsOfItsConditions) {
  EXPECT_TRUE(both().watches("a"));
  EXPECT_FALSE(both().watches("c"));
}

TEST(Predicate, NeedsNoLogicalForOneCondition) {
  EXPECT_TRUE(predicate(R"({"Conditions": [{"JobName": "a", "State": "TIMEOUT"}]})"));
}

TEST(Predicate, RefusesWhatItCantWatch) {
  const std::pair<const char*, const char*> cases[] = {
      {R"({})", "Predicate with Conditions"},
      {R"({"Conditions": []})", "Predicate with Conditions"},
      {R"({"Conditions": [{"JobName": "a", "State": "RUNNING"}]})", "SUCCEEDED"},
      {R"({"Conditions": [{"State": "FAILED"}]})", "JobName"},
      {R"({"Conditions": [{"CrawlerName": "c", "CrawlState": "FAILED"}]})", "crawlers"},
      {R"({"Conditions": [{"JobName": "a", "State": "FAILED"}, {"JobName": "b", "State": "FAILED"}]})",
       "Logical"},
  };
  for (const auto& [text, named] : cases) {
    const auto read = predicate(text);
    ASSERT_FALSE(read) << text;
    EXPECT_EQ(read.error().name, "InvalidInputException");
    EXPECT_THAT(read.error().message, testing::HasSubstr(named)) << text;
  }
}

}  // namespace
}  // namespace tidemill::glue
