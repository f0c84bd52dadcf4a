#include "ssm/check.h"

#include <gtest/gtest.h>

#include "ssm/filter.h"

namespace tidemill::ssm {
namespace {

std::string refusal_of(std::string_view name) {
  const auto checked = check_name(name);
  return checked ? "" : checked.error().name + ": " + checked.error().message;
}

TEST(ParameterName, MayBeAWordOrAHierarchy) {
  for (const std::string_view name :
       {"db", "db.host-1_x", "/db", "/prod/db/host", "/a/b/c/d/e/f/g/h/i/j/k/l/m/n/o"}) {
    EXPECT_EQ(refusal_of(name), "") << name;
  }
}

TEST(ParameterName, IsNotReservedToAws) {
  EXPECT_EQ(refusal_of("/aws/service/x"),
            "AccessDeniedException: No access to reserved parameter name: /aws/service/x.");
  EXPECT_NE(refusal_of("awsome").find("can't be prefixed with \"aws\" or \"ssm\""),
            std::string::npos);
  EXPECT_NE(refusal_of("SSM-x").find("can't be prefixed"), std::string::npos);
  EXPECT_NE(refusal_of("/ssm/x/y").find("can't be prefixed with \"ssm\""), std::string::npos);
}

TEST(ParameterName, HasTheFormOfAHierarchy) {
  EXPECT_EQ(refusal_of("a/b"),
            "ValidationException: Parameter name must be a fully qualified name.");
  EXPECT_EQ(refusal_of("/a/b/c/d/e/f/g/h/i/j/k/l/m/n/o/p").substr(0, 35),
            "HierarchyLevelLimitExceededExceptio");
  for (const std::string_view name : {"/a/", "//a", "/a//b", "a b", "/", "a:1", "\xc3\xa4"}) {
    EXPECT_NE(refusal_of(name), "") << name;
  }
}

TEST(ParameterName, IsTheSameInAnArnWithOrWithoutItsSlash) {
  const Scope scope{"000000000000", "us-east-1"};
  EXPECT_EQ((ParameterKey{scope, "/a/b"}).arn(),
            "arn:aws:ssm:us-east-1:000000000000:parameter/a/b");
  EXPECT_EQ((ParameterKey{scope, "a"}).arn(), "arn:aws:ssm:us-east-1:000000000000:parameter/a");
}

TEST(ParameterReference, NamesAVersionOrALabel) {
  const Scope here{"000000000000", "us-east-1"};
  const auto plain = parse_reference(here, "/a/b");
  EXPECT_EQ(plain.key.name + "|" + plain.selector, "/a/b|");
  const auto labelled = parse_reference(here, "/a/b:live");
  EXPECT_EQ(labelled.key.name + "|" + labelled.selector, "/a/b|:live");
  const auto arn = parse_reference(here, "arn:aws:ssm:eu-west-1:000000000000:parameter/a/b:3");
  EXPECT_EQ(arn.key.scope.region + "|" + arn.key.name + "|" + arn.selector, "eu-west-1|a/b|:3");
  EXPECT_TRUE(arn.is_arn);
}

TEST(ParameterValue, FitsItsTier) {
  Parameter standard{.type = "String"};
  EXPECT_TRUE(check_value(standard, std::string(4096, 'x'), ""));
  EXPECT_EQ(standard.tier, "Standard");
  EXPECT_FALSE(check_value(standard, std::string(4097, 'x'), ""));
  EXPECT_TRUE(check_value(standard, std::string(4097, 'x'), "Intelligent-Tiering"));
  EXPECT_EQ(standard.tier, "Advanced");
  EXPECT_FALSE(check_value(standard, "x", "Standard")) << "there is no way back";
  EXPECT_TRUE(check_value(standard, std::string(8192, 'x'), ""));
  EXPECT_FALSE(check_value(standard, std::string(8193, 'x'), "Advanced"));
}

TEST(ParameterValue, MatchesThePatternAsAWhole) {
  Parameter parameter{.type = "String", .allowed_pattern = "[a-z]+"};
  EXPECT_TRUE(check_value(parameter, "abc", ""));
  EXPECT_EQ(check_value(parameter, "abc1", "").error().name, "ParameterPatternMismatchException");
  parameter.allowed_pattern = "[a-";
  EXPECT_EQ(check_value(parameter, "abc", "").error().name, "InvalidAllowedPatternException");
}

TEST(ParameterValue, IsNotEmptyAndNestsNothing) {
  Parameter parameter{.type = "String"};
  EXPECT_FALSE(check_value(parameter, "", ""));
  EXPECT_FALSE(check_value(parameter, "a {{other}} b", ""));
  EXPECT_TRUE(check_value(parameter, "a {{ b", ""));
  parameter.data_type = "Text";
  EXPECT_FALSE(check_value(parameter, "a", ""));
}

TEST(ParameterLabel, BeginsWithNoDigitAndNoReservedWord) {
  for (const std::string_view label : {"live", "v1.2-rc_3", "_x"}) EXPECT_TRUE(is_label(label));
  for (const std::string_view label : {"1st", "aws-live", "SSMx", "a b", ""}) {
    EXPECT_FALSE(is_label(label)) << label;
  }
  EXPECT_FALSE(is_label(std::string(101, 'a')));
}

TEST(ParameterPath, HoldsWhatIsUnderIt) {
  EXPECT_TRUE(is_under("/a/b", "/a", false));
  EXPECT_TRUE(is_under("/a/b", "/a/", false));
  EXPECT_FALSE(is_under("/a/b/c", "/a", false));
  EXPECT_TRUE(is_under("/a/b/c", "/a", true));
  EXPECT_FALSE(is_under("/ab", "/a", true));
  EXPECT_FALSE(is_under("/a", "/a", true)) << "a hierarchy isn't in itself";
  EXPECT_TRUE(is_under("/a", "/", false));
  EXPECT_TRUE(is_under("a", "/", false));
  EXPECT_FALSE(is_under("a", "/a", true));
}

}  // namespace
}  // namespace tidemill::ssm
