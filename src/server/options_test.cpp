#include "server/options.h"

#include <fstream>

#include <gtest/gtest.h>
#include <stdlib.h>
#include <unistd.h>

namespace tidemill::server {
namespace {

std::string file_with(std::string_view text) {
  char path[] = "/tmp/tidemill-options-XXXXXX";
  close(mkstemp(path));
  std::ofstream(path) << text;
  return path;
}

TEST(Options, FileSetsWhatItNames) {
  const auto path = file_with("listen = \"127.0.0.1:1\"\nmax-running = 3\ntest-mode = true\n");
  Options options;
  ASSERT_TRUE(apply_file(options, path));
  EXPECT_EQ(options.listen, "127.0.0.1:1");
  EXPECT_EQ(options.max_running, 3);
  EXPECT_TRUE(options.test_mode);
  unlink(path.c_str());
}

TEST(Options, UnknownKeyNamesTheNearest) {
  const auto path = file_with("lissten = \"x\"\n");
  Options options;
  const auto applied = apply_file(options, path);
  ASSERT_FALSE(applied);
  EXPECT_NE(applied.error().message.find("did you mean \"listen\""), std::string::npos);
  unlink(path.c_str());
}

TEST(Options, EnvironmentWinsOverDefaults) {
  setenv("TIDEMILL_REGION", "eu-west-1", 1);
  setenv("TIDEMILL_THREADS", "x", 1);
  Options options;
  const auto applied = apply_environment(options);
  ASSERT_FALSE(applied);
  EXPECT_NE(applied.error().message.find("TIDEMILL_THREADS"), std::string::npos);
  EXPECT_EQ(options.region, "eu-west-1");
  unsetenv("TIDEMILL_REGION");
  unsetenv("TIDEMILL_THREADS");
}

TEST(Options, TestModeStaysOnLoopback) {
  Options options;
  options.test_mode = true;
  EXPECT_TRUE(check_options(options));
  options.listen = "0.0.0.0:4566";
  EXPECT_FALSE(check_options(options));
}

TEST(Options, FailpointsNeedAFlag) {
  Options options;
  options.failpoints = "sqs.send=crash";
  EXPECT_FALSE(check_options(options)) << "the environment alone never makes a server crash";
  options.allow_failpoints = true;
  EXPECT_TRUE(check_options(options));
  options.listen = "0.0.0.0:4566";
  EXPECT_FALSE(check_options(options));
}

TEST(Options, RefusesWhatCannotWork) {
  for (const auto bad : {"4566", "host:", "host:x", ":1", "127.0.0.1:70000"}) {
    EXPECT_FALSE(parse_address(bad)) << bad;
  }
  Options options;
  options.account_id = "12";
  EXPECT_FALSE(check_options(options));
}

}  // namespace
}  // namespace tidemill::server
