// The runs of workflows: how they begin, stop, go on and end.
#include <algorithm>

#include <fmt/format.h>

#include "base/failpoint.h"
#include "glue/refusal.h"
#include "glue/workflow/workflows.h"

namespace tidemill::glue {
namespace {

std::unexpected<Error> illegal_state(const WorkflowRun& run, std::string_view what) {
  return refuse(
      Errc::conflict, "IllegalWorkflowStateException",
      fmt::format("Workflow run {} is in state {} and can't be {}.", run.id, run.status, what));
}

std::unexpected<Error> runs_exceeded(const Workflow& workflow) {
  return refuse(Errc::conflict, "ConcurrentRunsExceededException",
                fmt::format("Concurrent runs exceeded for workflow: {}.", workflow.name));
}

const JobTrigger* start_of(const std::vector<JobTrigger>& triggers) {
  const auto found = std::ranges::find_if(triggers, &JobTrigger::is_start);
  return found != triggers.end() ? &*found : nullptr;
}

/// The jobs that nodes stand for: their own, or those of a trigger.
Result<std::set<std::string>> jobs_of_nodes(const WorkflowRun& run,
                                            const std::vector<std::string>& ids) {
  const auto graph = graph_of(workflow_arn(run.scope, run.name), run.triggers);
  std::set<std::string> jobs;
  for (const auto& id : ids) {
    const auto node = std::ranges::find(graph.nodes, id, &Node::id);
    if (node == graph.nodes.end()) {
      return invalid_input(
          fmt::format("Workflow run {} has no node {}; GetWorkflowRun with "
                      "IncludeGraph shows them.",
                      run.id, id));
    }
    if (!node->is_trigger) {
      jobs.insert(node->name);
      continue;
    }
    const auto trigger = std::ranges::find(run.triggers, node->name, &JobTrigger::name);
    for (auto& job : trigger->jobs()) jobs.insert(std::move(job));
  }
  return jobs;
}

}  // namespace

Result<bool> Workflows::has_room(store::Tx& tx, const Workflow& workflow) const {
  const auto max = workflow.concurrent_max();
  if (!max) return true;
  TM_TRY(const auto open, open_workflow_runs(tx, workflow.id));
  return open < *max;
}

WorkflowRun Workflows::new_run(const Workflow& workflow, Arguments properties) const {
  return {.id = "wr_" + random_hex(parts_.random, 32),
          .workflow = workflow.id,
          .scope = workflow.scope,
          .name = workflow.name,
          .previous_id = {},
          .properties = merge_arguments({workflow.properties(), {}, properties, {}}),
          .triggers = {},
          .batch = {},
          .started = parts_.clock.now(),
          .completed = {},
          .error = {}};
}

Result<std::string> Workflows::start(store::Tx& tx, const Workflow& workflow,
                                     const Arguments& properties) {
  TM_TRY(const bool room, has_room(tx, workflow));
  if (!room) return runs_exceeded(workflow);
  auto run = new_run(workflow, properties);
  const auto id = run.id;
  TM_CHECK(begin(tx, std::move(run), "ON_DEMAND"));
  return id;
}

/// Writes the run, with the workflow's triggers as they are now, and fires the start trigger.
Status Workflows::begin(store::Tx& tx, WorkflowRun run, std::string_view detail_type) {
  TM_TRY(run.triggers, triggers_of(tx, run.scope, run.name));
  const auto* start = start_of(run.triggers);
  if (start == nullptr) {
    return invalid_input(fmt::format(
        "Workflow {} has no start trigger: one of type ON_DEMAND, SCHEDULED or EVENT.", run.name));
  }
  TM_CHECK(add_workflow_run(tx, run));
  std::vector<Shot> shots;
  shots.push_back({*start, detail_type, {}, {}});
  TM_CHECK(shoot(tx, {run.id, run.name}, std::move(shots)));
  TM_CHECK(settle(tx, run.id));
  return {};
}

Result<std::optional<WorkflowRun>> Workflows::settle(store::Tx& tx, std::string_view chain) {
  if (!is_workflow_run(chain)) return std::nullopt;
  TM_TRY(auto run, find_workflow_run(tx, chain));
  if (!run || !run->is_open()) return std::nullopt;
  TM_TRY(const auto actions, actions_of(tx, chain));
  if (std::ranges::any_of(actions, &Action::is_open)) return std::nullopt;
  TM_FAILPOINT_CHECK("glue.workflow.end");
  run->status = run->status == "STOPPING" ? "STOPPED" : "COMPLETED";
  run->completed = parts_.clock.now();
  TM_CHECK(save_workflow_run(tx, *run));
  return run;
}

Status Workflows::settle_and_make_room(store::Tx& tx, std::string_view chain) {
  TM_TRY(const auto over, settle(tx, chain));
  if (!over) return {};
  TM_TRY(const auto workflow, find_workflow(tx, over->workflow));
  return workflow ? make_room(tx, *workflow) : Status();
}

Status Workflows::make_room(store::Tx& tx, const Workflow& workflow) {
  TM_CHECK(start_batches(tx, workflow));
  return parts_.hub.target_free(tx, workflow.arn());
}

Status Workflows::stop(store::Tx& tx, WorkflowRun run) {
  if (run.status != "RUNNING") return illegal_state(run, "stopped");
  run.status = "STOPPING";
  TM_CHECK(save_workflow_run(tx, run));
  TM_TRY(const auto firings, firings_of(tx, run.id));
  for (const auto& firing : firings) {
    TM_CHECK(parts_.hub.cancel(tx, firing.event, "The workflow run was stopped."));
  }
  TM_TRY(const auto actions, actions_of(tx, run.id));
  for (const auto& action : actions) {
    if (action.state == "WAITING") {
      TM_CHECK(set_action(tx, action.key, "", text(RunState::stopped)));
    } else if (action.is_open()) {
      TM_CHECK(parts_.runs.stop(tx, run.scope, action.job, action.run));
    }
  }
  return settle_and_make_room(tx, run.id);
}

Result<std::string> Workflows::resume(store::Tx& tx, const Workflow& workflow,
                                      const WorkflowRun& old,
                                      const std::vector<std::string>& nodes) {
  if (old.is_open()) return illegal_state(old, "resumed");
  TM_TRY(const bool room, has_room(tx, workflow));
  if (!room) return runs_exceeded(workflow);
  TM_TRY(auto jobs, jobs_of_nodes(old, nodes));
  TM_TRY(const auto actions, actions_of(tx, old.id));
  const bool any_ran =
      std::ranges::any_of(actions, [&](const Action& action) { return jobs.contains(action.job); });
  if (!any_ran) {
    return invalid_input(fmt::format(
        "None of these nodes ran in workflow run {}: there is nothing to resume.", old.id));
  }
  auto run = new_run(workflow, old.properties);
  run.previous_id = old.id;
  run.triggers = old.triggers;
  TM_CHECK(add_workflow_run(tx, run));
  const auto first = jobs;
  const auto down = downstream_of(run.triggers, std::move(jobs));
  std::map<std::string, std::vector<std::string>> again;  // Actions, by trigger.
  TM_TRY(const auto firings, firings_of(tx, old.id));
  for (const auto& firing : firings) {
    if (down.triggers.contains(firing.trigger)) continue;
    TM_CHECK(add_firing(tx, run.id, firing));
  }
  for (auto action : actions) {
    if (down.triggers.contains(action.key.trigger)) continue;
    if (first.contains(action.job)) {
      again[action.key.trigger].push_back(action.key.action);
      continue;
    }
    action.key.chain = run.id;
    TM_CHECK(save_action(tx, action));
  }
  std::vector<Shot> shots;
  for (const auto& trigger : run.triggers) {
    const auto only = again.find(trigger.name);
    if (only == again.end()) continue;
    shots.push_back({trigger, trigger.is_start() ? "ON_DEMAND" : "CONDITIONAL", {}, only->second});
  }
  TM_CHECK(shoot(tx, {run.id, run.name}, std::move(shots)));
  TM_CHECK(settle(tx, run.id));
  return run.id;
}

}  // namespace tidemill::glue
