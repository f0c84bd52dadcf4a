// Batches of files in the Hub: rows, timers, retries, restarts.
#include <gmock/gmock.h>

#include "base/json.h"
#include "events/batch_rows.h"
#include "events/dead_letter.h"
#include "events/hub_fixture_testing.h"
#include "events/retention.h"

namespace tidemill::events {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

class Office final : public DeadLetterOffice {
 public:
  Result<std::optional<std::string>> accept(store::Tx&, const DeadLetter& letter) override {
    letters.push_back(letter);
    return std::nullopt;
  }
  std::vector<DeadLetter> letters;
};

class HubBatchTest : public HubTest {
 protected:
  HubBatchTest() {
    workshop_.batches = true;
    options_.dead_letters = &office_;
    reopen();
  }

  void put_batched(const std::string& plan, const std::string& more = "") {
    ASSERT_TRUE(write([&](store::Tx& tx) -> Status {
      TM_CHECK(
          tx.exec("INSERT INTO event_tags (arn, key, value) VALUES ($1, $2, $3)"
                  " ON CONFLICT (arn, key) DO UPDATE SET value = $3",
                  "arn:aws:events:us-east-1:000000000000:rule/sales", batch_tag, plan));
      return {};
    }));
    put_rule("sales", sales, R"({"Id":"1","Arn":")" + job + "\"" + more + "}");
  }

  void publish_all(std::initializer_list<const char*> keys) {
    for (const auto* key : keys) ASSERT_TRUE(publish(key));
  }

  std::vector<std::string> states() {
    std::vector<std::string> out;
    for (const auto& row : deliveries()) out.push_back(row.state);
    return out;
  }

  std::string manifest(std::int64_t delivery) {
    return write([&](store::Tx& tx) { return batch_manifest(tx, delivery); }).value();
  }

  Office office_;
};

TEST_F(HubBatchTest, FilesWaitUntilTheyAreEnoughAndStartOneRun) {
  put_batched("count=3");
  publish_all({"sales/a", "sales/b"});
  EXPECT_THAT(states(), ElementsAre("batched", "batched"));
  EXPECT_TRUE(workshop_.started.empty());
  publish_all({"sales/c", "sales/d"});
  ASSERT_EQ(workshop_.started.size(), 1);
  const auto& told = workshop_.started[0].batch;
  ASSERT_TRUE(told);
  EXPECT_EQ(told->files, 3);
  EXPECT_EQ(told->reason, "count");
  EXPECT_EQ(told->bucket, "bronze");
  EXPECT_THAT(told->uris,
              ElementsAre("s3://bronze/sales/a", "s3://bronze/sales/b", "s3://bronze/sales/c"));
  EXPECT_EQ(deliveries()[2], (Row{"done", "", "", "jr_1", 1}));
  EXPECT_THAT(states(), ElementsAre("done", "done", "done", "batched"));
}

TEST_F(HubBatchTest, EachJoinIsDecidedOnDiskAndTheCloseOnce) {
  put_batched("count=2 window=1h group=1");
  publish_all({"sales/a", "sales/b"});
  const auto said = decisions();
  ASSERT_EQ(said.size(), 3);
  EXPECT_EQ(json::text_or_empty(said[0], "decision"), "BATCHED");
  EXPECT_EQ(json::text_or_empty(said[0], "group"), "sales");
  EXPECT_EQ(json::text_or_empty(said[0], "closes"), "2024-01-15T13:00:00.000Z");
  EXPECT_EQ(json::text_or_empty(said[2], "decision"), "STARTED");
  EXPECT_EQ(json::text_or_empty(said[2], "batch-reason"), "count");
  EXPECT_EQ(said[2].at("files").as_int64(), 2);
}

TEST_F(HubBatchTest, TimeClosesABatchToTheMillisecondAlsoAfterARestart) {
  put_batched("window=1500ms quiet=400ms");
  publish_all({"sales/a"});
  EXPECT_EQ(dues_.back(), noon.plus(std::chrono::milliseconds(400)));
  reopen();
  clock_.at = noon.plus(std::chrono::milliseconds(399));
  EXPECT_EQ(deliver_due().value(), noon.plus(std::chrono::milliseconds(400)));
  EXPECT_TRUE(workshop_.started.empty());
  clock_.at = noon.plus(std::chrono::milliseconds(400));
  EXPECT_EQ(deliver_due().value(), std::nullopt) << "nothing is left to wait for";
  ASSERT_EQ(workshop_.started.size(), 1);
  EXPECT_EQ(workshop_.started[0].batch->reason, "quiet");
}

TEST_F(HubBatchTest, FileThatComesAfterTheTimeOpensTheNextBatch) {
  put_batched("window=1s");
  publish_all({"sales/a"});
  clock_.at = noon.plus(std::chrono::milliseconds(1000));
  publish_all({"sales/b"});
  ASSERT_EQ(workshop_.started.size(), 1) << "nobody had looked yet";
  EXPECT_THAT(workshop_.started[0].batch->uris, ElementsAre("s3://bronze/sales/a"));
  EXPECT_THAT(states(), ElementsAre("done", "batched"));
}

TEST_F(HubBatchTest, PublisherThatFailsAfterwardsLeavesNoMember) {
  put_batched("count=2");
  const auto failed = write([this](store::Tx& tx) -> Status {
    TM_CHECK(hub_->publish(tx, upload("sales/a")));
    return fail(Errc::conflict, "the object was refused after all");
  });
  EXPECT_FALSE(failed);
  publish_all({"sales/b"});
  EXPECT_TRUE(workshop_.started.empty());
  EXPECT_THAT(states(), ElementsAre("batched"));
}

TEST_F(HubBatchTest, BusyTargetKeepsTheBatchWholeUntilItHasRoom) {
  put_batched("count=2");
  workshop_.room = 0;
  publish_all({"sales/a", "sales/b", "sales/c", "sales/d"});
  EXPECT_THAT(states(), ElementsAre("pending", "batched", "pending", "batched"));
  reopen();
  workshop_.room = 1;
  ASSERT_TRUE(write([this](store::Tx& tx) { return hub_->target_free(tx, job); }));
  EXPECT_THAT(states(), ElementsAre("done", "done", "pending", "batched"));
  EXPECT_EQ(workshop_.started.size(), 1);
}

TEST_F(HubBatchTest, RetriesCountFromTheCloseNotFromTheFirstFile) {
  put_batched("window=100h", R"(,"RetryPolicy":{"MaximumEventAgeInSeconds":3600})");
  publish_all({"sales/a"});
  workshop_.room = 0;
  workshop_.next = {.kind = Outcome::Kind::retry, .code = "THROTTLING", .message = "Slow down"};
  clock_.at = noon.plus(std::chrono::hours(100));
  ASSERT_TRUE(deliver_due());
  EXPECT_THAT(states(), ElementsAre("pending"));
}

TEST_F(HubBatchTest, RefusedBatchFailsAsAWholeWithADeadLetterForEachFileAndCanBeRedriven) {
  put_batched("count=3", R"(,"DeadLetterConfig":{"Arn":"arn:aws:sqs:us-east-1:000000000000:q"})");
  allowed_ = {false, "NO_PERMISSIONS", "role R may not"};
  publish_all({"sales/a", "sales/b", "sales/c"});
  EXPECT_THAT(states(), ElementsAre("failed", "failed", "failed"));
  ASSERT_EQ(office_.letters.size(), 3);
  EXPECT_THAT(office_.letters[2].body, HasSubstr("sales/c"));
  EXPECT_EQ(office_.letters[2].attributes.at("BATCH_ID"),
            office_.letters[0].attributes["BATCH_ID"]);
  allowed_ = {.allowed = true};
  const Hub::Redrive which{.account = scope.account, .delivery = 0, .rule = "sales"};
  EXPECT_EQ(write([&](store::Tx& tx) { return hub_->redrive(tx, which); }).value(), 3);
  EXPECT_THAT(states(), ElementsAre("pending", "batched", "batched"));
  ASSERT_TRUE(deliver_due());
  EXPECT_THAT(states(), ElementsAre("done", "done", "done"));
  EXPECT_EQ(workshop_.started.size(), 1);
}

TEST_F(HubBatchTest, MoreGroupsThanMayBeOpenCloseTheOldest) {
  put_batched("count=10 group=2");
  ASSERT_TRUE(write([this](store::Tx& tx) -> Status {
    for (int i = 0; i <= batches_open_max; ++i) {
      TM_CHECK(hub_->publish(tx, upload("sales/" + std::to_string(i) + "/a")));
    }
    return {};
  }));
  ASSERT_EQ(workshop_.started.size(), 1);
  EXPECT_EQ(workshop_.started[0].batch->group, "sales/0");
  EXPECT_EQ(workshop_.started[0].batch->reason, "crowded");
}

TEST_F(HubBatchTest, FullBatchClosesEarlyAndNamesNoFiles) {
  put_batched("window=1h");
  ASSERT_TRUE(write([this](store::Tx& tx) -> Status {
    for (int i = 0; i <= batch_members_max; ++i) {
      TM_CHECK(hub_->publish(tx, upload("sales/" + std::to_string(i))));
    }
    return {};
  }));
  ASSERT_EQ(workshop_.started.size(), 1);
  EXPECT_EQ(workshop_.started[0].batch->reason, "full");
  EXPECT_EQ(workshop_.started[0].batch->files, batch_members_max);
  EXPECT_TRUE(workshop_.started[0].batch->uris.empty());
  EXPECT_EQ(std::ranges::count(manifest(workshop_.started[0].id), '\n'), batch_members_max);
}

TEST_F(HubBatchTest, ListThatIsReadLateOrAgainChangesNothing) {
  put_batched("manifest=.manifest window=1s");
  publish_all({"sales/x.manifest"});
  clock_.at = noon.plus(std::chrono::seconds(1));
  ASSERT_TRUE(deliver_due());
  ASSERT_EQ(workshop_.started.size(), 1);
  const auto id = workshop_.started[0].id;
  ASSERT_TRUE(write([&](store::Tx& tx) {
    return hub_->list_read(tx, id, "s3://bronze/sales/x.manifest", std::vector<std::string>());
  }));
  EXPECT_EQ(workshop_.started.size(), 1);
}

TEST_F(HubBatchTest, ListThatCantBeReadIsTold) {
  put_batched("manifest=.manifest window=1h group=1");
  publish_all({"sales/x.manifest", "sales/y.manifest"});
  const auto id = 1;
  const auto read = [&](const char* uri, const Result<std::vector<std::string>>& list) {
    ASSERT_TRUE(write([&](store::Tx& tx) { return hub_->list_read(tx, id, uri, list); }));
  };
  const auto note = [&] {
    return write([&](store::Tx& tx) { return find_batch(tx, id); }).value()->note;
  };
  read("s3://bronze/sales/x.manifest", fail(Errc::not_found, "NoSuchKey"));
  EXPECT_THAT(note(), HasSubstr("x.manifest can't be read: NoSuchKey"));
  read("s3://bronze/sales/y.manifest", std::vector<std::string>{"s3://bronze/other/a"});
  EXPECT_THAT(note(), HasSubstr("of another group, such as s3://bronze/other/a"));
}

TEST_F(HubBatchTest, TagOfAnotherTimeStopsNothing) {
  put_batched("whatever it meant");
  reopen();
  publish_all({"sales/a"});
  EXPECT_THAT(states(), ElementsAre("done"));
}

TEST_F(HubBatchTest, TargetThatTakesNoBatchesGetsEachFile) {
  workshop_.batches = false;
  put_batched("count=3");
  publish_all({"sales/a"});
  EXPECT_EQ(workshop_.started.size(), 1);
}

TEST_F(HubBatchTest, OpenBatchesOutliveRetentionAndClosedOnesGo) {
  put_batched("count=2");
  publish_all({"sales/a", "sales/b", "sales/c", "sales/d", "sales/e"});
  const auto forget = [this](std::chrono::milliseconds before) {
    ASSERT_TRUE(
        write([&](store::Tx& tx) { return forget_events(tx, clock_.at.plus(before), 100); }));
  };
  clock_.at = noon.plus(std::chrono::hours(1));
  publish_all({"sales/f"});
  forget(std::chrono::minutes(-1));
  EXPECT_THAT(states(), ElementsAre("done", "done")) << "the last batch goes as a whole, later";
  publish_all({"sales/g"});
  forget(std::chrono::minutes(1));
  EXPECT_THAT(states(), ElementsAre("batched"));
  const auto kept = write([](store::Tx& tx) {
    return tx.one("SELECT (SELECT count(*) FROM batches), (SELECT count(*) FROM batch_files)",
                  [](const store::Row& row) { return std::pair(row.integer(0), row.integer(1)); });
  });
  EXPECT_EQ(**kept, (std::pair<std::int64_t, std::int64_t>(1, 1)));
}

TEST_F(HubBatchTest, WhatAManifestWaitedForInVainGoesWithItsBatch) {
  put_batched("manifest=.manifest window=1s");
  publish_all({"sales/x.manifest"});
  ASSERT_TRUE(write([&](store::Tx& tx) -> Status {
    TM_TRY(const auto batch,
           tx.one("SELECT id FROM batches", [](const store::Row& row) { return row.integer(0); }));
    return hub_->list_read(tx, *batch, "s3://bronze/sales/x.manifest",
                           std::vector<std::string>{"s3://bronze/sales/a"});
  }));
  const auto awaited = [this] {
    return **write([](store::Tx& tx) {
      return tx.one("SELECT count(*) FROM batch_expected",
                    [](const store::Row& row) { return row.integer(0); });
    });
  };
  clock_.at = clock_.at.plus(std::chrono::seconds(1));
  ASSERT_TRUE(deliver_due());
  EXPECT_EQ(awaited(), 1) << "it tells why the batch closed as it did";
  publish_all({"sales/y"});
  ASSERT_TRUE(write([&](store::Tx& tx) {
    return forget_events(tx, clock_.at.plus(std::chrono::minutes(1)), 100);
  }));
  EXPECT_EQ(awaited(), 0);
}

}  // namespace
}  // namespace tidemill::events
