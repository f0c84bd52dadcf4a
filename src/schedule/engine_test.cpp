#include "schedule/engine.h"

#include "schedule/engine_fixture_testing.h"

namespace tidemill::schedule {
namespace {

using Texts = std::vector<std::string>;

TEST_F(EngineTest, RunsWhatIsDueOnceAndSaysWhenNext) {
  put(order(1, "cron(0 * * * ? *)"));
  EXPECT_EQ(dues_.back(), parse_iso("2026-01-01T01:00:00Z"));
  run_at("2026-01-01T00:59:59Z");
  EXPECT_TRUE(starts().empty());
  run_at("2026-01-01T01:00:00Z");
  run();
  EXPECT_EQ(starts(), Texts{"2026-01-01T01:00:00Z"});
  EXPECT_EQ(fates(), Texts{"2026-01-01T01:00:00Z fired"});
  EXPECT_EQ(dues_.back(), parse_iso("2026-01-01T02:00:00Z"));
}

TEST_F(EngineTest, NeitherARestartNorAClockSetBackRunsAnythingAgain) {
  put(order(1, "cron(0 * * * ? *)"));
  run_at("2026-01-01T01:00:00Z");
  restart();
  run();
  run_at("2026-01-01T00:30:00Z");
  restart();
  run_at("2026-01-01T01:00:30Z");
  EXPECT_EQ(starts(), Texts{"2026-01-01T01:00:00Z"});
}

TEST_F(EngineTest, RunsNothingAgainThatWasChangedWhileTheClockWasBack) {
  put(order(1, "cron(0 * * * ? *)"));
  run_at("2026-01-01T02:00:00Z");
  clock_.at = parse_iso("2026-01-01T00:30:00Z").value();
  put(order(1, "cron(0,30 * * * ? *)"));
  run_at("2026-01-01T02:30:00Z");
  EXPECT_EQ(starts(), (Texts{"2026-01-01T02:00:00Z", "2026-01-01T02:30:00Z"}));
}

TEST_F(EngineTest, ForgetsNothingWhenACommitFails) {
  put(order(1, "cron(0 * * * ? *)"));
  clock_.at = parse_iso("2026-01-01T01:00:00Z").value();
  const auto failed = write([this](store::Tx& tx) -> Status {
    TM_CHECK(engine_->run_due(tx));
    return fail(Errc::storage_full, "the disk is full");
  });
  EXPECT_FALSE(failed);
  engine_->abandon();
  EXPECT_TRUE(starts().empty());
  run();
  EXPECT_EQ(starts(), Texts{"2026-01-01T01:00:00Z"});
}

TEST_F(EngineTest, TakesNothingMoreUntilItsClaimsAreCommitted) {
  put(order(1, "cron(0 * * * ? *)"));
  clock_.at = parse_iso("2026-01-01T01:00:00Z").value();
  const auto failed = write([this](store::Tx& tx) -> Status {
    TM_CHECK(engine_->run_due(tx));
    clock_.at = parse_iso("2026-01-01T01:00:30Z").value();
    TM_CHECK(engine_->run_due(tx));
    return fail(Errc::storage_full, "the disk is full");
  });
  EXPECT_FALSE(failed);
  engine_->abandon();
  run();
  EXPECT_EQ(starts(), Texts{"2026-01-01T01:00:00Z"});
}

TEST_F(EngineTest, MakesWhatWasMissedIntoOne) {
  put(order(1, "cron(0 * * * ? *)"));
  clock_.at = parse_iso("2026-01-01T12:30:00Z").value();
  restart();
  run();
  EXPECT_EQ(starts(), Texts{"2026-01-01T12:00:00Z"});
  EXPECT_EQ(fates().size(), 12u);
  EXPECT_EQ(engine_->startup().due, 12);
  EXPECT_EQ(engine_->startup().coalesced, 11);
  EXPECT_EQ(engine_->startup().ran, 1);
}

TEST_F(EngineTest, CatchesUpAsItIsTold) {
  auto skip = order(1, "cron(0 * * * ? *)");
  skip.policy = policy_of({{"tidemill:catchup", "skip"}}).value();
  put(skip);
  auto all = order(2, "cron(0 * * * ? *)");
  all.policy =
      policy_of({{"tidemill:catchup", "all:2"}, {"tidemill:catchup-window", "3h"}}).value();
  put(all);
  run_at("2026-01-01T06:30:00Z");
  EXPECT_EQ(starts(), (Texts{"2026-01-01T05:00:00Z", "2026-01-01T06:00:00Z"}));
  EXPECT_EQ(std::ranges::count(fates(),
                               "2026-01-01T02:00:00Z dropped: missed, and older than the"
                               " catch-up window"),
            1);
}

TEST_F(EngineTest, TellsOfMoreThanItWritesRowsFor) {
  put(order(1, "cron(* * * * ? *)"));
  run_at("2026-01-02T00:00:30Z");
  EXPECT_EQ(starts(), Texts{"2026-01-02T00:00:00Z"});
  EXPECT_EQ(fates().size(), told_max + 1);
  EXPECT_TRUE(fates()[0].ends_with("made into a later one (and 1339 before it)")) << fates()[0];
}

TEST_F(EngineTest, EditingAndEnablingNeverReplaysThePast) {
  put(order(1, "cron(0 * * * ? *)"));
  auto off = order(1, "cron(0 * * * ? *)");
  off.enabled = false;
  put(off);
  run_at("2026-01-01T02:30:00Z");
  put(order(1, "cron(0 * * * ? *)"));
  run();
  EXPECT_TRUE(starts().empty());
  EXPECT_EQ(fates(), (Texts{"2026-01-01T01:00:00Z skipped: it was disabled",
                            "2026-01-01T02:00:00Z skipped: it was disabled"}));
  put(order(1, "cron(15 * * * ? *)"));
  run_at("2026-01-01T03:00:00Z");
  EXPECT_TRUE(starts().empty());
  run_at("2026-01-01T03:15:00Z");
  EXPECT_EQ(starts(), Texts{"2026-01-01T03:15:00Z"});
}

TEST_F(EngineTest, AChangeDoesNotSwallowWhatWasDue) {
  put(order(1, "cron(0 * * * ? *)"));
  clock_.at = parse_iso("2026-01-01T01:00:00Z").value();
  put(order(1, "cron(30 * * * ? *)"));
  run();
  EXPECT_EQ(starts(), Texts{"2026-01-01T01:00:00Z"});
}

TEST_F(EngineTest, WhatIsDeletedWhileDueDoesNotRun) {
  put(order(1, "cron(0 * * * ? *)"));
  clock_.at = parse_iso("2026-01-01T01:00:00Z").value();
  // Both in one commit: memory still holds the timer.
  ASSERT_TRUE(write([this](store::Tx& tx) -> Status {
    TM_CHECK(engine_->remove(tx, order(1, "").arn));
    return engine_->run_due(tx);
  }));
  run();
  EXPECT_TRUE(starts().empty());
  EXPECT_EQ(engine_->timers().size(), 0u);
}

TEST_F(EngineTest, RatesCountFromTheEdit) {
  put(order(1, "rate(2 hours)"));
  run_at("2026-01-01T02:00:00Z");
  run_at("2026-01-01T03:00:00Z");
  put(order(1, "rate(2 hours)"));  // Nothing new.
  run_at("2026-01-01T04:00:00Z");
  run_at("2026-01-01T04:30:00Z");
  put(order(1, "rate(1 hour)"));
  run_at("2026-01-01T05:30:00Z");
  EXPECT_EQ(starts(),
            (Texts{"2026-01-01T02:00:00Z", "2026-01-01T04:00:00Z", "2026-01-01T05:30:00Z"}));
}

TEST_F(EngineTest, OneTimeSchedulesComplete) {
  put(order(7, "at(2026-01-01T00:30:00)"));
  run_at("2026-01-01T00:30:10Z");
  EXPECT_EQ(starts(), Texts{"2026-01-01T00:30:00Z"});
  EXPECT_EQ(starter_.done, std::vector<std::int64_t>{7});
  EXPECT_EQ(engine_->timers().size(), 0u);
}

TEST_F(EngineTest, SpreadIsAlwaysTheSame) {
  auto spread = order(1, "cron(0 * * * ? *)");
  spread.policy = policy_of({{"tidemill:spread", "10m"}}).value();
  put(spread);
  const auto place = place_in_spread(spread.arn, 600'000);
  EXPECT_GT(place, 0);
  EXPECT_EQ(dues_.back().ms, parse_iso("2026-01-01T01:00:00Z")->ms + place);
  run_at("2026-01-01T01:00:00Z");
  EXPECT_TRUE(starts().empty());
  run_at("2026-01-01T01:10:00Z");
  EXPECT_EQ(starts(), Texts{"2026-01-01T01:00:00Z"});
  EXPECT_EQ(starter_.lateness.back(), 600'000 - place) << "late is what is beyond its place";
}

TEST_F(EngineTest, OverlapIsSkippedBufferedOrCancelled) {
  const auto policy = [](const char* overlap) {
    return policy_of({{"tidemill:overlap", overlap}}).value();
  };
  int ref = 0;
  for (const char* overlap : {"skip", "buffer-one", "buffer-all", "cancel-other"}) {
    auto o = order(++ref, "cron(0 1-4 * * ? *)");
    o.policy = policy(overlap);
    put(o);
  }
  run_at("2026-01-01T01:00:00Z");
  busy_ = {1, 2, 3, 4};
  for (const char* hour : {"02", "03", "04"}) run_at(fmt::format("2026-01-01T{}:00:00Z", hour));
  const auto started = [&](int of) {
    return write([&](store::Tx& tx) {
             return tx.one(
                 "SELECT count(*) FROM starts WHERE ref = $1",
                 [](const store::Row& row) { return row.integer(0); }, of);
           })
        .value()
        .value();
  };
  EXPECT_EQ(started(1), 1);
  EXPECT_EQ(started(2), 1);
  EXPECT_EQ(started(3), 1);
  EXPECT_EQ(started(4), 4);
  busy_.clear();
  for (int i = 0; i < 5; ++i) {
    ASSERT_TRUE(write([this](store::Tx& tx) { return engine_->drain(tx); }));
  }
  EXPECT_EQ(started(1), 1);
  EXPECT_EQ(started(2), 2);
  EXPECT_EQ(started(3), 4);
}

TEST_F(EngineTest, WhatWasBufferedRunsThoughTheCommitThatRanItFailed) {
  auto o = order(1, "cron(0 1-2 * * ? *)");
  o.policy = policy_of({{"tidemill:overlap", "buffer-one"}}).value();
  put(o);
  run_at("2026-01-01T01:00:00Z");
  busy_ = {1};
  run_at("2026-01-01T02:00:00Z");
  busy_.clear();
  EXPECT_FALSE(write([this](store::Tx& tx) -> Status {
    TM_CHECK(engine_->drain(tx));
    TM_CHECK(engine_->drain(tx));  // Another run ended in the same commit.
    return fail(Errc::storage_full, "the disk is full");
  }));
  EXPECT_EQ(starts().size(), 1u);
  ASSERT_TRUE(write([this](store::Tx& tx) { return engine_->drain(tx); }));
  EXPECT_EQ(starts().size(), 2u);
}

TEST_F(EngineTest, BackfillRunsWhatDidNotRun) {
  put(order(1, "cron(0 * * * ? *)"));
  run_at("2026-01-01T05:30:00Z");
  Engine::Backfill backfill{.from = parse_iso("2025-12-31T23:00:00Z").value(),
                            .to = parse_iso("2026-01-01T09:00:00Z").value(),
                            .dry_run = true};
  const auto ask = [&] {
    return write([&](store::Tx& tx) { return engine_->backfill(tx, order(1, "").arn, backfill); });
  };
  EXPECT_EQ(ask()->size(), 6u);
  EXPECT_EQ(starts().size(), 1u);
  backfill.dry_run = false;
  EXPECT_EQ(ask()->size(), 6u);
  EXPECT_EQ(starts().size(), 7u);
  EXPECT_TRUE(ask()->empty());
  // It is only its own time that it can be late for.
  ASSERT_EQ(starter_.lateness.size(), 7u);
  EXPECT_EQ(starter_.lateness.front(), 30 * 60 * 1000);
  EXPECT_EQ(std::ranges::count_if(starter_.lateness, [](const auto& late) { return !late; }), 6);
}

TEST_F(EngineTest, RunNowLeavesThePlanAlone) {
  put(order(1, "cron(0 * * * ? *)"));
  clock_.at = parse_iso("2026-01-01T01:00:00Z").value();
  ASSERT_TRUE(write([this](store::Tx& tx) { return engine_->run_now(tx, order(1, "").arn); }));
  EXPECT_EQ(fates(), Texts{"2026-01-01T01:00:00Z fired: run-now"});
  run();
  EXPECT_EQ(fates(), (Texts{"2026-01-01T01:00:00Z fired", "2026-01-01T01:00:00Z fired: run-now"}));
}

TEST_F(EngineTest, TellsWhatTheClockLeftOut) {
  clock_.at = parse_iso("2026-03-07T12:00:00Z").value();
  put(order(1, "cron(30 2 * * ? *)", "America/New_York"));
  run_at("2026-03-09T06:30:00Z");
  EXPECT_EQ(fates(), (Texts{"2026-03-08T07:30:00Z skipped: the clock jumped over it",
                            "2026-03-09T06:30:00Z fired"}));
}

TEST(Policies, AreReadFromTags) {
  EXPECT_EQ(policy_of({{"team", "x"}}).value(), Policy());
  const auto full = policy_of({{"tidemill:catchup", "all:5"},
                               {"tidemill:catchup-window", "2d"},
                               {"tidemill:overlap", "buffer-one"},
                               {"tidemill:dst", "run-after-gap+both"},
                               {"tidemill:spread", "15m"}})
                        .value();
  EXPECT_EQ(Policy::parse(full.text()), full);
  EXPECT_EQ(Policy().text(), "");
  EXPECT_FALSE(policy_of({{"tidemill:catch-up", "once"}}));
  EXPECT_FALSE(policy_of({{"tidemill:overlap", "maybe"}}));
  EXPECT_FALSE(policy_of({{"tidemill:spread", "15"}}));
}

}  // namespace
}  // namespace tidemill::schedule
