/// What triggers have fired and started in a chain, which is all that descends from one firing of
/// a start trigger: a workflow run, or outside of workflows the jobs that follow from one event.
/// Functions take the open transaction.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "glue/follower.h"
#include "glue/predicate.h"
#include "store/store.h"

namespace tidemill::glue {

/// A job that a trigger starts.
struct Action {
  ActionKey key;
  std::string job;
  std::string run;                ///< Its newest attempt; empty while the job has no room.
  std::string state = "WAITING";  ///< WAITING, RUNNING, then how the run ended.

  [[nodiscard]] bool is_open() const { return state == "WAITING" || state == "RUNNING"; }
};

struct Firing {
  std::string trigger;
  std::int64_t event = 0;    ///< events.seq, whose deliveries start its jobs.
  std::string predecessors;  ///< AWS's PredecessorRuns as JSON.
};

/// False where the trigger has fired in this chain before.
[[nodiscard]] Result<bool> add_firing(store::Tx& tx, std::string_view chain, const Firing& firing);
[[nodiscard]] Status set_event(store::Tx& tx, std::string_view chain, std::string_view trigger,
                               std::int64_t event);
[[nodiscard]] Result<std::vector<Firing>> firings_of(store::Tx& tx, std::string_view chain);
/// AWS's PredecessorRuns of what the trigger started in the chain, as JSON.
[[nodiscard]] Result<std::string> predecessors_of(store::Tx& tx, std::string_view chain,
                                                  std::string_view trigger);

/// Adds it, or sets its run and state.
[[nodiscard]] Status save_action(store::Tx& tx, const Action& action);
[[nodiscard]] Status set_action(store::Tx& tx, const ActionKey& key, std::string_view run,
                                std::string_view state);
/// Of the action that `run` is the newest attempt of.
[[nodiscard]] Status end_action(store::Tx& tx, std::string_view chain, std::string_view run,
                                std::string_view state);
[[nodiscard]] Status replace_attempt(store::Tx& tx, std::string_view chain, std::string_view run,
                                     std::string_view next);
[[nodiscard]] Result<std::vector<Action>> actions_of(store::Tx& tx, std::string_view chain);

/// Those that are over.
[[nodiscard]] std::vector<Ending> endings_of(std::span<const Action> actions);
[[nodiscard]] std::string predecessors_json(std::span<const Ending> endings);

}  // namespace tidemill::glue
