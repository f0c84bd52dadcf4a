// How triggers fire, and what follows from the end of a run.
#include "glue/workflow/workflows.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/failpoint.h"

namespace tidemill::glue {
namespace {

std::string action_name(std::size_t number) { return fmt::format("action-{}", number); }

/// What a run is told of its chain (trigger_of).
std::string detail_of(std::string_view chain, std::string_view workflow) {
  json::object detail{{"chain", chain}};
  if (!workflow.empty()) {
    detail["workflowName"] = workflow;
    detail["workflowRunId"] = chain;
  }
  return json::dump(detail);
}

/// The trigger's actions by name, as targets: a job each.
std::vector<events::RuleTarget> targets_of(const JobTrigger& trigger) {
  std::vector<events::RuleTarget> targets;
  for (const auto& given : trigger.actions()) {
    auto action = given.as_object();
    const std::string job(json::text_or_empty(action, "JobName"));
    action.erase("JobName");
    auto& target = targets.emplace_back();
    target.id = action_name(targets.size());
    target.arn = job_arn(trigger.scope, job);
    target.input.constant = json::dump(action);  // The members of StartJobRun.
  }
  return targets;
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
  auto targets = targets_of(shot.trigger);
  const auto jobs = shot.trigger.jobs();
  for (std::size_t i = 0; i < targets.size(); ++i) {
    if (!shot.only.empty() && std::ranges::find(shot.only, targets[i].id) == shot.only.end()) {
      continue;
    }
    TM_CHECK(save_action(tx, {{chain.id, shot.trigger.name, targets[i].id}, jobs[i]}));
  }
  if (!shot.only.empty()) {
    std::erase_if(targets, [&](const auto& target) {
      return std::ranges::find(shot.only, target.id) == shot.only.end();
    });
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

/// The triggers that may fire by the end of `run`: of a workflow's run those that it began with, so
/// long as they are still activated.
Result<std::vector<JobTrigger>> Workflows::followers_of(
    store::Tx& tx, const RunRow& run, const std::optional<WorkflowRun>& workflow_run) const {
  if (!workflow_run) return free_followers(tx, run.scope);
  std::vector<JobTrigger> followers;
  for (const auto& trigger : workflow_run->triggers) {
    if (trigger.is_start()) continue;
    TM_TRY(const auto now, find_trigger(tx, trigger.scope, trigger.name));
    const bool is_on =
        now && now->workflow == trigger.workflow && now->state == "ACTIVATED" && !now->is_start();
    if (is_on) followers.push_back(trigger);
  }
  return followers;
}

Status Workflows::follow(store::Tx& tx, const RunRow& run) {
  std::optional<WorkflowRun> workflow_run;
  if (is_workflow_run(run.chain)) {
    TM_TRY(workflow_run, find_workflow_run(tx, run.chain));
    if (!workflow_run || workflow_run->status != "RUNNING") return {};
  }
  TM_TRY(auto followers, followers_of(tx, run, workflow_run));
  std::vector<Shot> shots;
  std::vector<Ending> endings;
  for (auto& trigger : followers) {
    const auto* given = trigger.definition.if_contains("Predicate");
    if (given == nullptr) continue;
    TM_TRY(const auto predicate, parse_predicate(given->as_object()));
    if (!predicate.watches(run.job)) continue;
    if (endings.empty()) {
      TM_TRY(const auto actions, actions_of(tx, run.chain));
      endings = endings_of(actions);
    }
    auto by = satisfied(predicate, endings);
    if (by) shots.push_back({std::move(trigger), "CONDITIONAL", *std::move(by), {}});
  }
  return shoot(tx, {run.chain, workflow_run ? workflow_run->name : ""}, std::move(shots));
}

}  // namespace tidemill::glue
