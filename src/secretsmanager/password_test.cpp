#include "secretsmanager/password.h"

#include <set>

#include <gtest/gtest.h>

#include "secretsmanager/search.h"

namespace tidemill::secretsmanager {
namespace {

bool has_one_of(std::string_view text, std::string_view characters) {
  return text.find_first_of(characters) != text.npos;
}

TEST(Password, HasTheLengthAndAllKinds) {
  SystemRandom random;
  std::set<std::string> made;
  for (int i = 0; i < 200; ++i) {
    const auto password = make_password({.length = 4}, random).value();
    EXPECT_EQ(password.size(), 4U);
    EXPECT_TRUE(has_one_of(password, "abcdefghijklmnopqrstuvwxyz"));
    EXPECT_TRUE(has_one_of(password, "ABCDEFGHIJKLMNOPQRSTUVWXYZ"));
    EXPECT_TRUE(has_one_of(password, "0123456789"));
    made.insert(password);
  }
  EXPECT_GT(made.size(), 190U);
}

TEST(Password, LeavesOutWhatIsExcluded) {
  SystemRandom random;
  const PasswordOrder order{
      .length = 500, .excluded = "abc012", .upper = false, .punctuation = false};
  const auto password = make_password(order, random).value();
  EXPECT_FALSE(has_one_of(password, "abc012ABCDEFGHIJKLMNOPQRSTUVWXYZ!\"#$%&'()*+,-./"));
  EXPECT_TRUE(has_one_of(password, "3456789"));
}

TEST(Password, IsRefusedWhereNothingIsLeftOrNotEnoughRoom) {
  SystemRandom random;
  EXPECT_EQ(make_password({.length = 3}, random).error().name, "InvalidParameterException");
  EXPECT_TRUE(make_password({.length = 3, .each_kind = false}, random));
  const PasswordOrder nothing{
      .lower = false, .upper = false, .digits = false, .punctuation = false};
  EXPECT_EQ(make_password(nothing, random).error().name, "InvalidParameterException");
}

const Secret secret{.id = 7,
                    .scope = {"000000000000", "us-east-1"},
                    .name = "prod/db-main",
                    .suffix = "AbCdEf",
                    .description = "The Main database"};
const Tags tags{{"team", "data"}};

bool found(std::string key, std::vector<std::string> values) {
  return passes({{std::move(key), std::move(values)}}, secret, tags);
}

TEST(SecretSearch, LooksAtBeginnings) {
  EXPECT_TRUE(found("name", {"prod"}));
  EXPECT_FALSE(found("name", {"Prod"}));
  EXPECT_FALSE(found("name", {"db"}));
  EXPECT_TRUE(found("name", {"x", "prod/db"})) << "one of several is enough";
  EXPECT_TRUE(found("description", {"the main"})) << "whatever its case";
  EXPECT_TRUE(found("tag-key", {"te"}));
  EXPECT_TRUE(found("tag-value", {"data"}));
  EXPECT_FALSE(found("tag-value", {"team"}));
  EXPECT_FALSE(found("owning-service", {"rds"}));
}

TEST(SecretSearch, OfAllLooksAtWords) {
  EXPECT_TRUE(found("all", {"MAIN"}));
  EXPECT_TRUE(found("all", {"datab prod"}));
  EXPECT_FALSE(found("all", {"prod stage"}));
}

TEST(SecretSearch, TurnsAValueAroundThatBeginsWithAnExclamationMark) {
  EXPECT_FALSE(found("name", {"!prod"}));
  EXPECT_TRUE(found("name", {"!stage"}));
}

TEST(SecretRefTest, IsANameOrAnArnWithOrWithoutItsEnd) {
  const Scope here{"000000000000", "us-east-1"};
  EXPECT_EQ(parse_ref(here, "a-b").tries.front(), std::pair(std::string("a-b"), std::string()));
  const auto ref = parse_ref(here, secret.arn());
  ASSERT_EQ(ref.tries.size(), 2U);
  EXPECT_EQ(ref.tries[0], std::pair(std::string("prod/db-main"), std::string("AbCdEf")));
  EXPECT_EQ(ref.tries[1], std::pair(std::string("prod/db-main-AbCdEf"), std::string()));
}

}  // namespace
}  // namespace tidemill::secretsmanager
