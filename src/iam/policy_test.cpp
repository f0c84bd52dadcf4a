#include "iam/policy.h"

#include <gtest/gtest.h>

namespace tidemill::iam {
namespace {

Policy::Effect decide(std::string_view document, std::string_view action, std::string_view resource,
                      const Conditions& conditions = {}) {
  return Policy::parse(document, Policy::Kind::identity)
      .value()
      .evaluate({action, resource, conditions});
}

using enum Policy::Effect;

TEST(Policy, AllowsWhatAStatementNamesAndNothingElse) {
  constexpr auto text =
      R"({"Statement":{"Effect":"Allow","Action":"glue:Start*","Resource":"arn:aws:glue:*:*:job/a"}})";
  EXPECT_EQ(decide(text, "glue:StartJobRun", "arn:aws:glue:r:1:job/a"), allow);
  EXPECT_EQ(decide(text, "GLUE:startjobrun", "arn:aws:glue:r:1:job/a"), allow);
  EXPECT_EQ(decide(text, "glue:StartJobRun", "arn:aws:glue:r:1:job/A"), none);
  EXPECT_EQ(decide(text, "glue:GetJob", "arn:aws:glue:r:1:job/a"), none);
}

TEST(Policy, AnExplicitDenyWinsInAnyOrder) {
  constexpr auto text =
      R"({"Statement":[{"Effect":"Deny","Action":"s3:*","Resource":"*"},{"Effect":"Allow","Action":"*","Resource":"*"}]})";
  EXPECT_EQ(decide(text, "s3:GetObject", "x"), deny);
  EXPECT_EQ(decide(text, "glue:GetJob", "x"), allow);
}

TEST(Policy, AResourceWithoutAnAccountIsTheOwners) {
  constexpr auto text =
      R"({"Statement":{"Effect":"Allow","Action":"glue:*","Resource":["arn:aws:glue:r::job/a","arn:aws:s3:::b"]}})";
  const auto policy = Policy::parse(text, Policy::Kind::identity, "1").value();
  const Conditions none_given;
  const auto of = [&](std::string_view resource) {
    return policy.evaluate({"glue:StartJobRun", resource, none_given});
  };
  EXPECT_EQ(of("arn:aws:glue:r:1:job/a"), allow);
  EXPECT_EQ(of("arn:aws:glue:r:2:job/a"), none);
  EXPECT_EQ(of("arn:aws:s3:::b"), allow);
}

TEST(Policy, NotActionAndNotResourceTurnTheTestAround) {
  constexpr auto text =
      R"({"Statement":{"Effect":"Allow","NotAction":"iam:*","NotResource":"arn:aws:s3:::secret*"}})";
  EXPECT_EQ(decide(text, "s3:GetObject", "arn:aws:s3:::open/a"), allow);
  EXPECT_EQ(decide(text, "s3:GetObject", "arn:aws:s3:::secret/a"), none);
  EXPECT_EQ(decide(text, "iam:GetRole", "arn:aws:s3:::open/a"), none);
}

std::string with_condition(std::string_view condition) {
  return R"({"Statement":{"Effect":"Allow","Action":"*","Resource":"*","Condition":)" +
         std::string(condition) + "}}";
}

TEST(Policy, ConditionsCompareAsTheirOperatorSays) {
  const Conditions c{{"aws:sourceip", "10.1.2.3"},
                     {"s3:prefix", "sales/2024"},
                     {"n", "5"},
                     {"aws:currenttime", "2024-01-15T00:00:00Z"},
                     {"aws:username", "ann"}};
  const auto holds = [&](std::string_view condition) {
    return decide(with_condition(condition), "a:b", "r", c) == allow;
  };
  EXPECT_TRUE(holds(R"({"IpAddress":{"aws:SourceIp":"10.0.0.0/8"}})"));
  EXPECT_FALSE(holds(R"({"NotIpAddress":{"aws:SourceIp":["10.0.0.0/8","11.0.0.0/8"]}})"));
  EXPECT_TRUE(holds(R"({"StringLike":{"s3:prefix":["x","sales/*"]}})"));
  EXPECT_FALSE(holds(R"({"StringEquals":{"s3:prefix":"sales/*"}})"));
  EXPECT_TRUE(holds(R"({"NumericLessThanEquals":{"n":5}})"));
  EXPECT_TRUE(holds(R"({"DateLessThan":{"aws:CurrentTime":"2024-02-01T00:00:00Z"}})"));
  EXPECT_TRUE(holds(R"({"StringEquals":{"aws:username":"${aws:username}"}})"));
}

TEST(Policy, AMissingKeyHoldsForNegatedAndIfExistsOnly) {
  const auto holds = [&](std::string_view condition) {
    return decide(with_condition(condition), "a:b", "r") == allow;
  };
  EXPECT_FALSE(holds(R"({"StringEquals":{"k":"v"}})"));
  EXPECT_TRUE(holds(R"({"StringNotEquals":{"k":"v"}})"));
  EXPECT_TRUE(holds(R"({"StringEqualsIfExists":{"k":"v"}})"));
  EXPECT_TRUE(holds(R"({"Null":{"k":"true"}})"));
  EXPECT_FALSE(holds(R"({"Null":{"k":"false"}})"));
}

TEST(Policy, TrustNamesItsPrincipals) {
  const auto trust = Policy::parse(
      R"({"Statement":{"Effect":"Allow","Principal":{"Service":"events.amazonaws.com","AWS":"123456789012"},"Action":"sts:AssumeRole"}})",
      Policy::Kind::trust);
  const Conditions none_known;
  EXPECT_EQ(trust->evaluate({"sts:AssumeRole", "*", none_known, "events.amazonaws.com"}), allow);
  EXPECT_EQ(trust->evaluate({"sts:AssumeRole", "*", none_known, "glue.amazonaws.com"}), none);
  EXPECT_EQ(
      trust->evaluate({"sts:AssumeRole", "*", none_known, "arn:aws:iam::123456789012:user/a"}),
      allow);
}

TEST(Policy, RefusesWhatAwsRefuses) {
  for (
      const auto bad :
      {"", "[]", "{}", R"({"Statement":{"Effect":"Maybe"}})",
       R"({"Statement":{"Effect":"Allow","Action":"a:b"}})", R"({"Version":"2024","Statement":[]})",
       R"({"Statement":{"Effect":"Allow","Action":"a","Resource":"*","Condition":{"Nope":{"a":"b"}}}})"}) {
    const auto policy = Policy::parse(bad, Policy::Kind::identity);
    ASSERT_FALSE(policy) << bad;
    EXPECT_EQ(policy.error().name, "MalformedPolicyDocument");
  }
}

TEST(Wildcard, IsLinearInHostilePatterns) {
  EXPECT_TRUE(wildcard_match("*", "", false));
  EXPECT_TRUE(wildcard_match("a?c*", "abcdef", false));
  EXPECT_FALSE(wildcard_match("a?c", "ac", false));
  const std::string stars = std::string(1000, '*') + "b";
  EXPECT_FALSE(wildcard_match(stars, std::string(100'000, 'a'), false));
}

}  // namespace
}  // namespace tidemill::iam
