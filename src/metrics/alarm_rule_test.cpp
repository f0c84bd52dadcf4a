// The rules of composite alarms: what they come to, and that bad ones are refused in words.
#include "metrics/alarm_rule.h"

#include <map>

#include <gtest/gtest.h>

namespace tidemill::metrics {
namespace {

const std::map<std::string, std::string> states = {
    {"a", "ALARM"}, {"b", "OK"}, {"c (d)", "INSUFFICIENT_DATA"}};

bool holds(std::string_view text) {
  const auto rule = AlarmRule::parse(text);
  EXPECT_TRUE(rule) << text;
  return rule &&
         rule->holds([](const std::string& alarm) -> std::string_view { return states.at(alarm); });
}

std::string error(std::string_view text) {
  const auto rule = AlarmRule::parse(text);
  return rule ? "" : rule.error().message;
}

TEST(AlarmRuleTest, states_are_looked_up_and_joined) {
  EXPECT_TRUE(holds("ALARM(a)"));
  EXPECT_TRUE(holds("OK(\"b\")"));
  EXPECT_TRUE(holds("INSUFFICIENT_DATA(\"c (d)\")"));
  EXPECT_FALSE(holds("ALARM( b )"));
  EXPECT_TRUE(holds("ALARM(b) OR ALARM(a)"));
  EXPECT_FALSE(holds("ALARM(a) AND NOT OK(b)"));
  EXPECT_TRUE(holds("NOT (ALARM(b) OR FALSE) AND TRUE"));
}

TEST(AlarmRuleTest, and_binds_more_than_or) {
  EXPECT_TRUE(holds("TRUE OR TRUE AND FALSE"));
  EXPECT_FALSE(holds("(TRUE OR TRUE) AND FALSE"));
}

TEST(AlarmRuleTest, some_of_many_are_enough) {
  EXPECT_TRUE(holds("AT_LEAST(1, ALARM, (a, b))"));
  EXPECT_FALSE(holds("AT_LEAST(2, ALARM, (a, b, \"c (d)\"))"));
  EXPECT_TRUE(holds("AT_LEAST( 2,NOT OK,(a,b,\"c (d)\") )"));
  EXPECT_TRUE(holds("AT_LEAST(50%, OK, (a, b))"));
  EXPECT_FALSE(holds("AT_LEAST(51%, OK, (a, b))"));
  EXPECT_TRUE(holds("NOT AT_LEAST(2, INSUFFICIENT_DATA, (a, b)) AND ALARM(a)"));
  const auto rule = AlarmRule::parse("AT_LEAST(1, NOT ALARM, (b, a)) OR OK(b)");
  ASSERT_TRUE(rule);
  EXPECT_EQ(rule->alarms(), (std::vector<std::string>{"a", "b"}));
}

TEST(AlarmRuleTest, each_alarm_is_named_once) {
  const auto rule =
      AlarmRule::parse("ALARM(b) AND (OK(\"a\") OR NOT ALARM(b)) OR OK(\"say \\\"x\\\"\")");
  ASSERT_TRUE(rule);
  EXPECT_EQ(rule->alarms(), (std::vector<std::string>{"a", "b", "say \"x\""}));
}

TEST(AlarmRuleTest, what_is_wrong_is_told_with_its_place) {
  EXPECT_EQ(error("()"), "Error in AlarmRule [Unsupported token ')' at char 1]");
  EXPECT_EQ(error("ALARM(a) XOR OK(b)"), "Error in AlarmRule [Unsupported token 'XOR' at char 9]");
  EXPECT_EQ(error("ALARM(a) AND"), "Error in AlarmRule [The rule ends too early]");
  EXPECT_EQ(error("AT_LEAST(3, ALARM, (a, b))"),
            "Error in AlarmRule [AT_LEAST needs a number from 1 to 2, not 3]");
  EXPECT_EQ(error("AT_LEAST(101%, ALARM, (a))"),
            "Error in AlarmRule [AT_LEAST needs a number from 1 to 100, not 101]");
  for (const auto* broken : {"AT_LEAST", "AT_LEAST(", "AT_LEAST(x, OK, (a))", "AT_LEAST(1, OK, a)",
                             "AT_LEAST(1, OK, ())", "AT_LEAST(1, OK, (a,))", "AT_LEAST(1, OK, (a)",
                             "AT_LEAST(1 OK, (a))", "AT_LEAST(1, NOT, (a))"}) {
    EXPECT_TRUE(error(broken).starts_with("Error in AlarmRule [")) << broken;
  }
  EXPECT_EQ(error("ALARM(\"a)"), "Error in AlarmRule [A name is not closed]");
  EXPECT_EQ(error(" TRUE"), "AlarmRule must not contain leading or trailing whitespace or be null");
  EXPECT_EQ(error(""), "AlarmRule must not contain leading or trailing whitespace or be null");
}

TEST(AlarmRuleTest, depth_and_length_have_bounds) {
  EXPECT_NE(error(std::string(5000, '(') + "TRUE"), "");
  std::string nots, many = "TRUE";
  for (int i = 0; i < 1000; ++i) nots += "NOT ";
  for (int i = 0; i < 1000; ++i) many += " OR TRUE";
  EXPECT_EQ(error(nots + "TRUE"), "Error in AlarmRule [The rule is nested too deep]");
  EXPECT_EQ(error(many), "Error in AlarmRule [A rule has at most 500 elements]");
}

TEST(AlarmRuleTest, random_rules_never_do_harm) {
  constexpr std::string_view parts[] = {"ALARM(", "a",     ")",    "OK(b)", "(",
                                        " AND ",  " OR ",  "NOT ", "\"",    "\\",
                                        "TRUE",   "FALSE", "\xff", " ",     "AT_LEAST(1, OK, (",
                                        ","};
  std::uint32_t state = 7;
  int fine = 0;
  for (int round = 0; round < 20'000; ++round) {
    std::string text;
    for (int i = 0; i < 8; ++i) {
      state = state * 1'664'525 + 1'013'904'223;
      text += parts[(state >> 8) % std::size(parts)];
      if (AlarmRule::parse(text)) ++fine;
    }
  }
  EXPECT_GT(fine, 100);
}

}  // namespace
}  // namespace tidemill::metrics
