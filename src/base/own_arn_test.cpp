#include "base/own_arn.h"

#include <gtest/gtest.h>

namespace tidemill {
namespace {

TEST(OwnArn, FillsInTheAccountThatIsLeftOut) {
  EXPECT_EQ(own_arn("arn:aws:glue:us-east-1::job/etl", "000000000000"),
            "arn:aws:glue:us-east-1:000000000000:job/etl");
  EXPECT_EQ(own_arn("arn:aws:logs:*::log-group:/a:*", "1"), "arn:aws:logs:*:1:log-group:/a:*");
}

TEST(OwnArn, LeavesOtherAccountsAndWhatNeedsNone) {
  for (const std::string text :
       {"arn:aws:glue:us-east-1:111111111111:job/etl", "arn:aws:glue:us-east-1:*:job/etl",
        "arn:aws:s3:::lake/key:with:colons", "arn:aws:iam::aws:policy/AdministratorAccess",
        "arn:aws:scheduler:::aws-sdk:glue:startJobRun", "*", "", "etl",
        "arn:aws:glue:us-east-1:", "not:an:arn:x::y"}) {
    EXPECT_EQ(own_arn(text, "000000000000"), text);
  }
}

}  // namespace
}  // namespace tidemill
