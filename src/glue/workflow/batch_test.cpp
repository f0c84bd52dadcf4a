#include "glue/workflow/batch.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tidemill::glue {
namespace {

Batching batching(std::string_view definition) {
  return batching_of(json::parse_object(definition).value());
}

constexpr TimeMs now{1'000'000};

Batch opened() { return {.run = "wr_1", .workflow = 1, .trigger = 2, .due = {1'900'000}}; }

TEST(Batch, HasAwsDefaults) {
  EXPECT_EQ(batching("{}").size, 1);
  EXPECT_EQ(batching("{}").window_s, 900);
  const auto given = batching(R"({"EventBatchingCondition": {"BatchSize": 3, "BatchWindow": 60}})");
  EXPECT_EQ(given.size, 3);
  EXPECT_EQ(given.window_s, 60);
}

TEST(Batch, IsDueAtOnceWhenThereAreEnoughEvents) {
  const Batching two{.size = 2, .window_s = 900};
  auto batch = with_event(opened(), two, now, "e-1", "s3://b/k");
  EXPECT_FALSE(batch.is_full);
  EXPECT_EQ(batch.due.ms, 1'900'000);
  batch = with_event(std::move(batch), two, now, "e-2", "");
  EXPECT_TRUE(batch.is_full);
  EXPECT_EQ(batch.due.ms, now.ms);
}

TEST(Batch, TellsItsEventsAndObjects) {
  const Batching two{.size = 2, .window_s = 900};
  auto batch = with_event(opened(), two, now, "e-1", "s3://b/k \"1\"");
  batch = with_event(std::move(batch), two, now, "e-2", "");
  EXPECT_THAT(
      properties_of(batch),
      testing::UnorderedElementsAre(testing::Pair("aws:eventIds", "[e-1, e-2]"),
                                    testing::Pair("tidemill:objects", R"(["s3://b/k \"1\""])")));
}

TEST(Batch, OfOtherEventsTellsNoObjects) {
  const auto batch = with_event(opened(), {}, now, "e-1", "");
  EXPECT_THAT(properties_of(batch), testing::ElementsAre(testing::Pair("aws:eventIds", "[e-1]")));
}

TEST(Batch, SaysWhatEndedIt) {
  const Batching two{.size = 2, .window_s = 60};
  auto batch = with_event(opened(), two, now, "e-1", "");
  EXPECT_EQ(condition_of(batch, two).window_s, 60);
  EXPECT_EQ(condition_of(batch, two).size, std::nullopt);
  batch = with_event(std::move(batch), two, now, "e-2", "");
  EXPECT_EQ(condition_of(batch, two).size, 2);
  EXPECT_EQ(condition_of(batch, two).window_s, std::nullopt);
}

}  // namespace
}  // namespace tidemill::glue
