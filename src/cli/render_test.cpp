#include "cli/render.h"

#include <gtest/gtest.h>

namespace tidemill::cli {
namespace {

TEST(Table, AlignsColumnsByCharactersNotBytes) {
  EXPECT_EQ(table({"A", "B"}, {{"\xc3\xa9\xc3\xa9\xc3\xa9", "x"}, {"b", "y"}}, {}),
            "A    B\n\xc3\xa9\xc3\xa9\xc3\xa9  x\nb    y\n");
}

TEST(Duration, PicksAUnit) {
  EXPECT_EQ(duration_text(83), "83 ms");
  EXPECT_EQ(duration_text(1240), "1.24 s");
  EXPECT_EQ(duration_text(125'000), "2 min 5 s");
}

TEST(Story, NamesTheFirstClauseThatFailed) {
  const auto story = json::parse_object(R"({"object":{"uri":"s3://b/sales/x.CSV","exists":true,
    "bucket_exists":true,"eventbridge":true,"size":3,"etag":"e","last_modified_ms":0},
    "events":[{"id":"1","detail_type":"Object Created","published_ms":0,"rules":[{"name":"r",
    "enabled":true,"matched":false,"path":"detail.object.key","expected":"[{\"suffix\":\".csv\"}]",
    "actual":"\"sales/x.CSV\"","why":"detail.object.key: expected suffix \".csv\", the key ends in \".CSV\""}]}],"conclusion":"Nothing started."})");
  const auto text = render_story(story.value(), {});
  EXPECT_NE(
      text.find("\n      detail.object.key: expected suffix \".csv\", the key ends in \".CSV\"\n"),
      std::string::npos)
      << text;
  EXPECT_NE(text.find("Nothing started."), std::string::npos);
}

TEST(Story, SaysThatTheBucketSendsNoEvents) {
  const auto story = json::parse_object(
      R"({"object":{"uri":"s3://b/k","exists":true,"bucket_exists":true,"eventbridge":false},"events":[]})");
  EXPECT_NE(render_story(story.value(), {}).find("doesn't send events"), std::string::npos);
}

}  // namespace
}  // namespace tidemill::cli
