/// What is wrong with rules before an event shows it: rules that can both match one event, rules
/// that never match, rules that a job's own output starts again, targets that aren't there or
/// whose role may not. `lint` is pure; the Linter reads the services and changes nothing.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/json.h"
#include "events/batch_plan.h"
#include "events/rule.h"
#include "store/store.h"

namespace tidemill::explain {

/// What is known of a rule's target.
struct TargetFacts {
  bool exists = true;
  std::string denial;  ///< Why the role may not, with role, action and resource; empty: it may.
  /// What would stand against a dead letter: no such queue, or its policy; empty: nothing.
  std::string dead_letter_obstacle;
  std::string job;           ///< Its name, if it is a Glue job.
  std::string job_obstacle;  ///< Why each of its runs would fail at once; empty: nothing known.
  /// What the job is given by its definition and by the target's constant input, by name ("--x").
  std::vector<std::pair<std::string, std::string>> arguments;
};

struct LintTarget {
  events::RuleTarget target;
  TargetFacts facts;
};

struct LintRule {
  events::Rule rule;
  std::vector<LintTarget> targets;
  std::optional<events::BatchPlan> batch = {};  ///< What its tag tidemill:batch says.
};

struct Finding {
  enum class Level : std::uint8_t { error, warning, note };
  Level level = Level::error;
  /// overlap, loop, never-matches, no-target, missing-target, no-permission, job-cant-run,
  /// dead-letter-queue, batch-marker, batch-waits, batch-unused, not-portable, disabled,
  /// incomplete; the Doctor adds its own.
  std::string kind;
  std::vector<std::string> rules;
  std::string text;     ///< A sentence.
  std::string example;  ///< An event that shows it, as JSON; empty where there is none.
  std::string mend;     ///< What to do about it.
};

/// The findings of one bus, errors first. At most `pairs_max` pairs of rules are compared, beyond
/// that a finding says so.
[[nodiscard]] std::vector<Finding> lint(const std::vector<LintRule>& rules);
constexpr std::size_t pairs_max = 1'000'000;

using Facts =
    std::function<Result<TargetFacts>(store::Tx&, const events::Rule&, const events::RuleTarget&)>;

/// The rules of a bus with what is known of their targets.
[[nodiscard]] Result<std::vector<LintRule>> rules_of(store::Tx& tx, const events::BusKey& key,
                                                     const Facts& facts);

/// {"level", "kind", "rules", "text", "example" if there is one, "mend"}.
[[nodiscard]] json::object shown_finding(const Finding& finding);

class Linter {
 public:
  Linter(store::Store& store, Facts facts) : store_(store), facts_(std::move(facts)) {}

  /// {"bus", "rules": how many, "findings": [{"level", "kind", "rules", "text", "example",
  /// "mend"}]}. Fails with AWS's ResourceNotFoundException if there is no such bus.
  Task<Result<json::value>> bus(events::BusKey key);

 private:
  store::Store& store_;
  const Facts facts_;
};

}  // namespace tidemill::explain
