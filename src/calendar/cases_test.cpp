// The questions of tests/cases/schedule, with their answers (check.py there asks the program).
#include <fstream>
#include <set>

#include <gtest/gtest.h>

#include "calendar/jsonl.h"

namespace tidemill::calendar {
namespace {

std::vector<json::object> cases() {
  std::ifstream file(TIDEMILL_SOURCE_DIR "/tests/cases/schedule/cases.jsonl");
  std::vector<json::object> out;
  for (std::string line; std::getline(file, line);) {
    out.push_back(json::parse_object(line).value());
  }
  return out;
}

TEST(ScheduleCases, AreAllAnsweredRightly) {
  Zones zones;
  int asked = 0;
  for (const auto& question : cases()) {
    const auto given = answer(question, zones);
    SCOPED_TRACE(json::dump(question));
    ++asked;
    if (json::text_or_empty(question, "kind") == "error") {
      EXPECT_EQ(json::text_or_empty(given, "error"), json::text_or_empty(question, "error"));
      EXPECT_EQ(json::text_or_empty(given, "message"), json::text_or_empty(question, "message"));
      continue;
    }
    ASSERT_TRUE(given.contains("next")) << json::dump(given);
    EXPECT_EQ(given.at("next"), question.at("next")) << json::dump(given);
  }
  EXPECT_EQ(asked, 307);
}

}  // namespace
}  // namespace tidemill::calendar
