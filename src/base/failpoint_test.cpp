#include "base/failpoint.h"

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <fstream>
#include <regex>
#include <set>

#include <gtest/gtest.h>

namespace tidemill::failpoint {
namespace {

std::multiset<std::string> names_in_source() {
  static const std::regex call(R"re(TM_FAILPOINT(?:_CHECK)?\("([^"]+)"\))re");
  std::multiset<std::string> found;
  for (const auto& entry :
       std::filesystem::recursive_directory_iterator(TIDEMILL_SOURCE_DIR "/src")) {
    const auto name = entry.path().filename().string();
    if (entry.path().extension() != ".cpp" || name.starts_with("failpoint")) continue;
    std::ifstream file(entry.path());
    const std::string text{std::istreambuf_iterator<char>(file), {}};
    for (std::sregex_iterator at(text.begin(), text.end(), call), end; at != end; ++at) {
      found.insert((*at)[1]);
    }
  }
  return found;
}

class FailpointTest : public testing::Test {
 protected:
  ~FailpointTest() override { disarm(); }
};

TEST_F(FailpointTest, TheListHasEveryNameOfTheSourceOnce) {
  const auto listed = names();
  EXPECT_TRUE(std::ranges::is_sorted(listed));
  EXPECT_EQ(names_in_source(), std::multiset<std::string>(listed.begin(), listed.end()));
}

TEST_F(FailpointTest, IsOffUnlessArmed) {
  EXPECT_EQ(TM_FAILPOINT("file.write"), 0);
  ASSERT_TRUE(arm("file.write=error:EIO"));
  EXPECT_EQ(TM_FAILPOINT("file.write"), EIO);
  EXPECT_EQ(TM_FAILPOINT("file.sync"), 0);
  disarm();
  EXPECT_EQ(TM_FAILPOINT("file.write"), 0);
}

TEST_F(FailpointTest, FailsAtItsPassingOnly) {
  ASSERT_TRUE(arm("file.write=error:ENOSPC@3"));
  EXPECT_EQ(TM_FAILPOINT("file.write"), 0);
  EXPECT_EQ(TM_FAILPOINT("file.write"), 0);
  EXPECT_EQ(to_status(TM_FAILPOINT("file.write")).error().code, Errc::storage_full);
  EXPECT_EQ(TM_FAILPOINT("file.write"), 0);
}

TEST_F(FailpointTest, DrawsTheSameForTheSameSeed) {
  const Action action{.percent = 10};
  int due = 0, differing = 0;
  for (std::uint64_t passing = 1; passing <= 10'000; ++passing) {
    const bool first = is_due(action, "sqs.send", passing, 1);
    EXPECT_EQ(first, is_due(action, "sqs.send", passing, 1));
    due += first ? 1 : 0;
    differing += first != is_due(action, "sqs.send", passing, 2) ? 1 : 0;
  }
  EXPECT_NEAR(due, 1000, 150);
  EXPECT_GT(differing, 1000);
}

TEST_F(FailpointTest, CrashesAsKillDoes) {
  const auto crash = [] {
    if (arm("sqs.send=crash@2")) {
      TM_FAILPOINT("sqs.send");
      TM_FAILPOINT("sqs.send");
    }
  };
  EXPECT_EXIT(crash(), testing::KilledBySignal(SIGKILL), "failpoint sqs.send: crash");
}

TEST_F(FailpointTest, RefusesWhatItCannotRead) {
  EXPECT_EQ(arm("file.wrote=crash").error().message,
            "there is no failpoint file.wrote; did you mean file.write?");
  for (const auto bad : {"file.write", "file.write=", "file.write=crash@0", "file.write=crash@x",
                         "file.write=error", "file.write=error:EPERM", "file.write=delay",
                         "file.write=crash:1", "seed=x", "file.write=crash%x"}) {
    EXPECT_FALSE(arm(bad)) << bad;
  }
  EXPECT_TRUE(arm("file.write=crash@7;sqs.send=delay:5%10;seed=3"));
}

}  // namespace
}  // namespace tidemill::failpoint
