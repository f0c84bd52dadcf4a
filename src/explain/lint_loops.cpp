#include "explain/lint_loops.h"

#include <algorithm>
#include <optional>

#include <fmt/format.h>

#include "base/encoding.h"
#include "pattern/overlap.h"

namespace tidemill::explain {
namespace {

/// Where a job may write, and why that is thought.
struct Output {
  std::string bucket, prefix, argument;
};

/// Arguments of Glue's own that name what is read.
constexpr std::string_view read_by_glue[] = {"--extra-py-files", "--extra-files", "--extra-jars",
                                             "--scriptLocation"};
/// Words in an argument's name that tell in which direction the data go.
constexpr std::string_view input_words[] = {"bronze",  "input", "source", "src",  "raw",
                                            "landing", "inbox", "read",   "from", "script"};
constexpr std::string_view output_words[] = {"silver", "gold",  "output", "target", "dest",
                                             "sink",   "write", "out",    "result", "curated"};

template <std::size_t N>
bool speaks_of(std::string_view name, const std::string_view (&words)[N]) {
  const auto lower = to_lower(name);
  return std::ranges::any_of(words, [&](std::string_view word) { return lower.contains(word); });
}

std::optional<Output> output_of(const std::string& name, const std::string& value) {
  if (std::ranges::find(read_by_glue, name) != std::end(read_by_glue)) return std::nullopt;
  const bool writes = speaks_of(name, output_words);
  if (!writes && speaks_of(name, input_words)) return std::nullopt;
  for (const std::string_view scheme : {"s3://", "s3a://"}) {
    if (!value.starts_with(scheme)) continue;
    const auto path = value.substr(scheme.size());
    const auto slash = std::min(path.find('/'), path.size());
    return Output{path.substr(0, slash), path.substr(std::min(slash + 1, path.size())), name};
  }
  if (!writes || value.empty()) return std::nullopt;
  return Output{value, "", name};
}

/// The pattern of the events that objects written to `output` make.
std::string written(const Output& output) {
  const json::object key{{"prefix", output.prefix}};
  return json::dump(json::object{{"source", {"aws.s3"}},
                                 {"detail-type", {"Object Created"}},
                                 {"detail",
                                  {{"bucket", {{"name", json::array{output.bucket}}}},
                                   {"object", {{"key", json::array{key}}}}}}});
}

/// The pattern of the events that the end of a run of `job` makes.
std::string ended(std::string_view job) {
  return json::dump(json::object{
      {"source", {"aws.glue"}},
      {"detail-type", {"Glue Job State Change"}},
      {"detail",
       {{"jobName", json::array{job}}, {"state", {"SUCCEEDED", "FAILED", "TIMEOUT", "STOPPED"}}}}});
}

std::optional<Finding> loop(const LintRule& rule, const pattern::Pattern& pattern,
                            const std::string& made) {
  const auto events = pattern::Pattern::compile(made);
  TM_ASSERT(events.has_value());
  auto both = pattern::satisfy_both(pattern, *events);
  if (both.verdict != pattern::Verdict::possible) return std::nullopt;
  return Finding{.kind = "loop", .rules = {rule.rule.name}, .example = std::move(both.event)};
}

}  // namespace

std::vector<Finding> find_loops(const LintRule& rule, const pattern::Pattern& pattern) {
  std::vector<Finding> out;
  for (const auto& [target, facts] : rule.targets) {
    if (facts.job.empty()) continue;
    if (auto found = loop(rule, pattern, ended(facts.job))) {
      found->text =
          fmt::format("the end of a run of {} matches, and starts {} again", facts.job, facts.job);
      found->mend = "name the jobs to wait for in detail.jobName";
      out.push_back(*std::move(found));
    }
    for (const auto& [name, value] : facts.arguments) {
      const auto output = output_of(name, value);
      if (!output) continue;
      auto found = loop(rule, pattern, written(*output));
      if (!found) continue;
      found->text = fmt::format(
          "job {} may write to s3://{}/{} (its {}), which the rule watches: it would start itself",
          facts.job, output->bucket, output->prefix, output->argument);
      found->mend = "let the job write to another bucket or prefix than the rule watches";
      out.push_back(*std::move(found));
    }
  }
  return out;
}

}  // namespace tidemill::explain
