#include "explain/lint.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "events/batch_rows.h"
#include "explain/lint_batches.h"
#include "explain/lint_loops.h"
#include "pattern/known_events.h"
#include "pattern/overlap.h"
#include "pattern/portable.h"

namespace tidemill::explain {
namespace {

using Level = Finding::Level;
using pattern::Pattern;

/// A rule with its pattern compiled.
struct Ready {
  const LintRule* given;
  Pattern pattern;
  const std::string& name() const { return given->rule.name; }
};

/// Keeps findings by level, the gravest first.
class Collector {
 public:
  void add(Finding finding) { by_level_[std::size_t(finding.level)].push_back(std::move(finding)); }
  std::vector<Finding> all() && {
    std::vector<Finding> out;
    for (auto& findings : by_level_) std::ranges::move(findings, std::back_inserter(out));
    return out;
  }

 private:
  std::array<std::vector<Finding>, 3> by_level_;
};

void check_targets(const LintRule& rule, Collector& out) {
  if (rule.targets.empty()) {
    out.add({.kind = "no-target",
             .rules = {rule.rule.name},
             .text = "the rule has no target: it starts nothing",
             .mend = "aws events put-targets"});
  }
  for (const auto& [target, facts] : rule.targets) {
    if (!facts.exists) {
      out.add({.kind = "missing-target",
               .rules = {rule.rule.name},
               .text = fmt::format("target {} is {}, which does not exist", target.id, target.arn),
               .mend = "create it, or put the target with the right ARN"});
    } else if (!facts.denial.empty()) {
      out.add({.kind = "no-permission",
               .rules = {rule.rule.name},
               .text = fmt::format("target {} can't be started: {}", target.id, facts.denial),
               .mend = target.arn.starts_with("arn:aws:sqs:")
                           ? "give the queue a policy that lets Service events.amazonaws.com do "
                             "sqs:SendMessage, with the rule as aws:SourceArn"
                           : "give the target's role a trust policy for events.amazonaws.com and "
                             "a policy that allows the action"});
    }
    if (!facts.job_obstacle.empty()) {
      out.add({.kind = "job-cant-run",
               .rules = {rule.rule.name},
               .text = fmt::format("a run of job {} would fail: {}", facts.job, facts.job_obstacle),
               .mend = "upload the script, or let glue.amazonaws.com assume the job's role"});
    }
    if (!facts.dead_letter_obstacle.empty()) {
      out.add({.kind = "dead-letter-queue",
               .rules = {rule.rule.name},
               .text = fmt::format("target {} can't send its dead letters: {}", target.id,
                                   facts.dead_letter_obstacle),
               .mend = "create the queue, with a policy that lets events.amazonaws.com do "
                       "sqs:SendMessage"});
    }
  }
}

/// Whether the rule can match at all.
bool check_possible(const Ready& rule, Collector& out) {
  if (const auto mistake = pattern::find_mistake(rule.pattern)) {
    out.add({.kind = "never-matches",
             .rules = {rule.name()},
             .text = fmt::format("no event matches: {} ({})", mistake->text, mistake->path),
             .mend = mistake->hint});
    return false;
  }
  const auto any = pattern::satisfy(rule.pattern);
  if (any.verdict != pattern::Verdict::impossible) return true;
  out.add({.kind = "never-matches",
           .rules = {rule.name()},
           .text = fmt::format("no event matches: nothing is {} at once ({})", any.asked, any.path),
           .mend = "matchers in one {…} must all hold; put alternatives into {…}s of their own"});
  return false;
}

void check_portable(const Ready& rule, Collector& out) {
  const auto& text = rule.given->rule.pattern;
  const auto strict = Pattern::compile(text, {.strict_aws = true});
  if (strict) return;
  const auto portable = pattern::portable_form(text);
  out.add({.level = Level::note,
           .kind = "not-portable",
           .rules = {rule.name()},
           .text = "AWS refuses the pattern: " +
                   strict.error().message.substr(0, strict.error().message.find('\n')),
           .mend = portable ? "on AWS write " + *portable
                            : "AWS has no single pattern for it; on AWS use several rules, or look "
                              "again in the job"});
}

/// The ARN that both rules start, or "".
std::string common_target(const LintRule& one, const LintRule& other) {
  for (const auto& a : one.targets) {
    for (const auto& b : other.targets) {
      if (a.target.arn == b.target.arn) return a.target.arn;
    }
  }
  return {};
}

void check_pair(const Ready& one, const Ready& other, Collector& out) {
  auto both = pattern::satisfy_both(one.pattern, other.pattern);
  if (both.verdict != pattern::Verdict::possible) return;
  const auto shared = common_target(*one.given, *other.given);
  out.add({.level = Level::warning,
           .kind = "overlap",
           .rules = {one.name(), other.name()},
           .text = shared.empty()
                       ? "one event can match both: each then starts its own target"
                       : fmt::format("one event can match both: {} then starts twice", shared),
           .example = std::move(both.event),
           .mend = "narrow one of the patterns, or leave it if both are to run"});
}

void check_pairs(const std::vector<Ready>& rules, Collector& out) {
  std::size_t pairs = 0;
  for (std::size_t i = 0; i < rules.size(); ++i) {
    for (std::size_t j = i + 1; j < rules.size(); ++j) {
      if (++pairs > pairs_max) {
        out.add({.level = Level::note,
                 .kind = "incomplete",
                 .rules = {rules[i].name()},
                 .text = fmt::format("only the first {} pairs of rules were compared", pairs_max),
                 .mend = "spread the rules over several buses"});
        return;
      }
      check_pair(rules[i], rules[j], out);
    }
  }
}

}  // namespace

std::vector<Finding> lint(const std::vector<LintRule>& rules) {
  Collector out;
  std::vector<Ready> live;
  for (const auto& rule : rules) {
    check_targets(rule, out);
    if (!rule.rule.enabled) {
      out.add({.level = Level::note,
               .kind = "disabled",
               .rules = {rule.rule.name},
               .text = "the rule is disabled: it starts nothing",
               .mend = "aws events enable-rule --name " + rule.rule.name});
    }
    if (rule.rule.pattern.empty()) continue;
    auto compiled = Pattern::compile(rule.rule.pattern);
    TM_ASSERT(compiled.has_value());
    Ready ready{&rule, *std::move(compiled)};
    check_portable(ready, out);
    if (!check_possible(ready, out) || !rule.rule.enabled) continue;
    for (auto& loop : find_loops(rule, ready.pattern)) out.add(std::move(loop));
    for (auto& finding : check_batch(rule, ready.pattern)) out.add(std::move(finding));
    live.push_back(std::move(ready));
  }
  check_pairs(live, out);
  return std::move(out).all();
}

Result<std::vector<LintRule>> rules_of(store::Tx& tx, const events::BusKey& key,
                                       const Facts& facts) {
  TM_TRY(auto stored, events::list_rules(tx, key));
  std::vector<LintRule> rules;
  for (auto& rule : stored) {
    TM_TRY(auto targets, events::targets_of(tx, rule.id));
    TM_TRY(auto batch, events::batch_plan_of(tx, rule.arn()));
    LintRule one{.rule = std::move(rule), .targets = {}, .batch = std::move(batch)};
    for (auto& target : targets) {
      TM_TRY(auto known, facts(tx, one.rule, target));
      one.targets.push_back({std::move(target), std::move(known)});
    }
    rules.push_back(std::move(one));
  }
  return rules;
}

json::object shown_finding(const Finding& finding) {
  static constexpr std::string_view levels[] = {"error", "warning", "note"};
  json::object shown{{"level", levels[std::size_t(finding.level)]},
                     {"kind", finding.kind},
                     {"rules", json::array(finding.rules.begin(), finding.rules.end())},
                     {"text", finding.text},
                     {"mend", finding.mend}};
  if (auto example = json::parse(finding.example)) shown["example"] = *std::move(example);
  return shown;
}

Task<Result<json::value>> Linter::bus(events::BusKey key) {
  auto read = [&](store::Tx& tx) -> Result<std::pair<std::size_t, std::vector<Finding>>> {
    TM_CHECK(events::require_bus(tx, key));
    TM_TRY(const auto rules, rules_of(tx, key, facts_));
    return std::pair(rules.size(), lint(rules));  // Here, since it takes long: not on the loop.
  };
  TM_CO_TRY(const auto linted, co_await store_.read(read));
  json::array shown;
  for (const auto& finding : linted.second) shown.push_back(shown_finding(finding));
  co_return json::object{{"bus", key.bus}, {"rules", linted.first}, {"findings", std::move(shown)}};
}

}  // namespace tidemill::explain
