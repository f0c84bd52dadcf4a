#include "server/admission.h"

#include <filesystem>
#include <fstream>

#include <gtest/gtest.h>
#include <stdlib.h>

namespace tidemill::server {
namespace {

namespace fs = std::filesystem;

TEST(Effect, IsKnownByTheNameOfAnOperation) {
  for (const auto* name : {"GetObject", "HeadBucket", "ListQueues", "DescribeRule", "AssumeRole"}) {
    EXPECT_EQ(effect_of(name), Effect::reads) << name;
  }
  for (const auto* name : {"DeleteObjects", "AbortMultipartUpload", "PurgeQueue", "ReceiveMessage",
                           "BatchStopJobRun", "RemoveTargets", "PutRetentionPolicy"}) {
    EXPECT_EQ(effect_of(name), Effect::frees) << name;
  }
  for (const auto* name : {"PutObject", "PutEvents", "SendMessage", "CreateJob", "StartJobRun"}) {
    EXPECT_EQ(effect_of(name), Effect::grows) << name;
  }
}

class ReserveTest : public testing::Test {
 protected:
  ReserveTest() {
    char pattern[] = "/tmp/tidemill-reserve-XXXXXX";
    directory_ = mkdtemp(pattern);
  }
  ~ReserveTest() override { fs::remove_all(directory_); }

  static constexpr std::uint64_t bytes = 64 * 1024;
  fs::path directory_;
};

TEST_F(ReserveTest, IsGivenUpOnceAndTakenAgain) {
  Reserve reserve(directory_ / "reserve", bytes);
  reserve.open();
  EXPECT_EQ(fs::file_size(directory_ / "reserve"), bytes);
  EXPECT_TRUE(reserve.give_up());
  EXPECT_TRUE(reserve.is_given_up());
  EXPECT_EQ(fs::file_size(directory_ / "reserve"), 0u);
  EXPECT_FALSE(reserve.give_up());
  EXPECT_TRUE(reserve.take());
  EXPECT_FALSE(reserve.is_given_up());
  EXPECT_EQ(fs::file_size(directory_ / "reserve"), bytes);
}

TEST_F(ReserveTest, WhatTheProgramBeforeGaveUpIsTakenAgainAtStart) {
  std::ofstream(directory_ / "reserve").flush();
  Reserve reserve(directory_ / "reserve", bytes);
  reserve.open();
  EXPECT_FALSE(reserve.is_given_up());
  EXPECT_EQ(fs::file_size(directory_ / "reserve"), bytes);
}

TEST_F(ReserveTest, NothingIsHeldBackWhereNoRoomWasEverTaken) {
  constexpr std::uint64_t more_than_there_is = std::uint64_t{1} << 60;
  Reserve reserve(directory_ / "reserve", more_than_there_is);
  reserve.open();
  EXPECT_FALSE(reserve.is_given_up());
  EXPECT_FALSE(reserve.give_up()) << "there is nothing to give up";
  EXPECT_FALSE(reserve.is_given_up());
}

TEST_F(ReserveTest, StaysGivenUpOverARestartWhileThereIsNoRoom) {
  std::ofstream(directory_ / "reserve").flush();
  Reserve reserve(directory_ / "reserve", std::uint64_t{1} << 60);
  reserve.open();
  EXPECT_TRUE(reserve.is_given_up());
  EXPECT_FALSE(reserve.take());
}

TEST_F(ReserveTest, NoneIsKeptIfNoneIsWanted) {
  Reserve reserve(directory_ / "reserve", 0);
  reserve.open();
  EXPECT_FALSE(fs::exists(directory_ / "reserve"));
  EXPECT_FALSE(reserve.give_up());
}

}  // namespace
}  // namespace tidemill::server
