#include "events/batch.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "events/batch_list.h"

namespace tidemill::events {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using Kind = BatchEvent::Kind;

constexpr TimeMs noon{1'705'320'000'000};

TimeMs after(int ms) { return {noon.ms + ms}; }

BatchPlan plan_of(std::string_view text) { return parse_batch_plan(text).value(); }

std::string complaint(std::string_view text) {
  const auto plan = parse_batch_plan(text);
  return plan ? "" : plan.error().message;
}

/// A batch into which things come.
struct Filling {
  explicit Filling(std::string_view text) : plan(plan_of(text)) {}
  BatchStep on(BatchEvent event, int ms = 0) {
    const auto step = advance(plan, state, event, after(ms));
    state = step.state;
    return step;
  }
  BatchPlan plan;
  BatchState state;
};

TEST(BatchPlan, SaysAllThatItIsGiven) {
  const auto plan =
      plan_of("count=100 window=30s  quiet=500ms group=2 marker=_SUCCESS manifest=.m");
  EXPECT_EQ(plan.count, 100);
  EXPECT_EQ(plan.window_ms, 30'000);
  EXPECT_EQ(plan.quiet_ms, 500);
  EXPECT_EQ(plan.depth, 2);
  EXPECT_EQ(plan.marker, "_SUCCESS");
  EXPECT_EQ(plan.manifest, ".m");
  EXPECT_EQ(plan_of("window=168h").window_ms, 7 * 24 * 3'600'000);
  EXPECT_EQ(plan_of("quiet=5m").quiet_ms, 300'000);
}

TEST(BatchPlan, ComplaintsNameTheColumnAndWhatToWrite) {
  EXPECT_THAT(complaint("count=100 windw=30s"),
              HasSubstr("column 11: there is no option \"windw\"; did you mean window?"));
  EXPECT_THAT(complaint("window=30"), HasSubstr("column 8: window can't be \"30\""));
  EXPECT_THAT(complaint("window=30"), HasSubstr("window=30s"));
  EXPECT_THAT(complaint("window"), HasSubstr("window has no value"));
  EXPECT_THAT(complaint("window=169h"), HasSubstr("up to 168h"));
  EXPECT_THAT(complaint("count=0"), HasSubstr("from 1 to 10000"));
  EXPECT_THAT(complaint("count=10001"), HasSubstr("from 1 to 10000"));
  EXPECT_THAT(complaint("count=5 count=6"), HasSubstr("column 9: count is there twice"));
  EXPECT_THAT(complaint("count=5,window=1s"), HasSubstr("column 8: ',' can't be in a tag's value"));
  EXPECT_THAT(complaint("count=5 marker=a/b"), HasSubstr("marker can't be \"a/b\""));
  EXPECT_THAT(complaint("count=5 group=dt"), HasSubstr("group=dt="));
  EXPECT_THAT(complaint("count=5 group=0"), HasSubstr("group can't be \"0\""));
  EXPECT_THAT(complaint("group=2"), HasSubstr("nothing says when a batch is complete"));
  EXPECT_THAT(complaint(""), HasSubstr("nothing says when a batch is complete"));
}

TEST(BatchPlan, GroupsByAPartOfTheKey) {
  constexpr auto key = "sales/region=eu/dt=2024-01-15/a.csv";
  EXPECT_EQ(group_of(plan_of("count=1"), key), "");
  EXPECT_EQ(group_of(plan_of("count=1 group=1"), key), "sales");
  EXPECT_EQ(group_of(plan_of("count=1 group=2"), key), "sales/region=eu");
  EXPECT_EQ(group_of(plan_of("count=1 group=9"), key), "sales/region=eu/dt=2024-01-15");
  EXPECT_EQ(group_of(plan_of("count=1 group=folder"), key), "sales/region=eu/dt=2024-01-15");
  EXPECT_EQ(group_of(plan_of("count=1 group=dt="), key), "dt=2024-01-15");
  EXPECT_EQ(group_of(plan_of("count=1 group=dt=/region="), key), "dt=2024-01-15/region=eu");
  EXPECT_EQ(group_of(plan_of("count=1 group=dt="), "sales/dt=a.csv"), "") << "a file, no folder";
  EXPECT_EQ(group_of(plan_of("count=1 group=3"), "a.csv"), "");
  EXPECT_EQ(group_of(plan_of("count=1 group=1"), "/a.csv"), "");
}

TEST(BatchPlan, MarkersAndManifestsAreNamesOrEndings) {
  const auto plan = plan_of("marker=_SUCCESS manifest=.manifest");
  EXPECT_EQ(role_of(plan, "a/_SUCCESS"), BatchRole::marker);
  EXPECT_EQ(role_of(plan, "_SUCCESS"), BatchRole::marker);
  EXPECT_EQ(role_of(plan, "a/NOT_SUCCESS"), BatchRole::file);
  EXPECT_EQ(role_of(plan, "a/day.manifest"), BatchRole::manifest);
  EXPECT_EQ(role_of(plan, "a/manifest"), BatchRole::file);
}

TEST(Batch, ClosesByCountOfDifferentFiles) {
  Filling batch("count=2");
  EXPECT_FALSE(batch.on({.kind = Kind::file}).end);
  EXPECT_FALSE(batch.on({.kind = Kind::file_again}).end);
  const auto last = batch.on({.kind = Kind::file});
  EXPECT_EQ(last.end, BatchEnd::count);
  EXPECT_EQ(last.state.files, 2);
  EXPECT_EQ(last.state.members, 3);
}

TEST(Batch, WindowCountsFromTheFirstFileAndQuietFromTheLast) {
  Filling batch("window=1000ms quiet=300ms");
  EXPECT_EQ(batch.on({.kind = Kind::file}, 0).due, after(300));
  EXPECT_EQ(batch.on({.kind = Kind::file}, 200).due, after(500));
  EXPECT_EQ(batch.on({.kind = Kind::file}, 450).due, after(750));
  EXPECT_EQ(batch.on({.kind = Kind::file_again}, 740).due, after(1000)) << "the window's end";
  EXPECT_FALSE(batch.on({}, 999).end);
  EXPECT_EQ(batch.on({}, 1000).end, BatchEnd::window);
}

TEST(Batch, QuietEndsIt) {
  Filling batch("window=10s quiet=300ms");
  batch.on({.kind = Kind::file}, 0);
  EXPECT_FALSE(batch.on({}, 299).end);
  EXPECT_EQ(batch.on({}, 300).end, BatchEnd::quiet);
  EXPECT_EQ(batch.on({}, 60'000).end, BatchEnd::quiet) << "it came first, whoever looks late";
}

TEST(Batch, MarkerCompletesItAtOnce) {
  Filling batch("marker=_SUCCESS window=1h");
  EXPECT_EQ(batch.on({.kind = Kind::file}).due, after(3'600'000));
  EXPECT_EQ(batch.on({.kind = Kind::marker}).end, BatchEnd::marker);
  EXPECT_EQ(batch.state.files, 1);
}

TEST(Batch, ManifestCompletesItOnceAllThatItListsIsThere) {
  Filling batch("manifest=.manifest");
  batch.on({.kind = Kind::file});
  EXPECT_FALSE(batch.on({.kind = Kind::manifest}).end) << "it isn't read";
  EXPECT_FALSE(batch.on({.kind = Kind::list, .missing = 2}).end);
  EXPECT_FALSE(batch.on({.kind = Kind::file}).end) << "not one of them";
  EXPECT_FALSE(batch.on({.kind = Kind::file, .is_listed = true}).end);
  EXPECT_EQ(batch.on({.kind = Kind::file, .is_listed = true}).end, BatchEnd::manifest);
}

TEST(Batch, ManifestWhoseFilesAreThereCompletesIt) {
  Filling batch("manifest=.manifest");
  batch.on({.kind = Kind::manifest});
  EXPECT_EQ(batch.on({.kind = Kind::list, .missing = 0}).end, BatchEnd::manifest);
}

TEST(Batch, NeverGrowsBeyondItsBound) {
  Filling batch("window=1h");
  batch.state.members = batch_members_max - 1;
  EXPECT_EQ(batch.on({.kind = Kind::file_again}).end, BatchEnd::full);
}

TEST(Batch, WithoutATimeLimitNothingIsDue) {
  Filling batch("count=2");
  const auto step = batch.on({.kind = Kind::file});
  EXPECT_FALSE(step.due);
  EXPECT_FALSE(batch.on({}, 1'000'000'000).end);
}

constexpr auto uri = "s3://bronze/sales/day.manifest";

std::vector<std::string> list_of(std::string_view text) {
  return read_batch_list(text, uri).value();
}

TEST(BatchList, TakesLinesAndJson) {
  const auto three =
      ElementsAre("s3://bronze/sales/a.csv", "s3://bronze/other/b.csv", "s3://silver/c.csv");
  EXPECT_THAT(list_of("a.csv\r\nother/b.csv\n\ns3://silver/c.csv\na.csv"), three);
  EXPECT_THAT(list_of(R"(["s3://bronze/sales/a.csv", "other/b.csv", {"url":"s3://silver/c.csv"}])"),
              three);
  EXPECT_THAT(list_of(R"({"entries":[{"url":"s3://bronze/sales/a.csv","mandatory":true},
                          {"key":"other/b.csv"}, {"bucket":"silver","key":"c.csv"}]})"),
              three);
  EXPECT_THAT(list_of("{\"key\":\"sales/a.csv\"}\n{\"key\":\"other/b.csv\"}\n"
                      "{\"bucket\":\"silver\",\"key\":\"c.csv\"}\n"),
              three);
  EXPECT_TRUE(list_of("").empty());
}

TEST(BatchList, SaysWhatItCantRead) {
  const auto wrong = read_batch_list(R"([17])", uri);
  ASSERT_FALSE(wrong);
  EXPECT_THAT(wrong.error().message, HasSubstr("17 is neither a key nor an object"));
  std::string many;
  for (int i = 0; i <= batch_members_max; ++i) many += std::to_string(i) + "\n";
  const auto more = read_batch_list(many, uri);
  ASSERT_FALSE(more);
  EXPECT_EQ(more.error().code, Errc::too_large);
}

}  // namespace
}  // namespace tidemill::events
