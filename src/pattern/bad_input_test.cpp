// Whatever bytes come, the answer does, soon and in bounded memory.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>

#include "pattern/matcher.h"

namespace tidemill::pattern {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

std::string repeated(std::string_view text, std::size_t times) {
  std::string out;
  for (std::size_t i = 0; i < times; ++i) out += text;
  return out;
}

/// The one rule of `pattern`, asked in all ways, which must agree.
bool matches(std::string_view pattern, std::string_view event) {
  const auto compiled = Pattern::compile(pattern).value();
  Matcher matcher;
  matcher.add(RuleId(1), compiled);
  const auto parsed = Event::parse(event).value();
  std::vector<RuleId> from_text;
  matcher.match(event, Names::any, from_text);
  EXPECT_EQ(matcher.match(parsed), from_text);
  EXPECT_EQ(compiled.matches(parsed), !from_text.empty());
  EXPECT_EQ(compiled.explain(parsed).matched, !from_text.empty());
  return !from_text.empty();
}

std::string refusal(std::string_view event) {
  const auto parsed = Event::parse(event);
  return parsed ? "" : parsed.error().message;
}

TEST(BadInput, NestsAThousandDeepAndNoFurther) {
  const auto deep = [](std::size_t depth, std::string_view inside) {
    return repeated(R"({"a":)", depth) + std::string(inside) + repeated("}", depth);
  };
  EXPECT_TRUE(matches(deep(999, R"(["x"])"), deep(999, R"("x")")));
  EXPECT_TRUE(matches(R"({"a":["x"]})",
                      R"({"a":)" + repeated("[", 999) + R"("x")" + repeated("]", 999) + "}"));
  EXPECT_FALSE(Pattern::compile(deep(1001, R"(["x"])")));
  EXPECT_THAT(refusal(deep(1001, "1")), HasSubstr("nesting depth"));

  // The matcher takes text that was checked, but isn't hurt by other.
  Matcher matcher;
  matcher.add(RuleId(1), Pattern::compile(R"({"a":["x"]})").value());
  std::vector<RuleId> matched;
  for (const auto* open : {"[", "{\"a\":", "[{\"a\":["}) {
    matcher.match(R"({"a":)" + repeated(open, 200'000), Names::any, matched);
    EXPECT_THAT(matched, IsEmpty());
  }
}

TEST(BadInput, AMillionKeysAreReadInTime) {
  std::string many = "{";
  for (int i = 0; i < 1'000'000; ++i) many += fmt::format("\"k{}\":{},", i, i % 10);
  many += R"("a":"x"})";
  Matcher matcher;
  matcher.add(RuleId(1), Pattern::compile(R"({"a":["x"]})").value());
  matcher.add(RuleId(2), Pattern::compile(R"({"k999999":[9]})").value());
  matcher.add(RuleId(3), Pattern::compile(R"({"k5":[{"exists":false}]})").value());
  EXPECT_THAT(matcher.match(Event::parse(many).value()), ElementsAre(RuleId(1), RuleId(2)));
}

TEST(BadInput, AMillionValuesAtOnePathCostNoProduct) {
  std::string rules = "[", values = "[";
  for (int i = 0; i < 1000; ++i) rules += fmt::format("{}\"v{}\"", i == 0 ? "" : ",", i);
  for (int i = 0; i < 1'000'000; ++i)
    values += fmt::format("{}\"v{}\"", i == 0 ? "" : ",", i % 999);
  Matcher matcher;
  for (std::uint64_t i = 0; i < 20; ++i) {
    matcher.add(RuleId(i),
                Pattern::compile(fmt::format(R"({{"a":{}],"b":[{}]}})", rules, i)).value());
  }
  std::vector<RuleId> matched;
  const auto begun = std::chrono::steady_clock::now();
  matcher.match(fmt::format(R"({{"a":{}],"b":7}})", values), Names::any, matched);
  EXPECT_THAT(matched, ElementsAre(RuleId(7)));
  EXPECT_LT(std::chrono::steady_clock::now() - begun, std::chrono::seconds(10));
}

TEST(BadInput, OddCharactersAreJustThat) {
  EXPECT_TRUE(matches(R"({"a":["\ud800"]})", R"({"a":"\ud800"})"));
  EXPECT_FALSE(matches(R"({"a":["\ud800"]})", R"({"a":"\udc00"})"));
  EXPECT_TRUE(matches(R"({"a":[{"prefix":"x\u0000"}]})", R"({"a":"x\u0000y"})"));
  EXPECT_FALSE(matches(R"({"a":["x"]})", R"({"a":"x\u0000"})"));
  EXPECT_TRUE(matches(R"({"\u0000":["x"]})", R"({"\u0000":"x"})"));
  EXPECT_TRUE(matches(R"({"":["x"]})", R"({"":"x"})"));
  EXPECT_TRUE(matches(R"({"a":{"":["x"]}})", R"({"a.":"x"})"));
  EXPECT_THAT(refusal(std::string_view("{\"a\":\"\0\"}", 9)), HasSubstr("CTRL-CHAR"));
  EXPECT_THAT(refusal("{\"a\":\"\xff\"}"), HasSubstr("UTF-8"));
}

TEST(BadInput, HugeNumbersEqualOnlyTheirOwnText) {
  EXPECT_TRUE(matches(R"({"a":[1e1000]})", R"({"a":1e1000})"));
  EXPECT_FALSE(matches(R"({"a":[1e1000]})", R"({"a":10e999})"));
  EXPECT_FALSE(matches(R"({"a":[{"numeric":[">",0]}]})", R"({"a":1e1000})"));
  EXPECT_TRUE(matches(R"({"a":[1e-1000]})", R"({"a":1e-1000})"));
  EXPECT_FALSE(matches(R"({"a":[0]})", R"({"a":1e-1000})"));
  EXPECT_TRUE(matches(R"({"a":[0]})", R"({"a":0e99999999999})"));
  EXPECT_TRUE(matches(R"({"a":[0]})", R"({"a":-0.000})"));
  EXPECT_THAT(refusal(R"({"a":)" + repeated("1", 1001) + "}"), HasSubstr("Number value length"));
}

TEST(BadInput, AllValuesOfARepeatedNameCount) {
  EXPECT_TRUE(matches(R"({"a":["x"]})", R"({"a":"x","a":"y"})"));
  EXPECT_TRUE(matches(R"({"a":["y"]})", R"({"a":"x","a":"y"})"));
  EXPECT_TRUE(matches(R"({"a":{"b":["y"]}})", R"({"a":{"b":"x"},"a.b":"y"})"));
  EXPECT_TRUE(matches(R"({"a":["y"]})", R"({"a":["x"]})") == false);
  EXPECT_TRUE(matches(R"({"a":["x"],"a":["y"]})", R"({"a":"y"})")) << "a pattern's last one counts";
}

TEST(BadInput, NothingMayFollowTheObject) {
  for (const auto* text : {R"({"a":["x"]} x)", R"({"a":["x"]}})", R"({"a":["x"]}{})",
                           R"({"a":["x"]},)", "{\"a\":[\"x\"]}\n\"", R"({"a":["x"]}[)"}) {
    EXPECT_FALSE(Pattern::compile(text)) << text;
    EXPECT_THAT(refusal(text), HasSubstr("expected nothing behind")) << text;
  }
  EXPECT_TRUE(matches(" {\"a\":[\"x\"]} \n", "\t{\"a\":\"x\"}\r\n"));
}

}  // namespace
}  // namespace tidemill::pattern
