// How triggers fire, and what follows from the end of a run.
#include "glue/workflow/workflows.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/failpoint.h"

namespace tidemill::glue {
namespace {

/// What a run is told of its chain (trigger_of).
std::string detail_of(std::string_view chain, std::string_view workflow) {
  json::object detail{{"chain", chain}};
  if (!workflow.empty()) {
    detail["workflowName"] = workflow;
    detail["workflowRunId"] = chain;
  }
  return json::dump(detail);
}

/// AWS's Action as a target: its job, given the other members as those of StartJobRun.
events::RuleTarget target_of(const Scope& scope, std::string name, json::object action) {
  events::RuleTarget target;
  target.id = std::move(name);
  target.arn = job_arn(scope, json::text_or_empty(action, "JobName"));
  action.erase("JobName");
  target.input.constant = json::dump(action);
  return target;
}

/// As it is now: a run of a workflow knows its triggers as they were at its start.
Result<bool> is_activated(store::Tx& tx, const JobTrigger& trigger) {
  TM_TRY(const auto now, find_trigger(tx, trigger.scope, trigger.name));
  return now && now->workflow == trigger.workflow && now->state == "ACTIVATED" && !now->is_start();
}

}  // namespace

events::Event Workflows::event_of(const JobTrigger& trigger, std::string_view detail_type,
                                  TimeMs at) const {
  return {.id = ordered_uuid(parts_.random, at),
          .scope = trigger.scope,
          .source = "aws.glue",
          .detail_type = fmt::format("Glue Trigger {}", detail_type),
          .time = at,
          .resources = {trigger.arn()},
          .detail = "{}",
          .subject = {}};
}

Result<std::int64_t> Workflows::fire(store::Tx& tx, const JobTrigger& trigger, TimeMs at,
                                     std::optional<std::int64_t> late_ms) {
  const auto event = event_of(trigger, trigger.type, at);
  if (!trigger.workflow.empty()) {
    events::RuleTarget target;
    target.id = "workflow";
    target.arn = workflow_arn(trigger.scope, trigger.workflow);
    const std::array targets{target};
    return parts_.hub.deliver(tx, event, {trigger.scope, trigger.name, trigger.arn(), late_ms},
                              targets);
  }
  const Chain chain{event.id, {}};
  const Shot shot{trigger, trigger.type, {}, {}};
  TM_TRY([[maybe_unused]] const bool added, add_firing(tx, chain.id, {trigger.name, 0, "[]"}));
  return deliver(tx, chain, shot, event, late_ms);
}

/// Fires each that hasn't fired in this chain: first all are on record, then their jobs start, so
/// that no run ends while others of the same commit are still to begin.
Status Workflows::shoot(store::Tx& tx, const Chain& chain, std::vector<Shot> shots) {
  std::vector<Shot> first;
  for (auto& shot : shots) {
    const Firing firing{shot.trigger.name, 0, predecessors_json(shot.by)};
    TM_TRY(const bool added, add_firing(tx, chain.id, firing));
    if (added || !shot.only.empty()) first.push_back(std::move(shot));
  }
  for (const auto& shot : first) {
    TM_FAILPOINT_CHECK("glue.workflow.fire");
    const auto event = event_of(shot.trigger, shot.detail_type, parts_.clock.now());
    TM_CHECK(deliver(tx, chain, shot, event, {}));
  }
  return {};
}

Result<std::int64_t> Workflows::deliver(store::Tx& tx, const Chain& chain, const Shot& shot,
                                        const events::Event& given,
                                        std::optional<std::int64_t> late_ms) {
  auto event = given;
  event.detail = detail_of(chain.id, chain.workflow);
  std::vector<events::RuleTarget> targets;
  int number = 0;
  for (const auto& action : shot.trigger.actions()) {
    const auto name = fmt::format("action-{}", ++number);
    const auto& only = shot.only;
    if (!only.empty() && std::ranges::find(only, name) == only.end()) continue;
    const std::string job(json::text_or_empty(action.as_object(), "JobName"));
    TM_CHECK(save_action(tx, {{chain.id, shot.trigger.name, name}, job}));
    targets.push_back(target_of(shot.trigger.scope, name, action.as_object()));
  }
  ++shooting_;
  const auto seq = parts_.hub.deliver(
      tx, event, {shot.trigger.scope, shot.trigger.name, shot.trigger.arn(), late_ms}, targets);
  --shooting_;
  TM_CHECK(seq);
  TM_CHECK(set_event(tx, chain.id, shot.trigger.name, *seq));
  return *seq;
}

Status Workflows::started(store::Tx& tx, const ActionKey& key, const std::string& run_id) {
  return set_action(tx, key, run_id, "RUNNING");
}

Status Workflows::refused(store::Tx& tx, const ActionKey& key) {
  TM_CHECK(set_action(tx, key, "", text(RunState::error)));
  if (shooting_ > 0) return {};  // Who fires the trigger looks what is left of its run.
  TM_TRY(const auto over, settle(tx, key.chain));
  if (!over) return {};
  // Not here: the hub is in the midst of its deliveries.
  parts_.hub.free_soon(tx, workflow_arn(over->scope, over->name));
  tx.on_commit([this] { parts_.due(parts_.clock.now()); });
  return {};
}

Status Workflows::retried(store::Tx& tx, const RunRow& run, const std::string& next_id) {
  return replace_attempt(tx, run.chain, run.id, next_id);
}

Status Workflows::ended(store::Tx& tx, const RunRow& run) {
  TM_CHECK(end_action(tx, run.chain, run.id, text(run.state)));
  TM_CHECK(follow(tx, run));
  return settle_and_make_room(tx, run.chain);
}

/// Fires the triggers that hold by the end of `run`: of a workflow's run those that it began with,
/// so long as they are still activated.
Status Workflows::follow(store::Tx& tx, const RunRow& run) {
  Chain chain{run.chain, {}};
  std::vector<JobTrigger> triggers;
  if (is_workflow_run(run.chain)) {
    TM_TRY(auto workflow_run, find_workflow_run(tx, run.chain));
    if (!workflow_run || workflow_run->status != "RUNNING") return {};
    chain.workflow = workflow_run->name;
    triggers = std::move(workflow_run->triggers);
  } else {
    TM_TRY(triggers, free_followers(tx, run.scope));
  }
  TM_TRY(const auto actions, actions_of(tx, run.chain));
  const auto endings = endings_of(actions);
  std::vector<Shot> shots;
  for (auto& trigger : triggers) {
    if (trigger.is_start()) continue;
    TM_TRY(const auto predicate, trigger.predicate());
    if (!predicate.watches(run.job)) continue;
    auto by = satisfied(predicate, endings);
    if (!by) continue;
    TM_TRY(const bool is_on, is_activated(tx, trigger));
    if (is_on) shots.push_back({std::move(trigger), "CONDITIONAL", *std::move(by), {}});
  }
  return shoot(tx, chain, std::move(shots));
}

}  // namespace tidemill::glue
