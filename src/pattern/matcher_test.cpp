#include "pattern/matcher.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <thread>

namespace tidemill::pattern {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

Pattern pattern(std::string_view text) { return Pattern::compile(text).value(); }
Event event(std::string_view text) { return Event::parse(text).value(); }
RuleId rule(std::uint64_t id) { return RuleId(id); }

TEST(Matcher, GivesTheRulesThatMatchInOrder) {
  Matcher matcher;
  matcher.add(rule(7), pattern(R"({"a":["x"]})"));
  matcher.add(rule(3), pattern(R"({"a":[{"prefix":"x"}]})"));
  matcher.add(rule(5), pattern(R"({"a":["y"]})"));
  EXPECT_THAT(matcher.match(event(R"({"a":"x"})")), ElementsAre(rule(3), rule(7)));
  EXPECT_THAT(matcher.match(event(R"({"a":["x","y","x"]})")),
              ElementsAre(rule(3), rule(5), rule(7)));
  EXPECT_THAT(matcher.match(event("{}")), IsEmpty());
}

TEST(Matcher, ReplacesARuleOfTheSameId) {
  Matcher matcher;
  matcher.add(rule(1), pattern(R"({"a":["x"]})"));
  matcher.add(rule(1), pattern(R"({"b":["x"]})"));
  EXPECT_EQ(matcher.size(), 1U);
  EXPECT_THAT(matcher.match(event(R"({"a":"x"})")), IsEmpty());
  EXPECT_THAT(matcher.match(event(R"({"b":"x"})")), ElementsAre(rule(1)));
}

TEST(Matcher, LeavesNothingOfARemovedRule) {
  Matcher matcher;
  matcher.add(rule(1),
              pattern(R"({"a":{"b":["x"],"c":["y","z"]},"$or":[{"d":["1","2"]},{"a.b":["x"]}]})"));
  matcher.add(rule(2), pattern(R"({"a":{"b":["x"]}})"));
  matcher.add(rule(3), pattern(R"({"a":["x"]})"));
  EXPECT_FALSE(matcher.remove(rule(4)));
  EXPECT_TRUE(matcher.remove(rule(1)));
  EXPECT_FALSE(matcher.remove(rule(1)));
  EXPECT_THAT(matcher.match(event(R"({"a":{"b":"x","c":"y"},"d":"1"})")), ElementsAre(rule(2)));
  EXPECT_TRUE(matcher.remove(rule(2)));
  EXPECT_THAT(matcher.match(event(R"({"a":"x"})")), ElementsAre(rule(3)));
  EXPECT_EQ(matcher.size(), 1U);
}

TEST(Matcher, KeepsRulesApartThatSpoilEachOtherElsewhere) {
  Matcher matcher;
  matcher.add(rule(1), pattern(R"({"state":[{"wildcard":"*NING"}]})"));
  matcher.add(rule(2), pattern(R"({"state":[{"equals-ignore-case":"running"}]})"));
  EXPECT_THAT(matcher.match(event(R"({"state":"xRUNNING"})")), ElementsAre(rule(1)));
}

TEST(Matcher, ReadsEventsStraightFromTheirText) {
  Matcher matcher;
  matcher.add(rule(1), pattern(R"({"a":{"b":["x"]}})"));
  matcher.add(rule(2), pattern(R"({"c":[{"exists":false}]})"));
  std::vector<RuleId> matched;
  const auto match = [&](std::string_view json, Names names = Names::any) {
    matcher.match(json, names, matched);
    return matched;
  };
  EXPECT_THAT(match(R"({"a":{"b":"x"},"c":1})"), ElementsAre(rule(1)));
  EXPECT_THAT(match(R"( { "a" : { "z" : [ { } ] , "b" : [ 1 , "x" ] } } )"),
              ElementsAre(rule(1), rule(2)));
  EXPECT_THAT(match(R"({"a.b":"x","c":null})"), ElementsAre(rule(1)));
  EXPECT_THAT(match(R"({"\u0061":{"b":"\u0078"},"c":"a \"}{[]"})"), ElementsAre(rule(1)));
  EXPECT_THAT(match(R"({"a":{"b":"y"},"a":{"b":"x"},"c":0})"), ElementsAre(rule(1)))
      << "all values of a name that stands twice count";
  EXPECT_THAT(match(R"({"a":{"z":"}","b":"x"},"c":2,"d":3})", Names::plain), ElementsAre(rule(1)));
}

TEST(Matcher, StepsMayBeEmpty) {
  Matcher matcher;
  matcher.add(rule(1), pattern(R"({".b":["x"]})"));
  matcher.add(rule(2), pattern(R"({"a.":["x"]})"));
  matcher.add(rule(3), pattern(R"({"":["x"]})"));
  EXPECT_THAT(matcher.match(event(R"({".b":"x"})")), ElementsAre(rule(1)));
  EXPECT_THAT(matcher.match(event(R"({"":{"b":"x"}})")), ElementsAre(rule(1)));
  EXPECT_THAT(matcher.match(event(R"({"a":{"":"x"}})")), ElementsAre(rule(2)));
  EXPECT_THAT(matcher.match(event(R"({"a.":"x", "" : "x"})")), ElementsAre(rule(2), rule(3)));
}

TEST(Matcher, ReadsTheSameWhereverBlocksOfTheTextEnd) {
  Matcher matcher;
  matcher.add(rule(1), pattern(R"({"a":{"b":["x\"]}"]}})"));
  matcher.add(rule(2), pattern(R"({"n":[{"numeric":["=",-12.5]}]})"));
  matcher.add(rule(3), pattern(R"({"o":{"p":["q"],"r":[1]}})"));
  matcher.add(rule(4), pattern(R"({"z":[{"exists":true}]})"));
  std::vector<RuleId> matched;
  // Strings that end in backslashes or have braces, and deep arrays, around what rules ask about.
  for (const auto* pad : {" ", "[", "\\\\", "\\\"", "{\\\\\\\""}) {
    std::string padding;
    for (int i = 0; i < 500; ++i, padding += pad) {
      const auto text = fmt::format(
          R"({{"s":"{0}\\","t":[{{"u":"}}{0}"}},"]"],"k":[{1}{2}],"a": {{"b":"x\"]}}" }},"v":"{0}",)"
          R"("o":[{{"p":"q","r":2}},{{"r":1}},{{"p":"q","w":["{0}"],"r" : 1}}],"n":-12.5}})",
          padding, std::string(i % 150, '['), std::string(i % 150, ']'));
      for (const auto names : {Names::any, Names::plain}) {
        matcher.match(text, names, matched);
        ASSERT_THAT(matched, ElementsAre(rule(1), rule(2), rule(3))) << text;
      }
    }
  }
}

TEST(Matcher, StaysWithinTextThatIsNoJson) {
  Matcher matcher;
  matcher.add(rule(1), pattern(R"({"a":{"b":["x",1,{"numeric":[">",1]}]},"c":["x"]})"));
  const std::string whole = R"({"z":[1,{"y":"\u00e9\n"}],"a":{"b":[1,"x",{"q":2}]},"c" : "x"})";
  std::vector<RuleId> ignored;
  for (const auto names : {Names::any, Names::plain}) {
    for (std::size_t size = 0; size <= whole.size(); ++size) {
      // A block of its own, so that a sanitizer sees a byte too many.
      matcher.match(std::string(whole.data(), size), names, ignored);
      for (const char c : {'{', '}', '[', ']', '"', '\\', ',', ':', '\0', '\xff'}) {
        auto text = whole;
        if (size < text.size()) text[size] = c;
        matcher.match(text, names, ignored);
      }
    }
  }
}

TEST(Matcher, SnapshotsStayAsTheyWereOnAnyThread) {
  Matcher matcher;
  constexpr std::uint64_t rules = 500;
  const auto text = [](std::uint64_t i) {
    return fmt::format(R"({{"a":["v{}"],"k":[{{"prefix":"p{}/"}},{{"wildcard":"*/x{}/*"}}]}})",
                       i % 50, i, i % 7);
  };
  for (std::uint64_t i = 0; i < rules; ++i) matcher.add(rule(i), pattern(text(i)));
  const auto asked = event(R"({"a":"v7","k":["p57/a","b/x3/c"]})");
  const auto expected = matcher.match(asked);
  const auto snapshot = matcher.snapshot();
  std::atomic<bool> stop = false;
  std::atomic<int> wrong = 0;
  std::thread reader([&, mine = snapshot] {
    while (!stop) wrong += mine.match(asked) == expected ? 0 : 1;
  });
  for (std::uint64_t i = 0; i < rules; ++i) {
    EXPECT_TRUE(matcher.remove(rule(i)));
    if (i % 3 == 0) matcher.add(rule(i + rules), pattern(text(i + 1)));
    if (i % 50 == 0) (void)matcher.snapshot();
  }
  stop = true;
  reader.join();
  EXPECT_EQ(wrong, 0);
  EXPECT_EQ(snapshot.match(asked), expected);
  EXPECT_EQ(snapshot.size(), rules);
}

TEST(Matcher, ChangesAmongManyRulesAreVisibleAtOnce) {
  Matcher matcher;
  constexpr std::uint64_t rules = 20'000;
  for (std::uint64_t i = 0; i < rules; ++i) {
    matcher.add(rule(i),
                pattern(fmt::format(R"({{"a":["v{}"],"n":[{{"numeric":[">",{}]}}]}})", i / 10, i)));
  }
  using Clock = std::chrono::steady_clock;
  auto fastest = Clock::duration::max();
  for (int round = 0; round < 20; ++round) {
    auto before = matcher.snapshot();
    const auto added = pattern(R"({"a":["new"]})");
    const auto begun = Clock::now();
    matcher.add(rule(rules), added);
    const auto with = matcher.snapshot();
    matcher.remove(rule(rules));
    const auto without = matcher.snapshot();
    fastest = std::min(fastest, Clock::now() - begun);
    EXPECT_EQ(with.match(event(R"({"a":"new"})")).size(), 1U);
    EXPECT_EQ(without.match(event(R"({"a":"new"})")).size(), 0U);
    EXPECT_EQ(before.size(), rules);
  }
  EXPECT_LT(fastest, std::chrono::milliseconds(1));
}

TEST(Matcher, ListsAndOrMakeNoProduct) {
  std::string list, branches;
  for (int i = 0; i < 1500; ++i) list += fmt::format("{}\"value-{}\"", i == 0 ? "" : ",", i);
  for (int i = 0; i < 900; ++i) branches += fmt::format("{}{{\"b\":[{}]}}", i == 0 ? "" : ",", i);
  const auto text = fmt::format(R"({{"a":[{}],"$or":[{}]}})", list, branches);
  ASSERT_LT(text.size(), Pattern::bytes_max);
  Matcher matcher;
  matcher.add(rule(1), pattern(text));
  EXPECT_THAT(matcher.match(event(R"({"a":"value-1499","b":899})")), ElementsAre(rule(1)));
  EXPECT_THAT(matcher.match(event(R"({"a":"value-1499","b":900})")), IsEmpty());
  EXPECT_TRUE(matcher.remove(rule(1)));
  EXPECT_EQ(matcher.candidates(event(R"({"a":"value-1","b":1})")), 0U);
}

TEST(Matcher, LooksAtFewOfManyRules) {
  Matcher matcher;
  constexpr std::uint64_t rules = 20'000;
  for (std::uint64_t i = 0; i < rules; ++i) {
    matcher.add(rule(i), pattern(fmt::format(
                             R"({{"source":["aws.s3"],"detail-type":["Object Created"],"detail":)"
                             R"({{"bucket":{{"name":["bucket-{}"]}},"object":{{"key":)"
                             R"([{{"wildcard":"in{}/*.csv"}}]}}}}}})",
                             i / 10, i % 10)));
  }
  const auto created =
      event(R"({"source":"aws.s3","detail-type":"Object Created","detail":{"bucket":{"name":)"
            R"("bucket-77"},"object":{"key":"in3/a.csv"}}})");
  EXPECT_THAT(matcher.match(created), ElementsAre(rule(773)));
  EXPECT_LE(matcher.candidates(created), 32U);
  for (std::uint64_t i = 0; i < rules; ++i) EXPECT_TRUE(matcher.remove(rule(i)));
  EXPECT_EQ(matcher.candidates(created), 0U);
}

}  // namespace
}  // namespace tidemill::pattern
