#include "explain/lint.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "pattern/pattern.h"

namespace tidemill::explain {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr auto job_arn = "arn:aws:glue:us-east-1:000000000000:job/sales";

/// A rule on what is written to s3://BUCKET/PREFIX.
LintRule rule_on(std::string name, std::string_view bucket, std::string_view prefix) {
  LintRule rule;
  rule.rule.name = std::move(name);
  rule.rule.pattern = std::string(R"({"source":["aws.s3"],"detail-type":["Object Created"],)") +
                      R"("detail":{"bucket":{"name":[")" + std::string(bucket) +
                      R"("]},"object":{"key":[{"prefix":")" + std::string(prefix) + R"("}]}}})";
  return rule;
}

void start_job(LintRule& rule, std::vector<std::pair<std::string, std::string>> arguments = {}) {
  LintTarget target;
  target.target.id = "job";
  target.target.arn = job_arn;
  target.facts.job = "sales";
  target.facts.arguments = std::move(arguments);
  rule.targets.push_back(std::move(target));
}

LintRule fine_rule(std::string name = "fine", std::string_view prefix = "sales/") {
  auto rule = rule_on(std::move(name), "bronze", prefix);
  start_job(rule, {{"--bronze_bucket", "bronze"}, {"--silver_bucket", "silver"}});
  return rule;
}

std::vector<std::string> kinds(const std::vector<LintRule>& rules) {
  std::vector<std::string> out;
  for (const auto& finding : lint(rules)) out.push_back(finding.kind);
  return out;
}

Finding only(const std::vector<LintRule>& rules) {
  const auto findings = lint(rules);
  EXPECT_EQ(findings.size(), 1u);
  return findings.empty() ? Finding() : findings.front();
}

bool matches(const LintRule& rule, const std::string& event) {
  const auto pattern = pattern::Pattern::compile(rule.rule.pattern).value();
  return pattern.matches(pattern::Event::parse(event).value());
}

TEST(Lint, HasNothingToSayOfRulesThatAreRight) {
  EXPECT_THAT(kinds({fine_rule(), fine_rule("other", "stock/")}), IsEmpty());
}

TEST(Lint, ShowsAnEventThatTwoRulesMatch) {
  const std::vector rules{fine_rule("one", "sales/"), fine_rule("two", "sales/2024/")};
  const auto finding = only(rules);
  EXPECT_EQ(finding.kind, "overlap");
  EXPECT_EQ(finding.rules, (std::vector<std::string>{"one", "two"}));
  EXPECT_THAT(finding.text, HasSubstr("starts twice")) << "both have the same target";
  EXPECT_TRUE(matches(rules[0], finding.example) && matches(rules[1], finding.example));
}

TEST(Lint, FindsAJobThatWritesWhereItsRuleWatches) {
  auto rule = rule_on("loop", "silver", "sales/");
  start_job(rule, {{"--silver_bucket", "silver"}});
  const auto finding = only({rule});
  EXPECT_EQ(finding.kind, "loop");
  EXPECT_THAT(finding.text, HasSubstr("--silver_bucket"));
  EXPECT_TRUE(matches(rule, finding.example));
}

TEST(Lint, TakesAnAddressForOutputUnlessItsNameSpeaksOfInput) {
  const auto kinds_with = [](std::string name, std::string value) {
    auto rule = rule_on("r", "lake", "out/");
    start_job(rule, {{std::move(name), std::move(value)}});
    return kinds({rule});
  };
  EXPECT_EQ(kinds_with("--TempDir", "s3://lake/out/tmp/"), std::vector<std::string>{"loop"});
  EXPECT_EQ(kinds_with("--output_path", "s3://lake/out"), std::vector<std::string>{"loop"});
  EXPECT_THAT(kinds_with("--output_path", "s3://lake/elsewhere/"), IsEmpty());
  EXPECT_THAT(kinds_with("--source_path", "s3://lake/out/"), IsEmpty());
  EXPECT_THAT(kinds_with("--extra-py-files", "s3://lake/out/a.py"), IsEmpty());
  EXPECT_THAT(kinds_with("--bucket", "lake"), IsEmpty()) << "a bucket may be read only";
}

TEST(Lint, FindsAJobWhoseEndStartsItAgain) {
  LintRule rule;
  rule.rule.name = "again";
  rule.rule.pattern = R"({"source":["aws.glue"],"detail":{"state":["FAILED"]}})";
  start_job(rule);
  const auto finding = only({rule});
  EXPECT_EQ(finding.kind, "loop");
  EXPECT_TRUE(matches(rule, finding.example));
}

TEST(Lint, FindsRulesThatNeverMatch) {
  auto typo = fine_rule("typo");
  typo.rule.pattern = R"({"source":["aws.s3"],"details":{"bucket":{"name":["bronze"]}}})";
  const auto finding = only({typo});
  EXPECT_EQ(finding.kind, "never-matches");
  EXPECT_THAT(finding.mend, HasSubstr("\"detail\""));

  auto empty = fine_rule("empty");
  empty.rule.pattern =
      R"({"source":["my.app"],"detail":{"k":[{"prefix":"a","equals-ignore-case":"b"}]}})";
  EXPECT_EQ(lint({empty}).front().kind, "never-matches");
  EXPECT_THAT(lint({empty}).front().text, HasSubstr("prefix \"a\" and \"b\" in any case"));
}

TEST(Lint, FindsTargetsThatCannotStart) {
  auto none = rule_on("none", "bronze", "a/");
  EXPECT_EQ(only({none}).kind, "no-target");
  auto missing = fine_rule("missing", "b/");
  missing.targets[0].facts.exists = false;
  EXPECT_EQ(only({missing}).kind, "missing-target");
  auto denied = fine_rule("denied", "c/");
  denied.targets[0].facts.denial = "role r is not authorized to perform: glue:StartJobRun";
  EXPECT_THAT(only({denied}).text, HasSubstr("glue:StartJobRun"));
  denied.targets[0].target.arn = "arn:aws:sqs:us-east-1:000000000000:q";
  EXPECT_THAT(only({denied}).mend, HasSubstr("give the queue a policy"));
}

TEST(Lint, GivesTheFormThatAwsTakes) {
  auto rule = fine_rule();
  rule.rule.pattern = R"({"source":["aws.s3"],"detail":{"bucket":{"name":["bronze"]},)"
                      R"("object":{"key":[{"prefix":"sales/","suffix":".csv"}]}}})";
  const auto finding = only({rule});
  EXPECT_EQ(finding.kind, "not-portable");
  EXPECT_EQ(finding.level, Finding::Level::note);
  EXPECT_THAT(finding.mend, HasSubstr(R"({"wildcard":"sales/*.csv"})"));
}

TEST(Lint, ComparesDisabledRulesWithNone) {
  auto off = fine_rule("off");
  off.rule.enabled = false;
  EXPECT_EQ(kinds({fine_rule(), off}), std::vector<std::string>{"disabled"});
}

TEST(Lint, TellsErrorsBeforeWarningsAndNotes) {
  auto off = rule_on("off", "bronze", "x/");
  off.rule.enabled = false;
  const std::vector<std::string> expected{"no-target", "overlap", "disabled"};
  EXPECT_EQ(kinds({fine_rule("one"), fine_rule("two"), off}), expected);
}

/// What its tag tidemill:batch says.
LintRule batched(LintRule rule, std::string_view plan) {
  rule.batch = events::parse_batch_plan(plan).value();
  return rule;
}

TEST(Lint, MarkerThatThePatternCantMatchNeverCompletesABatch) {
  auto rule = batched(fine_rule(), "marker=_SUCCESS window=1h");
  EXPECT_THAT(kinds({rule}), IsEmpty());
  rule.rule.pattern = R"({"source":["aws.s3"],"detail-type":["Object Created"],"detail":{)"
                      R"("bucket":{"name":["bronze"]},"object":{"key":[{"suffix":".csv"}]}}})";
  const auto finding = only({rule});
  EXPECT_EQ(finding.kind, "batch-marker");
  EXPECT_EQ(finding.level, Finding::Level::error);
  EXPECT_THAT(finding.text, HasSubstr("marker=_SUCCESS"));
  rule.rule.pattern =
      R"({"source":["aws.s3"],"detail-type":["Object Created"],"detail":{)"
      R"("bucket":{"name":["bronze"]},"object":{"key":[{"suffix":".csv"},{"suffix":"_SUCCESS"}]}}})";
  EXPECT_THAT(kinds({rule}), IsEmpty());
  rule = batched(rule, "manifest=.csv window=1h");
  EXPECT_THAT(kinds({rule}), IsEmpty());
  EXPECT_EQ(only({batched(rule, "manifest=.manifest window=1h")}).kind, "batch-marker");
}

TEST(Lint, BatchThatNoTimeEndsMayWaitForEver) {
  const auto finding = only({batched(fine_rule(), "count=10")});
  EXPECT_EQ(finding.kind, "batch-waits");
  EXPECT_THAT(finding.mend, HasSubstr("count=10 window=1h"));
  EXPECT_THAT(kinds({batched(fine_rule(), "count=10 quiet=500ms")}), IsEmpty());
}

TEST(Lint, BatchesAreForJobs) {
  auto rule = batched(rule_on("queue", "bronze", "sales/"), "count=10 window=1m");
  rule.targets.push_back({});
  rule.targets.back().target.arn = "arn:aws:sqs:us-east-1:000000000000:q";
  EXPECT_EQ(only({rule}).kind, "batch-unused");
}

}  // namespace
}  // namespace tidemill::explain
