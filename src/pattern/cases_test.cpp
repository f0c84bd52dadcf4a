// The recorded answers of AWS's own engine, all of them.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "base/json.h"
#include "pattern/jsonl.h"

namespace tidemill::pattern {
namespace {

std::filesystem::path cases_dir() {
  return std::filesystem::path(TIDEMILL_SOURCE_DIR) / "tests/cases/pattern";
}

std::vector<json::object> read_lines(std::istream& in) {
  std::vector<json::object> out;
  std::string line;
  while (std::getline(in, line)) out.push_back(json::parse_object(line).value());
  return out;
}

std::vector<json::object> read_cases(const char* name) {
  std::ifstream in(cases_dir() / name);
  EXPECT_TRUE(in) << cases_dir() / name;
  return read_lines(in);
}

std::vector<json::object> ask(const std::vector<json::object>& questions, Options options) {
  std::stringstream in;
  for (const auto& question : questions) in << json::dump(question) << '\n';
  std::stringstream out;
  EXPECT_EQ(run_jsonl(in, out, options), 0);
  return read_lines(out);
}

std::string text(const json::object& o, std::string_view name) {
  return std::string(json::text_or_empty(o, name));
}

/// Lines on which the reference disagrees with itself are left out; so are those that only the
/// strict mode refuses, unless it is on.
bool scored(const json::object& question, bool strict) {
  return !question.contains("quirk") && !question.contains("strict") &&
         (strict || text(question, "message") != "Only one key allowed in match expression");
}

void judge(const json::object& question, const json::object& answer) {
  SCOPED_TRACE(json::dump(question));
  const auto& expect = question.at("expect");
  if (expect.is_bool()) {
    ASSERT_TRUE(answer.contains("match")) << json::dump(answer);
    EXPECT_EQ(answer.at("match"), expect);
    return;
  }
  if (expect.get_string() == "invalid-event") {
    EXPECT_EQ(text(answer, "error"), "InvalidEvent");
    return;
  }
  EXPECT_EQ(text(answer, "error"), "InvalidEventPatternException");
  EXPECT_NE(text(answer, "hint"), "");
  const auto message = text(answer, "message");
  EXPECT_THAT(message, testing::StartsWith(text(question, "message")));
  if (!question.contains("at")) {
    EXPECT_EQ(message, text(question, "message"));
    return;
  }
  const auto at = text(question, "at");
  const auto colon = at.find(':');
  const auto place = "; line: " + at.substr(0, colon) + ", column: " + at.substr(colon + 1) + "]";
  EXPECT_THAT(message, testing::HasSubstr(place));
}

void run_cases(bool strict) {
  const auto questions = read_cases("cases.jsonl");
  const auto answers = ask(questions, {.strict_aws = strict});
  ASSERT_EQ(answers.size(), questions.size());
  ASSERT_GT(questions.size(), 400U);
  for (std::size_t i = 0; i < questions.size(); ++i) {
    if (scored(questions[i], strict)) judge(questions[i], answers[i]);
  }
}

TEST(PatternCases, AnswersAsAwsDoes) { run_cases(false); }

TEST(PatternCases, AnswersAsAwsDoesInStrictMode) { run_cases(true); }

TEST(PatternCases, ManyRulesInOneMatcherAnswerLikeOneByOne) {
  const auto sets = read_cases("sets.jsonl");
  const auto answers = ask(sets, {});
  ASSERT_EQ(answers.size(), sets.size());
  for (std::size_t i = 0; i < sets.size(); ++i) {
    EXPECT_EQ(answers[i].at("match"), sets[i].at("expect"));
    EXPECT_EQ(answers[i].at("after"), sets[i].at("after"));
  }
}

}  // namespace
}  // namespace tidemill::pattern
