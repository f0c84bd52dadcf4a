#include "events/bus_policy.h"

#include <gtest/gtest.h>

#include "base/json.h"

namespace tidemill::events {
namespace {

const BusKey orders{{"000000000000", "us-east-1"}, "orders"};
const BusKey main_bus{{"000000000000", "us-east-1"}, "default"};

std::string with_resource(std::string_view resource) {
  return json::dump(json::object{{"Version", "2012-10-17"},
                                 {"Statement", json::object{{"Effect", "Allow"},
                                                            {"Principal", "*"},
                                                            {"Action", "events:PutEvents"},
                                                            {"Resource", resource}}}});
}

std::string refusal(std::string_view policy, const BusKey& bus = orders) {
  const auto checked = check_bus_policy(policy, bus);
  return checked ? "" : checked.error().name + ": " + checked.error().message;
}

TEST(BusPolicy, PermissionIsAStatement) {
  const Permission permission{"one", "events:PutEvents", "111111111111"};
  EXPECT_EQ(
      with_permission("", orders, permission),
      R"({"Version":"2012-10-17","Statement":[{"Sid":"one","Effect":"Allow","Principal":{"AWS":"arn:aws:iam::111111111111:root"},"Action":"events:PutEvents","Resource":"arn:aws:events:us-east-1:000000000000:event-bus/orders"}]})");
}

TEST(BusPolicy, PermissionOfAnOrganizationHasItsCondition) {
  const Permission permission{"org", "events:PutEvents", "*",
                              Permission::Condition{"StringEquals", "k", "o-1"}};
  const auto policy = json::parse_object(with_permission("", main_bus, permission)).value();
  const auto& statement = policy.at("Statement").as_array().at(0).as_object();
  EXPECT_EQ(json::dump(statement.at("Principal")), R"("*")");
  EXPECT_EQ(json::dump(statement.at("Condition")), R"({"StringEquals":{"k":"o-1"}})");
}

TEST(BusPolicy, PermissionTakesThePlaceOfOneOfItsId) {
  auto policy = with_permission("", orders, {"one", "events:PutEvents", "111111111111"});
  policy = with_permission(policy, orders, {"two", "events:PutEvents", "222222222222"});
  policy = with_permission(policy, orders, {"one", "events:PutEvents", "333333333333"});
  EXPECT_EQ(json::parse_object(policy)->at("Statement").as_array().size(), 2);
  EXPECT_FALSE(policy.contains("111111111111"));
  EXPECT_TRUE(policy.contains("333333333333"));
}

TEST(BusPolicy, NamesTheBusOrRulesOnIt) {
  const std::string arn = "arn:aws:events:us-east-1:000000000000:";
  EXPECT_EQ(refusal(with_resource(arn + "event-bus/orders")), "");
  EXPECT_EQ(refusal(with_resource(arn + "rule/orders/*")), "");
  EXPECT_EQ(refusal(with_resource(arn + "rule/any"), main_bus), "");
  EXPECT_EQ(refusal(with_resource("arn:aws:events:us-east-1::rule/orders/any")), "");
  EXPECT_EQ(refusal(with_resource(arn + "event-bus/other")),
            "ValidationException: The relative-id \"event-bus/other\" is invalid for ARN \"" + arn +
                "event-bus/orders\"");
  EXPECT_NE(refusal(with_resource(arn + "rule/other/*")), "");
  EXPECT_NE(refusal(with_resource("arn:aws:sqs:us-east-1:000000000000:q")), "");
}

TEST(BusPolicy, RefusesWhatIsNoPolicy) {
  EXPECT_EQ(refusal("{"), "ValidationException: This policy contains invalid Json");
  EXPECT_EQ(refusal("[]"), "ValidationException: This policy contains invalid Json");
  EXPECT_EQ(refusal("{}"), "ValidationException: Missing required field Statement");
  EXPECT_EQ(refusal(R"({"Statement":[]})"),
            "ValidationException: Could not parse the policy: Statement is empty!");
  EXPECT_EQ(refusal(R"({"Statement":[{"Action":"events:PutEvents"}]})"),
            "ValidationException: Missing required field Effect");
  EXPECT_EQ(refusal(R"({"Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]})"),
            "ValidationException: Missing required field Principal");
  EXPECT_EQ(refusal(R"({"Statement":[{"Effect":"Allow","Action":"*","Principal":"*"}]})"),
            "ValidationException: Missing required field Resource");
}

TEST(BusPolicy, HasAnEnd) {
  const auto policy = with_resource(orders.arn());
  const auto padded = policy + std::string(bus_policy_bytes_max - policy.size(), ' ');
  EXPECT_EQ(refusal(padded), "");
  EXPECT_TRUE(refusal(padded + " ").starts_with("PolicyLengthExceededException: "));
}

}  // namespace
}  // namespace tidemill::events
