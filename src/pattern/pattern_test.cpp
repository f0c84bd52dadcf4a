#include "pattern/pattern.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>

#include "pattern/wildcard.h"

namespace tidemill::pattern {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

bool matches(std::string_view pattern, std::string_view event, Options options = {}) {
  const auto compiled = Pattern::compile(pattern, options);
  const auto parsed = Event::parse(event);
  if (!compiled) ADD_FAILURE() << pattern << ": " << compiled.error().message;
  if (!parsed) ADD_FAILURE() << event << ": " << parsed.error().message;
  return compiled && parsed && compiled->matches(*parsed);
}

/// Asks `{"k": [matcher]}` about `{"k": value}`.
bool takes(std::string_view matcher, std::string_view value) {
  return matches(fmt::format(R"({{"k":[{}]}})", matcher), fmt::format(R"({{"k":{}}})", value));
}

Error refusal(std::string_view pattern, Options options = {}) {
  const auto compiled = Pattern::compile(pattern, options);
  EXPECT_FALSE(compiled.has_value()) << pattern;
  return compiled ? Error{} : compiled.error();
}

TEST(Pattern, ComparesPlainValuesByTypeAndValue) {
  EXPECT_TRUE(takes(R"("a")", R"("a")"));
  EXPECT_FALSE(takes(R"("a")", R"("A")"));
  EXPECT_TRUE(takes("5", "5.0"));
  EXPECT_TRUE(takes("300", "3.0e2"));
  EXPECT_TRUE(takes("0", "-0"));
  EXPECT_FALSE(takes("5", R"("5")"));
  EXPECT_TRUE(takes("null", "null"));
  EXPECT_FALSE(takes("null", R"("null")"));
  EXPECT_TRUE(takes("1e1000", "1e1000")) << "what no double holds is compared as text";
  EXPECT_FALSE(takes("1e1000", "10e999"));
  EXPECT_TRUE(takes(R"("\u00e9")", R"("é")"));
}

TEST(Pattern, ComparesAddressesHoweverTheyAreSpelled) {
  EXPECT_TRUE(takes(R"("::1")", R"("0:0:0:0:0:0:0:1")"));
  EXPECT_FALSE(takes(R"({"exactly":"::1"})", R"("0:0:0:0:0:0:0:1")"));
  EXPECT_FALSE(takes(R"("AB:CD")", R"("ab:cd")")) << "not an address, so a text like any other";
}

TEST(Pattern, PrefixAndSuffixTakeStringsOnly) {
  EXPECT_TRUE(takes(R"({"prefix":"sales/"})", R"("sales/a.csv")"));
  EXPECT_FALSE(takes(R"({"prefix":"5"})", "5"));
  EXPECT_TRUE(takes(R"({"suffix":""})", R"("")"));
  EXPECT_FALSE(takes(R"({"suffix":""})", "null"));
  EXPECT_FALSE(takes(R"({"prefix":"abc\""})", R"("abc")"));
  EXPECT_TRUE(takes(R"({"suffix":{"equals-ignore-case":".csv"}})", R"("a.CSV")"));
  EXPECT_TRUE(takes(R"({"prefix":{"equals-ignore-case":"STRASSE"}})", R"("strasse 5")"));
}

TEST(Pattern, IgnoresCaseOneWayAndWithoutLocale) {
  EXPECT_TRUE(takes(R"({"equals-ignore-case":"straße"})", R"("STRASSE")"));
  EXPECT_FALSE(takes(R"({"equals-ignore-case":"STRASSE"})", R"("straße")"));
  EXPECT_TRUE(takes(R"({"equals-ignore-case":"ς"})", R"("Σ")"));
  EXPECT_FALSE(takes(R"({"equals-ignore-case":"Σ"})", R"("ς")"));
  EXPECT_TRUE(takes(R"({"equals-ignore-case":"I"})", R"("i")"));
  EXPECT_TRUE(takes(R"({"equals-ignore-case":"😀"})", R"("😀")"));
}

TEST(Pattern, WildcardsTakeAnyBytesForAStar) {
  EXPECT_TRUE(takes(R"({"wildcard":"sales/*.csv"})", R"("sales/2024/a.csv")"));
  EXPECT_FALSE(takes(R"({"wildcard":"a*a"})", R"("a")")) << "the pieces don't overlap";
  EXPECT_TRUE(takes(R"({"wildcard":"*a*b*"})", R"("xxaxxbxx")"));
  EXPECT_FALSE(takes(R"({"wildcard":"*a*b*"})", R"("xxbxxaxx")"));
  EXPECT_TRUE(takes(R"({"wildcard":"\\*"})", R"("*")"));
  EXPECT_FALSE(takes(R"({"wildcard":"\\*"})", R"("a")"));
}

TEST(Pattern, WildcardsStayLinearOnBadLuck) {
  const std::string value(1'000'000, 'a');
  const auto wildcard = R"({"wildcard":"*)" + std::string(2000, 'a') + R"(b*"})";
  EXPECT_FALSE(takes(wildcard, '"' + value + '"'));
}

TEST(Pattern, AnythingButNeedsAValue) {
  EXPECT_TRUE(takes(R"({"anything-but":"a"})", R"("b")"));
  EXPECT_TRUE(takes(R"({"anything-but":"a"})", "null"));
  EXPECT_TRUE(takes(R"({"anything-but":["a","b"]})", "5"));
  EXPECT_FALSE(takes(R"({"anything-but":["a","b"]})", R"("b")"));
  EXPECT_FALSE(takes(R"({"anything-but":5})", "5.0"));
  EXPECT_FALSE(takes(R"({"anything-but":"a"})", "[]"));
  EXPECT_FALSE(takes(R"({"anything-but":"a"})", "{}"));
  EXPECT_TRUE(takes(R"({"anything-but":"a"})", R"(["a","b"])")) << "one that differs is enough";
  EXPECT_FALSE(takes(R"({"anything-but":{"prefix":["a","b"]}})", R"("ba")"));
  EXPECT_TRUE(takes(R"({"anything-but":{"suffix":".csv"}})", R"("a.CSV")"));
  EXPECT_FALSE(takes(R"({"anything-but":{"equals-ignore-case":".csv"}})", R"(".CSV")"));
  EXPECT_FALSE(takes(R"({"anything-but":{"wildcard":"*/tmp/*"}})", R"("a/tmp/b")"));
}

TEST(Pattern, NumericComparesAsDoubles) {
  EXPECT_TRUE(takes(R"({"numeric":[">",0,"<=",5]})", "5"));
  EXPECT_FALSE(takes(R"({"numeric":[">",0,"<",5]})", "5.0"));
  EXPECT_TRUE(takes(R"({"numeric":["=",301.8]})", "3.018e2"));
  EXPECT_FALSE(takes(R"({"numeric":[">",0]})", R"("5")"));
  EXPECT_FALSE(takes(R"({"numeric":[">",0]})", "1e400")) << "no double, so no comparison";
  EXPECT_FALSE(takes(R"({"numeric":[">",1.7976931348623157e308]})", "5"));
}

TEST(Pattern, ExistsAsksForScalars) {
  EXPECT_TRUE(takes(R"({"exists":true})", "null"));
  EXPECT_FALSE(takes(R"({"exists":true})", "[]"));
  EXPECT_FALSE(takes(R"({"exists":true})", R"([{"x":1}])"));
  EXPECT_TRUE(takes(R"({"exists":false})", "{}"));
  EXPECT_TRUE(matches(R"({"k":[{"exists":false},"a"]})", "{}"));
  EXPECT_TRUE(matches(R"({"k":[{"exists":false},"a"]})", R"({"k":"a"})"));
  EXPECT_FALSE(matches(R"({"k":[{"exists":false},"a"]})", R"({"k":"b"})"));
}

TEST(Pattern, CidrKeepsTheFamiliesApart) {
  EXPECT_TRUE(takes(R"({"cidr":"10.0.0.77/8"})", R"("10.255.0.1")"));
  EXPECT_FALSE(takes(R"({"cidr":"10.0.0.0/25"})", R"("10.0.0.128")"));
  EXPECT_FALSE(takes(R"({"cidr":"0.0.0.0/0"})", R"("::1")"));
  EXPECT_TRUE(takes(R"({"cidr":"2001:db8::/32"})", R"("2001:DB8:1::")"));
  EXPECT_FALSE(takes(R"({"cidr":"10.0.0.0/8"})", R"("10.0.0.300")"));
}

TEST(Pattern, OrTakesOneOfItsBranchesAtAnyLevel) {
  constexpr auto pattern = R"({"s":["x"],"d":{"$or":[{"a":["1"]},{"b":["2"],"c":["3"]}]}})";
  EXPECT_TRUE(matches(pattern, R"({"s":"x","d":{"a":"1"}})"));
  EXPECT_TRUE(matches(pattern, R"({"s":"x","d":{"b":"2","c":"3"}})"));
  EXPECT_FALSE(matches(pattern, R"({"s":"x","d":{"b":"2"}})"));
  EXPECT_FALSE(matches(pattern, R"({"d":{"a":"1"}})"));
}

TEST(Pattern, OrIsRefusedBeforeItGrowsOutOfHand) {
  std::string pattern;
  for (int i = 0; i < 12; ++i) {
    pattern += fmt::format(R"({}"k{}":{{"$or":[{{"a":[1]}},{{"b":[1]}}]}})", i ? "," : "", i);
  }
  const auto error = refusal("{" + pattern + "}");
  EXPECT_THAT(error.message, HasSubstr("combinations of $or"));
  EXPECT_THAT(error.hint, HasSubstr("$or"));
}

TEST(Pattern, DottedNamesAreNestedNames) {
  EXPECT_TRUE(matches(R"({"a.b":["y"]})", R"({"a":{"b":"y"}})"));
  EXPECT_TRUE(matches(R"({"a":{"b":["y"]}})", R"({"a.b":"y"})"));
  EXPECT_TRUE(matches(R"({"k":["a"],"k":["b"]})", R"({"k":"b"})")) << "the last of two wins";
  EXPECT_TRUE(matches(R"({"k":["a"]})", R"({"k":"a","k":"b"})")) << "in events both count";
}

TEST(Pattern, FieldsOfOneArrayElementBelongTogether) {
  constexpr auto pattern = R"({"a":{"x":[1],"y":["b"]}})";
  EXPECT_FALSE(matches(pattern, R"({"a":[{"x":1,"y":"a"},{"x":2,"y":"b"}]})"));
  EXPECT_TRUE(matches(pattern, R"({"a":[{"x":2,"y":"b"},{"x":1,"y":"b"}]})"));
  EXPECT_FALSE(matches(pattern, R"({"a":[[{"x":1},{"y":"b"}]]})"));
  EXPECT_FALSE(matches(R"({"a":{"x":[{"exists":false}]}})", R"({"a":[{"y":1},{"x":2}]})"));
  EXPECT_TRUE(
      matches(R"({"a":{"x":[1],"y":[{"exists":false}]}})", R"({"a":[{"x":1},{"x":2,"y":"b"}]})"));
}

TEST(Pattern, ManyIndependentArraysCostNoProduct) {
  std::string pattern;
  std::string event;
  for (int i = 0; i < 20; ++i) {
    pattern += fmt::format(R"("k{:02}":{{"x":[1]}},)", i);
    event += fmt::format(R"("k{:02}":[)", i);
    for (int j = 0; j < 100; ++j) event += R"({"x":1},)";
    event.back() = ']';
    event += ',';
  }
  EXPECT_FALSE(matches("{" + pattern + R"("z":["never"]})", "{" + event + R"("z":"ever"})"));
}

TEST(Pattern, RepeatedArraysStayBounded) {
  std::string event;
  for (int i = 0; i < 12; ++i) {
    event += i == 0 ? "" : ",";
    event += R"("a":[)";
    for (int j = 0; j < 30; ++j) event += fmt::format(R"({}{{"k{}":1,"z":0}})", j ? "," : "", i);
    event += ']';
  }
  std::string pattern;
  for (int i = 0; i < 12; ++i) pattern += fmt::format(R"("k{}":[1],)", i);
  EXPECT_FALSE(matches(R"({"a":{)" + pattern + R"("z":[1]}})", "{" + event + "}"));
}

TEST(Pattern, SeveralMatchersInOneObjectAreAnAnd) {
  constexpr auto both = R"({"prefix":"sales/","suffix":".csv"})";
  EXPECT_TRUE(takes(both, R"("sales/a.csv")"));
  EXPECT_FALSE(takes(both, R"("sales/a.json")"));
  EXPECT_FALSE(takes(both, R"("x/a.csv")"));
  EXPECT_FALSE(takes(both, R"(["sales/a.json","x/a.csv"])")) << "both of one value";
  EXPECT_TRUE(takes(R"({"prefix":"a","anything-but":{"suffix":"z"}})", R"("ab")"));
  EXPECT_FALSE(takes(R"({"prefix":"a","anything-but":{"suffix":"z"}})", R"("az")"));
}

TEST(Pattern, StrictModeRefusesSeveralMatchersAsAwsDoes) {
  constexpr auto pattern = R"({"k":[{"prefix":"sales/","suffix":".csv"}]})";
  const auto error = refusal(pattern, {.strict_aws = true});
  EXPECT_EQ(error.name, "InvalidEventPatternException");
  EXPECT_EQ(error.message,
            "Event pattern is not valid. Reason: Only one key allowed in match expression\n"
            " at [Source: (String)\"{\"k\":[{\"prefix\":\"sales/\",\"suffix\":\".csv\"}]}\"; "
            "line: 1, column: 36]");
  EXPECT_THAT(error.hint, HasSubstr(R"({"wildcard": "sales/*.csv"})"));
  EXPECT_THAT(refusal(R"({"k":[{"exists":true,"prefix":"a"}]})").message,
              HasSubstr("Only one key allowed"));
  EXPECT_THAT(refusal(R"({"k":[{"prefix":"a","prefix":"b"}]})").message,
              HasSubstr("Only one key allowed"));
}

TEST(Pattern, StrictModeRefusesWildcardsAwsFindsTooComplex) {
  const auto with = [](const char* wildcard) {
    return fmt::format(R"({{"k":[{{"wildcard":"{}"}}]}})", wildcard);
  };
  EXPECT_TRUE(Pattern::compile(with("*:*:*:*:event-bus/*"), {.strict_aws = true}));
  EXPECT_TRUE(Pattern::compile(with("*:*:*:*:*:event-bus/*")));
  const auto error = refusal(with("*:*:*:*:*:event-bus/*"), {.strict_aws = true});
  EXPECT_EQ(error.message,
            "Event pattern is not valid. Reason: Rule is too complex - try using fewer wildcard "
            "characters or fewer repeating character sequences after a wildcard character");
}

TEST(Wildcard, IsAsComplexAsAwsSays) {
  const auto measure = [](std::string_view text) {
    const auto wildcard = Wildcard::parse(text);
    return complexity({&*wildcard}, 100);
  };
  EXPECT_EQ(measure("sales/*.csv"), 2U);
  EXPECT_EQ(measure("*/dir/*"), 4U);
  EXPECT_EQ(measure("*.*.*.*"), 7U);
  EXPECT_EQ(measure("*:*:*:*:event-bus/*"), 9U);
  EXPECT_EQ(measure("*:*:*:*:*:event-bus/*"), 11U);
}

TEST(Pattern, CountsLinesAndUtf16Columns) {
  EXPECT_THAT(refusal("{\"a\":\n  [\"x\"],\r\n \"😀\": 5}").message,
              testing::EndsWith("; line: 3, column: 9]"));
  const auto long_error = refusal("{\"" + std::string(600, 'a') + "\":[]}").message;
  EXPECT_THAT(long_error, HasSubstr("\"[truncated 107 chars]; line: 1, column: 607]"));
}

TEST(Pattern, SaysThePlaceTwiceInsideAnythingButListsAndNeverForCidr) {
  const auto twice = refusal(R"({"k":[{"anything-but":["a",null]}]})").message;
  const auto first = twice.find("\n at [Source");
  EXPECT_NE(twice.find("\n at [Source", first + 1), twice.npos);
  EXPECT_EQ(refusal(R"({"k":[{"cidr":"10.0.0.0"}]})").message,
            "Event pattern is not valid. Reason: Malformed CIDR, one '/' required");
}

TEST(Pattern, RefusesWhatIsNoPatternAndSaysWhatToWrite) {
  for (const auto* text : {"",
                           " ",
                           "[]",
                           "5",
                           "\"x\"",
                           "{",
                           "{\"a\"",
                           "{\"a\":",
                           "{\"a\":[",
                           "{\"a\":[\"",
                           "{}",
                           "{\"a\":[]}",
                           "{\"a\":\"b\"}",
                           "{\"a\":[{}]}",
                           "{\"a\":[[1]]}",
                           "{'a':[1]}",
                           "{\"a\":[1,]}",
                           "{\"a\":[01]}",
                           "{\"a\":[tru]}",
                           "{\"a\":[\"\\u12\"]}",
                           "{\"a\":[\"\n\"]}",
                           "{\"$or\":[]}",
                           "{\"$or\":{\"a\":[1]}}",
                           "{\"a\":[{\"Prefix\":\"b\"}]}",
                           "\xff",
                           "{\"a\":[\"\xc3\"]}"}) {
    const auto error = refusal(text);
    EXPECT_EQ(error.code, Errc::invalid_argument) << text;
    EXPECT_EQ(error.name, "InvalidEventPatternException") << text;
    EXPECT_THAT(error.message, StartsWith("Event pattern is not valid. Reason: ")) << text;
    EXPECT_NE(error.hint, "") << text;
  }
  EXPECT_THAT(refusal(std::string(5000, '{')).message, HasSubstr("character"));
  std::string deep;
  for (int i = 0; i < 1001; ++i) deep += R"({"a":)";
  EXPECT_THAT(refusal(deep).message, HasSubstr("nesting depth"));
}

TEST(Event, RefusesWhatIsNoEvent) {
  for (const auto* text : {"", "[]", "\"x\"", "{\"k\":1.}", "{\"k\":\"\\q\"}", "{\"k\":NaN}",
                           "{\"a\":[\"\",\"\"]", "\xff", "{\"k\":'a'}"}) {
    EXPECT_FALSE(Event::parse(text).has_value()) << text;
  }
  const auto nested = [](int depth) {
    return R"({"a":)" + std::string(depth, '[') + "1" + std::string(depth, ']') + "}";
  };
  EXPECT_TRUE(Event::parse(nested(999)));
  EXPECT_FALSE(Event::parse(nested(1000)));
  EXPECT_TRUE(matches(R"({"a":[1]})", nested(999)));
}

TEST(Event, OfTestEventPatternNeedsItsFields) {
  constexpr auto whole = R"({"id":"1","account":"1","source":"s","time":"t","region":"r",)"
                         R"("detail-type":"d"})";
  EXPECT_TRUE(validate_test_event(whole));
  for (const auto* text : {"[]", "x", R"({"id":"1"})"}) {
    const auto status = validate_test_event(text);
    ASSERT_FALSE(status.has_value());
    EXPECT_EQ(status.error().message, "Parameter Event is not valid.");
    EXPECT_EQ(status.error().name, "ValidationException");
  }
}

TEST(Pattern, MayBeSharedBetweenThreads) {
  const auto pattern = Pattern::compile(R"({"a":{"x":[1],"y":["b"]}})").value();
  const auto event = Event::parse(R"({"a":[{"x":1},{"x":1,"y":"b"}]})").value();
  std::vector<std::jthread> threads;
  std::atomic<int> count = 0;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([pattern, event, &count] {
      for (int j = 0; j < 100; ++j) count += pattern.matches(event) ? 1 : 0;
    });
  }
  threads.clear();
  EXPECT_EQ(count, 400);
}

}  // namespace
}  // namespace tidemill::pattern
