#include "explain/rule_view.h"

#include <fmt/format.h>

namespace tidemill::explain {
namespace {

using events::RuleVersion;

struct Verdict {
  bool matches = false;  ///< And it was enabled.
  pattern::Explanation why;
};

Verdict judge(const RuleVersion& version, const pattern::Event& event) {
  Verdict verdict;
  if (version.pattern.empty()) {
    verdict.why = {.distance = SIZE_MAX / 2, .text = "it had a schedule, and no pattern"};
    return verdict;
  }
  const auto pattern = pattern::Pattern::compile(version.pattern);
  TM_ASSERT(pattern.has_value());
  verdict.why = pattern->explain(event);
  verdict.matches = verdict.why.matched && version.enabled;
  return verdict;
}

bool same(const RuleVersion& a, const RuleVersion& b) {
  return a.deleted == b.deleted && a.enabled == b.enabled && a.pattern == b.pattern;
}

/// "changed at …", from what it was then to what it is now.
std::string what_happened(const RuleVersion& then, const RuleVersion& now) {
  const std::string_view what = now.deleted                   ? "deleted"
                                : now.pattern != then.pattern ? "changed"
                                : now.enabled                 ? "enabled"
                                                              : "disabled";
  return fmt::format("{} at {}", what, iso_millis(now.at));
}

std::string what_today(const RuleVersion& now, const Verdict& verdict) {
  if (verdict.matches) return "today it would match";
  if (!now.enabled) return "today it is disabled";
  return "today it wouldn't match: " + verdict.why.text;
}

std::string note_on(const events::RulePast& rule, const Verdict& today) {
  if (!rule.then) {
    return fmt::format("it didn't exist yet: made at {}; {}", iso_millis(rule.made_at),
                       what_today(rule.now, today));
  }
  std::string note;
  if (rule.assumed) {
    note = fmt::format("what it said then isn't known: this is the rule as of {}",
                       iso_millis(rule.then->at));
  }
  if (same(*rule.then, rule.now)) return note;
  if (!note.empty()) note += "; ";
  note += what_happened(*rule.then, rule.now);
  const bool is_said = rule.now.deleted || (!rule.now.enabled && note.contains("disabled"));
  return is_said ? note : note + "; " + what_today(rule.now, today);
}

void show_miss(json::object& shown, const pattern::Explanation& why) {
  shown["path"] = why.path;
  shown["expected"] = why.expected;
  shown["actual"] = why.actual;
  shown["why"] = why.text;
}

}  // namespace

std::optional<RuleView> view_rule(const events::BusKey& bus, const events::RulePast& rule,
                                  const pattern::Event& event) {
  if (rule.now.pattern.empty() && (!rule.then || rule.then->pattern.empty())) return std::nullopt;
  const auto then = rule.then ? judge(*rule.then, event) : Verdict();
  const auto today = rule.now.deleted                          ? Verdict()
                     : rule.then && same(*rule.then, rule.now) ? then
                                                               : judge(rule.now, event);
  RuleView view;
  view.shown = {{"name", rule.name},
                {"arn", bus.rule_arn(rule.name)},
                {"existed", rule.then.has_value()},
                {"enabled", rule.then && rule.then->enabled},
                {"pattern_matches", then.why.matched},
                {"matches_today", today.matches}};
  if (rule.then && !then.why.matched) show_miss(view.shown, then.why);
  if (auto note = note_on(rule, today); !note.empty()) view.shown["note"] = std::move(note);
  if (!then.matches || rule.assumed) {
    view.rank = today.matches ? 1 : rule.then ? 2 + then.why.distance : SIZE_MAX;
    view.held = then.why.held;
  }
  return view;
}

}  // namespace tidemill::explain
