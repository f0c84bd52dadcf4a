/// Triggers as the store keeps them: SCHEDULED ones fire by the clock, ON_DEMAND ones when told,
/// CONDITIONAL ones when runs end that triggers started, EVENT ones when events reach their
/// workflow. Functions take the open transaction. (AWS: "AWS Glue triggers".)
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/arn.h"
#include "base/json.h"
#include "base/time.h"
#include "glue/predicate.h"
#include "store/store.h"

namespace tidemill::glue {

struct JobTrigger {
  std::int64_t id = 0;
  Scope scope;
  std::string name;
  std::string workflow;     ///< The name of the one that it belongs to; empty for none.
  std::string type;         ///< SCHEDULED, ON_DEMAND, CONDITIONAL, EVENT
  std::string state;        ///< CREATED, ACTIVATED, DEACTIVATED
  json::object definition;  ///< Schedule, Actions, Predicate, …: AWS's TriggerUpdate.
  TimeMs created;

  [[nodiscard]] std::string arn() const;
  [[nodiscard]] std::string schedule() const;
  /// AWS's Action, as JSON, one for each job.
  [[nodiscard]] json::array actions() const;
  /// The jobs that it starts, by name.
  [[nodiscard]] std::vector<std::string> jobs() const;
  /// What a CONDITIONAL one watches. Fails as parse_predicate.
  [[nodiscard]] Result<Predicate> predicate() const;
  /// It begins runs of its workflow, rather than following from other jobs.
  [[nodiscard]] bool is_start() const { return type != "CONDITIONAL"; }
};

/// AWS's Trigger as JSON, and back.
[[nodiscard]] json::object shown_trigger(const JobTrigger& trigger);
[[nodiscard]] JobTrigger trigger_from(const Scope& scope, const json::object& shown);

/// What becomes of a trigger's schedule; filled by the server.
class TriggerTimers {
 public:
  virtual ~TriggerTimers() = default;
  /// In the transaction that changed it or its tags.
  [[nodiscard]] virtual Status changed(store::Tx& tx, const JobTrigger& trigger) = 0;
  [[nodiscard]] virtual Status removed(store::Tx& tx, const JobTrigger& trigger) = 0;
  /// Starts its jobs now.
  [[nodiscard]] virtual Status start(store::Tx& tx, const JobTrigger& trigger) = 0;
};

/// Refuses what AWS refuses, and crawlers (InvalidInputException).
[[nodiscard]] Status check_trigger(const JobTrigger& trigger);

[[nodiscard]] Result<std::optional<JobTrigger>> find_trigger(store::Tx& tx, const Scope& scope,
                                                             std::string_view name);
[[nodiscard]] Result<std::optional<JobTrigger>> find_trigger(store::Tx& tx, std::int64_t id);
/// As find_trigger, or EntityNotFoundException.
[[nodiscard]] Result<JobTrigger> require_trigger(store::Tx& tx, const Scope& scope,
                                                 std::string_view name);
/// In the order of their names.
[[nodiscard]] Result<std::vector<JobTrigger>> list_triggers(store::Tx& tx, const Scope& scope);
/// Those of a workflow, in the order of their names.
[[nodiscard]] Result<std::vector<JobTrigger>> triggers_of(store::Tx& tx, const Scope& scope,
                                                          std::string_view workflow);
/// The CONDITIONAL ones outside of workflows that are activated.
[[nodiscard]] Result<std::vector<JobTrigger>> free_followers(store::Tx& tx, const Scope& scope);
/// Inserts or replaces by name; gives it with its id.
[[nodiscard]] Result<JobTrigger> save_trigger(store::Tx& tx, JobTrigger trigger);
[[nodiscard]] Status remove_trigger(store::Tx& tx, const JobTrigger& trigger);

[[nodiscard]] std::string trigger_arn(const Scope& scope, std::string_view name);

}  // namespace tidemill::glue
