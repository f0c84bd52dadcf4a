#include "explain/doctor.h"

#include <algorithm>
#include <map>
#include <set>

#include <fmt/format.h>

namespace tidemill::explain {
namespace {

using Level = Finding::Level;

/// The walk's questions, and the kinds of lint's findings that answer each.
struct Question {
  std::string_view name, question;
  std::vector<std::string_view> kinds;
};

const std::vector<Question>& questions() {
  static const std::vector<Question> all = {
      {"rules",
       "Are the rules enabled, with targets that exist?",
       {"disabled", "no-target", "missing-target"}},
      {"patterns", "Do their patterns match?", {"never-matches", "loop"}},
      {"buckets", "Do the buckets send their events?", {}},
      {"permissions", "May the roles start the targets?", {"no-permission"}},
      {"overlaps", "Does one file start one thing?", {"overlap", "incomplete"}},
      {"jobs", "Would the jobs run?", {"job-cant-run"}},
      {"limits", "Is there room for the runs?", {}},
      {"starts", "Did starts fail?", {}},
      {"dead-letters", "Is what can't be started kept?", {"dead-letter-queue"}},
      {"schedules", "Do the schedules run, each with room?", {}},
  };
  return all;
}

class Walk {
 public:
  Walk() {
    for (const auto& question : questions()) {
      checks_.push_back({std::string(question.name), std::string(question.question), {}, {}});
    }
  }
  Check& operator[](std::string_view name) {
    return *std::ranges::find(checks_, name,
                              [](const Check& c) { return std::string_view(c.name); });
  }
  /// Puts lint's findings where they answer something; what is of no concern here is left out.
  void sort_in(std::vector<Finding> findings) {
    for (auto& finding : findings) {
      for (std::size_t i = 0; i < checks_.size(); ++i) {
        const auto& kinds = questions()[i].kinds;
        if (std::ranges::find(kinds, finding.kind) == kinds.end()) continue;
        if (finding.kind == "disabled") finding.level = Level::warning;
        checks_[i].findings.push_back(std::move(finding));
        break;
      }
    }
  }
  std::vector<Check> all() && { return std::move(checks_); }

 private:
  std::vector<Check> checks_;
};

std::string counted(std::size_t count, std::string_view noun, std::string_view plural = {}) {
  if (count == 1) return fmt::format("1 {}", noun);
  return plural.empty() ? fmt::format("{} {}s", count, noun) : fmt::format("{} {}", count, plural);
}

/// The strings that the pattern allows at detail.bucket.name.
std::vector<std::string> buckets_of(const events::Rule& rule) {
  std::vector<std::string> names;
  const auto pattern = json::parse(rule.pattern);
  const auto* at = pattern ? &*pattern : nullptr;
  for (const auto* step : {"detail", "bucket", "name"}) {
    const auto* object = at == nullptr ? nullptr : at->if_object();
    at = object == nullptr ? nullptr : object->if_contains(step);
  }
  if (at == nullptr || !at->is_array()) return names;
  for (const auto& value : at->get_array()) {
    if (value.is_string()) names.emplace_back(json::view(value.get_string()));
  }
  return names;
}

/// What deliveries of late came to, by rule.
struct Tally {
  std::int64_t all = 0, failed = 0;
  std::string code, message;  ///< Of the last that failed.
};

Result<std::map<std::string, Tally>> tallies(store::Tx& tx, const Scope& scope) {
  std::map<std::string, Tally> by_rule;
  const auto add = [&](const store::Row& row) {
    auto& tally = by_rule[row.text(0)];
    ++tally.all;
    if (row.bytes(1) == "failed" && tally.failed++ == 0) {
      tally.code = row.text(2);
      tally.message = row.text(3);
    }
    return true;
  };
  TM_CHECK(
      tx.each("SELECT rule_arn, state, code, message FROM deliveries"
              " WHERE account = $1 AND region = $2 ORDER BY id DESC LIMIT $3",
              add, scope.account, scope.region, Doctor::deliveries_asked));
  return by_rule;
}

void look_for_matches(const std::vector<LintRule>& rules,
                      const std::map<std::string, Tally>& tallies, Check& check) {
  std::size_t asked = 0;
  std::vector<std::string> unmatched;
  for (const auto& [rule, targets, batch] : rules) {
    if (!rule.enabled || rule.pattern.empty() || targets.empty()) continue;
    ++asked;
    if (!tallies.contains(rule.arn())) unmatched.push_back(rule.name);
  }
  check.looked_at =
      fmt::format("{} of {} matched of late", asked - unmatched.size(), counted(asked, "rule"));
  if (unmatched.empty()) return;
  auto mend = "what came closest: tidemill explain " + unmatched.front();
  check.findings.push_back({.level = Level::note,
                            .kind = "not-matched-yet",
                            .rules = std::move(unmatched),
                            .text = "no event has matched yet",
                            .mend = std::move(mend)});
}

void look_at_starts(const std::vector<LintRule>& rules, const std::map<std::string, Tally>& tallies,
                    Check& check) {
  std::int64_t all = 0;
  for (const auto& [arn, tally] : tallies) {
    all += tally.all;
    if (tally.failed == 0) continue;
    const auto rule = std::ranges::find(rules, arn, [](const LintRule& r) { return r.rule.arn(); });
    const auto name = rule == rules.end() ? arn : rule->rule.name;
    check.findings.push_back(
        {.kind = "failed-starts",
         .rules = {name},
         .text = fmt::format("{} of {} failed; the last: {}: {}", tally.failed,
                             counted(std::size_t(tally.all), "delivery", "deliveries"), tally.code,
                             tally.message),
         .mend =
             fmt::format("mend what it names, then: tidemill deliveries redrive --rule {}", name)});
  }
  check.looked_at = fmt::format("the last {}", counted(std::size_t(all), "delivery", "deliveries"));
}

Status look_at_limits(store::Tx& tx, const Scope& scope, Check& check) {
  std::size_t waiting = 0;
  const auto add = [&](const store::Row& row) {
    waiting += std::size_t(row.integer(1));
    check.findings.push_back(
        {.level = Level::warning,
         .kind = "waiting",
         .rules = {},
         .text = fmt::format("{} for {}, the oldest since {}: it runs as many as it may",
                             counted(std::size_t(row.integer(1)), "start waits", "starts wait"),
                             row.bytes(0), iso_seconds({row.integer(2)})),
         .mend =
             "they start as runs end; raise the job's MaxConcurrentRuns if it should take more"});
    return true;
  };
  TM_CHECK(
      tx.each("SELECT target_arn, count(*), min(created_ms) FROM deliveries"
              " WHERE state = 'pending' AND waits = 1 AND account = $1 AND region = $2"
              " GROUP BY target_arn ORDER BY count(*) DESC",
              add, scope.account, scope.region));
  check.looked_at = fmt::format("{} waiting", counted(waiting, "start"));
  return {};
}

void look_at_dead_letters(const std::vector<LintRule>& rules, Check& check) {
  std::size_t with = 0, all = 0;
  std::vector<std::string> without;
  for (const auto& [rule, targets, batch] : rules) {
    const auto has = [](const LintTarget& t) { return !t.target.dead_letter_arn.empty(); };
    all += targets.size();
    with += std::size_t(std::ranges::count_if(targets, has));
    if (!std::ranges::all_of(targets, has)) without.push_back(rule.name);
  }
  check.looked_at = fmt::format("{} of {} with a dead-letter queue", with, counted(all, "target"));
  if (without.empty()) return;
  check.findings.push_back(
      {.level = Level::note,
       .kind = "no-dead-letter-queue",
       .rules = std::move(without),
       .text = "failed starts of these are kept here only, and nobody is told",
       .mend = "give the targets a DeadLetterConfig; tidemill deliveries list --state failed shows "
               "what failed"});
}

std::size_t buses_of(const std::vector<LintRule>& rules) {
  std::set<std::string_view> buses;
  for (const auto& rule : rules) buses.insert(rule.rule.key.bus);
  return buses.size();
}

}  // namespace

Status Doctor::look_at_buckets(store::Tx& tx, const std::vector<LintRule>& rules,
                               Check& check) const {
  std::map<std::string, std::vector<std::string>> asking;
  for (const auto& [rule, targets, batch] : rules) {
    if (!rule.enabled) continue;
    for (auto& bucket : buckets_of(rule)) asking[bucket].push_back(rule.name);
  }
  for (auto& [name, by] : asking) {
    TM_TRY(const auto bucket, sources_.bucket(tx, name));
    if (!bucket.exists) {
      check.findings.push_back({.kind = "no-bucket",
                                .rules = std::move(by),
                                .text = fmt::format("there is no bucket {}", name),
                                .mend = "create it, or name the right bucket in the pattern"});
    } else if (!bucket.sends_events) {
      check.findings.push_back(
          {.kind = "silent-bucket",
           .rules = std::move(by),
           .text = fmt::format("bucket {} doesn't send its events to EventBridge", name),
           .mend =
               fmt::format("aws s3api put-bucket-notification-configuration --bucket {} "
                           "--notification-configuration '{{\"EventBridgeConfiguration\":{{}}}}'",
                           name)});
    }
  }
  check.looked_at = fmt::format("{} that patterns name", counted(asking.size(), "bucket"));
  return {};
}

Status Doctor::look_at_schedules(store::Tx& tx, const Scope& scope, Check& check) const {
  TM_TRY(const auto schedules, sources_.schedules(tx, scope));
  for (const auto& [name, facts, target] : schedules) {
    const auto obstacle =
        !facts.exists           ? fmt::format("{} does not exist", target)
        : !facts.denial.empty() ? facts.denial
        : !facts.job_obstacle.empty()
            ? fmt::format("a run of job {} would fail: {}", facts.job, facts.job_obstacle)
            : std::string();
    if (!obstacle.empty()) {
      check.findings.push_back(
          {.kind = "schedule-cant-start",
           .rules = {name},
           .text = obstacle,
           .mend = "mend it before the next time: tidemill schedule explain " + name});
    }
  }
  TM_TRY(const auto heatmap, sources_.heatmap(tx));
  for (const auto& value : heatmap.at("worst").as_array()) {
    const auto& minute = value.as_object();
    const auto* limit = minute.at("limit").if_int64();
    if (limit == nullptr || minute.at("starts").to_number<std::int64_t>() <= *limit) continue;
    std::vector<std::string> names;
    for (const auto& name : minute.at("schedules").as_array()) {
      names.emplace_back(json::view(name.as_string()));
    }
    check.findings.push_back({.level = Level::warning,
                              .kind = "collision",
                              .rules = std::move(names),
                              .text = fmt::format("at {} {} starts of {}, which runs {} at a time",
                                                  json::text_or_empty(minute, "time"),
                                                  minute.at("starts").to_number<std::int64_t>(),
                                                  json::text_or_empty(minute, "target"), *limit),
                              .mend = std::string(json::text_or_empty(minute, "proposal"))});
  }
  check.looked_at =
      fmt::format("{} in the week to come",
                  counted(heatmap.at("schedules").to_number<std::size_t>(), "scheduled target"));
  return {};
}

Result<std::vector<Check>> Doctor::walk(store::Tx& tx, const Scope& scope) const {
  TM_TRY(const auto buses,
         tx.all(
             "SELECT DISTINCT bus FROM rules WHERE account = $1 AND region = $2",
             [](const store::Row& row) { return row.text(0); }, scope.account, scope.region));
  Walk walk;
  std::vector<LintRule> rules;
  for (const auto& bus : buses) {
    TM_TRY(auto some, rules_of(tx, {scope, bus}, sources_.target));
    walk.sort_in(lint(some));
    std::ranges::move(some, std::back_inserter(rules));
  }
  walk["rules"].looked_at = fmt::format("{} on {}", counted(rules.size(), "rule"),
                                        counted(buses_of(rules), "bus", "buses"));
  std::set<std::string_view> jobs;
  for (const auto& rule : rules) {
    for (const auto& target : rule.targets) {
      if (!target.facts.job.empty()) jobs.insert(target.facts.job);
    }
  }
  walk["jobs"].looked_at = counted(jobs.size(), "job") + " that rules start";
  walk["permissions"].looked_at = "each target's role and resource policy";
  walk["overlaps"].looked_at = "each pair of rules";
  TM_TRY(const auto of_late, tallies(tx, scope));
  look_for_matches(rules, of_late, walk["patterns"]);
  TM_CHECK(look_at_buckets(tx, rules, walk["buckets"]));
  TM_CHECK(look_at_limits(tx, scope, walk["limits"]));
  look_at_starts(rules, of_late, walk["starts"]);
  look_at_dead_letters(rules, walk["dead-letters"]);
  TM_CHECK(look_at_schedules(tx, scope, walk["schedules"]));
  return std::move(walk).all();
}

Task<Result<json::value>> Doctor::look(Scope scope) {
  auto read = [&](store::Tx& tx) { return walk(tx, scope); };
  TM_CO_TRY(const auto checks, co_await store_.read(read));
  json::array shown;
  for (const auto& check : checks) {
    json::array findings;
    for (const auto& finding : check.findings) findings.push_back(shown_finding(finding));
    shown.push_back(json::object{{"name", check.name},
                                 {"question", check.question},
                                 {"looked_at", check.looked_at},
                                 {"findings", std::move(findings)}});
  }
  co_return json::object{{"checks", std::move(shown)}};
}

}  // namespace tidemill::explain
