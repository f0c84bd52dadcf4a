#include "explain/lint_batches.h"

#include <algorithm>

#include <fmt/format.h>

#include "pattern/overlap.h"

namespace tidemill::explain {
namespace {

using Level = Finding::Level;

/// The uploads that are a marker or a manifest of that name (events::is_named).
std::string pattern_of(std::string_view name) {
  const auto suffix = [](const std::string& text) {
    return fmt::format(R"({{"suffix":{}}})", json::quote(text));
  };
  const std::string text(name);
  const auto keys = name.starts_with('.')
                        ? suffix(text)
                        : fmt::format("{},{}", json::quote(text), suffix("/" + text));
  return fmt::format(R"({{"source":["aws.s3"],"detail-type":["Object Created"],)"
                     R"("detail":{{"object":{{"key":[{}]}}}}}})",
                     keys);
}

bool can_match(const pattern::Pattern& rule, std::string_view text) {
  const auto wanted = pattern::Pattern::compile(text);
  TM_ASSERT(wanted.has_value());
  return pattern::satisfy_both(rule, *wanted).verdict != pattern::Verdict::impossible;
}

}  // namespace

std::vector<Finding> check_batch(const LintRule& rule, const pattern::Pattern& pattern) {
  std::vector<Finding> out;
  if (!rule.batch) return out;
  const auto& plan = *rule.batch;
  const auto& name = rule.rule.name;
  for (const auto& [option, file] :
       {std::pair("marker", plan.marker), std::pair("manifest", plan.manifest)}) {
    if (file.empty() || can_match(pattern, pattern_of(file))) continue;
    out.push_back({.kind = "batch-marker",
                   .rules = {name},
                   .text = fmt::format("its batches wait for {}={}, but the pattern never matches "
                                       "such a key, so none comes",
                                       option, file),
                   .mend = fmt::format("let the pattern match the {} too, as a further matcher of "
                                       "detail.object.key: {{\"suffix\": \"{}\"}}",
                                       option, file)});
  }
  if (!plan.has_time_limit()) {
    out.push_back(
        {.level = Level::warning,
         .kind = "batch-waits",
         .rules = {name},
         .text = "no time ends a batch: files of one that is never complete wait for ever",
         .mend = fmt::format("add the longest that a file may wait, as in \"{} "
                             "window=1h\"",
                             plan.text)});
  }
  const auto is_job = [](const LintTarget& target) { return target.target.arn.contains(":job/"); };
  if (!rule.targets.empty() && std::ranges::none_of(rule.targets, is_job)) {
    out.push_back({.level = Level::note,
                   .kind = "batch-unused",
                   .rules = {name},
                   .text = "the tag tidemill:batch is for Glue jobs; the rule's targets get each "
                           "event by itself",
                   .mend = "aws events untag-resource, or a job as a target"});
  }
  return out;
}

}  // namespace tidemill::explain
