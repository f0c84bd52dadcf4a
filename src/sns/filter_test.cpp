#include "sns/filter.h"

#include <gtest/gtest.h>

namespace tidemill::sns {
namespace {

using Verdict = Filter::Verdict;

Verdict judge(std::string_view policy, const MessageAttributes& attributes) {
  return Filter::compile(policy, FilterScope::attributes).value().judge(attributes, "");
}

Verdict judge_body(std::string_view policy, std::string_view body) {
  return Filter::compile(policy, FilterScope::body).value().judge({}, body);
}

std::string refusal(std::string_view policy, FilterScope scope = FilterScope::attributes) {
  const auto made = Filter::compile(policy, scope);
  return made ? "" : made.error().message;
}

TEST(Filter, asks_attributes_by_their_types) {
  const MessageAttributes message{{"store", {"String", "a"}},
                                  {"price", {"Number", "100.5"}},
                                  {"tags", {"String.Array", R"(["x","y",3,true])"}},
                                  {"bytes", {"Binary", "a"}}};
  EXPECT_EQ(judge(R"({"store":["a"]})", message), Verdict::passes);
  EXPECT_EQ(judge(R"({"store":[{"anything-but":["a"]}]})", message), Verdict::filtered);
  EXPECT_EQ(judge(R"({"price":[{"numeric":[">",100,"<",101]}]})", message), Verdict::passes);
  EXPECT_EQ(judge(R"({"price":["100.5"]})", message), Verdict::filtered);
  EXPECT_EQ(judge(R"({"tags":["y"]})", message), Verdict::passes);
  EXPECT_EQ(judge(R"({"tags":[true]})", message), Verdict::passes);
  EXPECT_EQ(judge(R"({"bytes":[{"exists":true}]})", message), Verdict::filtered);
  EXPECT_EQ(judge(R"({"store":["a"],"price":[1]})", message), Verdict::filtered);
  EXPECT_EQ(judge(R"({"none":[{"exists":false}]})", message), Verdict::passes);
}

TEST(Filter, tells_of_messages_without_attributes) {
  EXPECT_EQ(judge(R"({"a":["b"]})", {}), Verdict::no_attributes);
  EXPECT_EQ(judge("{}", {}), Verdict::passes);
}

TEST(Filter, asks_the_body) {
  EXPECT_EQ(judge_body(R"({"a":{"b":["c"]}})", R"({"a":{"b":"c"}})"), Verdict::passes);
  EXPECT_EQ(judge_body(R"({"a":{"b":["c"]}})", R"({"a":{"b":"d"}})"), Verdict::filtered);
  EXPECT_EQ(judge_body(R"({"a":["c"]})", "no json"), Verdict::invalid_body);
}

TEST(Filter, refuses_in_aws_words) {
  EXPECT_EQ(refusal(R"({"a":["1"],"b":["1"],"c":["1"],"d":["1"],"e":["1"],"f":["1"]})"),
            "FilterPolicy: Filter policy can not have more than 5 keys");
  EXPECT_EQ(refusal(R"({"a":{"b":["c"]}})"),
            "Filter policy scope MessageAttributes does not support nested filter policy");
  std::string list;
  for (int i = 0; i < 13; ++i) list += (i > 0 ? "," : "") + std::to_string(i);
  const auto twice = "{\"a\":[" + list + "],\"b\":[" + list + "]}";
  EXPECT_EQ(refusal(twice), "FilterPolicy: Filter policy is too complex");
  EXPECT_TRUE(
      refusal(R"({"a":"b"})")
          .starts_with("FilterPolicy: \"a\" must be an object or an array\n at [Source: (String)"));
  EXPECT_TRUE(refusal(R"({"a":[]})").starts_with("FilterPolicy: Empty arrays are not allowed"));
}

}  // namespace
}  // namespace tidemill::sns
