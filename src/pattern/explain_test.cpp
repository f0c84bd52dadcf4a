#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "pattern/pattern.h"

namespace tidemill::pattern {
namespace {

Explanation explain(std::string_view pattern, std::string_view event) {
  return Pattern::compile(pattern).value().explain(Event::parse(event).value());
}

constexpr auto s3_pattern = R"({"source": ["aws.s3"], "detail": {
  "bucket": {"name": ["bronze"]}, "object": {"key": [ {"suffix": ".csv"} ]}}})";

TEST(Explain, SaysNothingOfAMatch) {
  const auto why = explain(R"({"a":["b"]})", R"({"a":"b"})");
  EXPECT_TRUE(why.matched);
  EXPECT_EQ(why.distance, 0U);
  EXPECT_EQ(why.path, "");
}

TEST(Explain, NamesPathExpectationAndValue) {
  const auto why = explain(
      s3_pattern,
      R"({"source":"aws.s3","detail":{"bucket":{"name":"bronze"},"object":{"key":"a.CSV"}}})");
  EXPECT_FALSE(why.matched);
  EXPECT_EQ(why.distance, 1U);
  EXPECT_EQ(why.path, "detail.object.key");
  EXPECT_EQ(why.expected, R"([{"suffix":".csv"}])");
  EXPECT_EQ(why.actual, R"("a.CSV")");
  EXPECT_EQ(why.text, R"(detail.object.key: expected suffix ".csv", the key ends in ".CSV")");
}

TEST(Explain, TakesTheFirstFailureInThePatternsOrder) {
  const auto why = explain(R"({"z":["1"],"a":["2"]})", R"({"a":"x"})");
  EXPECT_EQ(why.path, "z");
  EXPECT_EQ(why.actual, "(absent)");
  EXPECT_EQ(why.distance, 2U);
  EXPECT_EQ(why.text, R"(z: expected "1", but it is absent)");
}

TEST(Explain, CountsWhatHolds) {
  EXPECT_EQ(explain(R"({"a":[1],"b":[1],"c":[1]})", R"({"a":1,"b":2,"c":1})").held, 2U);
  EXPECT_EQ(explain(R"({"b":[1]})", R"({"a":1,"b":2,"c":1})").held, 0U);
}

TEST(Explain, ExplainsTheNearestBranchOfOr) {
  const auto why = explain(R"({"$or":[{"a":[1],"b":[1]},{"c":[{"numeric":[">",5]}]}]})",
                           R"({"a":2,"b":2,"c":5})");
  EXPECT_EQ(why.path, "c");
  EXPECT_EQ(why.text, "c: expected a number > 5, the c is 5");
  EXPECT_EQ(why.distance, 1U);
}

TEST(Explain, SaysWhenNoOneElementHasItAll) {
  const auto why =
      explain(R"({"a":{"x":[1],"y":["b"]}})", R"({"a":[{"x":1,"y":"a"},{"x":2,"y":"b"}]})");
  EXPECT_FALSE(why.matched);
  EXPECT_EQ(why.distance, 1U);
  EXPECT_EQ(why.path, "a.x");
  EXPECT_EQ(why.actual, "[1,2]");
  EXPECT_THAT(why.text, testing::HasSubstr("no one element"));
}

TEST(Explain, PutsEveryMatcherIntoWords) {
  const auto words = [](std::string_view matchers) {
    const auto text = explain(fmt::format(R"({{"k":[{}]}})", matchers), R"({"k":[]})").text;
    return text.substr(0, text.find(", but"));
  };
  EXPECT_EQ(words(R"("a","b")"), R"(k: expected one of "a", "b")");
  EXPECT_EQ(words(R"({"prefix":"a","suffix":"b"})"), R"(k: expected prefix "a" and suffix "b")");
  EXPECT_EQ(words(R"({"anything-but":["a","b"]})"), R"(k: expected anything but "a", "b")");
  EXPECT_EQ(words(R"({"numeric":[">=",1,"<",2]})"), "k: expected a number >= 1 and < 2");
  EXPECT_EQ(words(R"({"cidr":"10.0.0.0/8"})"), "k: expected an address in 10.0.0.0/8");
  EXPECT_EQ(words(R"({"prefix":{"equals-ignore-case":"a"}})"),
            R"(k: expected prefix "a" in any case)");
  EXPECT_EQ(words(R"({"wildcard":"a*"},null)"), R"(k: expected one of wildcard "a*", null)");
  EXPECT_EQ(words(R"({"exists":true})"), "k: expected any value");
  EXPECT_EQ(explain(R"({"k":[{"exists":false}]})", R"({"k":1})").text,
            "k: expected nothing there, the k is 1");
}

TEST(Explain, ShowsWholeCharactersOnly) {
  const auto why = explain(R"({"k":[{"prefix":"ab"}]})", R"({"k":"x😀y"})");
  EXPECT_EQ(why.text, R"(k: expected prefix "ab", the k starts with "x")");
}

TEST(Explain, SaysWhichEndOfAValueIsWrong) {
  const auto said = [](std::string_view matchers, std::string_view value) {
    const auto pattern = Pattern::compile(R"({"k":[)" + std::string(matchers) + "]}").value();
    const auto event = Event::parse(R"({"k":")" + std::string(value) + R"("})").value();
    const auto text = pattern.explain(event).text;
    return text.substr(text.rfind(", ") + 2);
  };
  constexpr auto both = R"({"prefix":"sales/","suffix":".csv"})";
  EXPECT_EQ(said(both, "sales/a.CSV"), R"(the k ends in ".CSV")");
  EXPECT_EQ(said(both, "Sales/a.csv"), R"(the k starts with "Sales/")");
  EXPECT_EQ(said(R"({"prefix":"a"},{"prefix":"b"})", "c"), R"(the k is "c")");
}

}  // namespace
}  // namespace tidemill::pattern
