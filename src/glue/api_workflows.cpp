// Workflows: create, look up, change, delete; and how they and their runs are shown.
#include "glue/api_workflows.h"

#include <fmt/format.h>

#include "base/page.h"
#include "glue/api_shown.h"
#include "glue/refusal.h"
#include "glue/tags.h"
#include "wire/json_codec.h"

namespace tidemill::glue {
namespace {

namespace w = wire::glue;

constexpr int page_default = 25;

template <class Request>
Result<json::object> definition_of(const wire::Shape& shape, const Request& request) {
  TM_TRY(auto definition, json::parse_object(wire::encode_json(shape, &request)));
  definition.erase("Name");
  definition.erase("Tags");
  if (request.MaxConcurrentRuns.value_or(1) < 1) {
    return invalid_input("MaxConcurrentRuns must be at least 1; leave it out for no bound.");
  }
  return definition;
}

/// `actions` and `runs`: of a run of it; none for a workflow by itself.
Result<w::WorkflowGraph> shown_graph(const Graph& graph, std::span<const JobTrigger> triggers,
                                     const std::vector<std::pair<Action, w::JobRun>>& runs) {
  w::WorkflowGraph out;
  auto& nodes = out.Nodes.emplace();
  for (const auto& node : graph.nodes) {
    auto& shown = nodes.emplace_back();
    shown.Type = node.is_trigger ? "TRIGGER" : "JOB";
    shown.Name = node.name;
    shown.UniqueId = node.id;
    if (node.is_trigger) {
      const auto trigger = std::ranges::find(triggers, node.name, &JobTrigger::name);
      TM_TRY(shown.TriggerDetails.emplace().Trigger, trigger_shape_of(*trigger));
      continue;
    }
    auto& job_runs = shown.JobDetails.emplace().JobRuns.emplace();
    for (const auto& [action, run] : runs) {
      if (action.job == node.name) job_runs.push_back(run);
    }
  }
  auto& edges = out.Edges.emplace();
  for (const auto& [from, to] : graph.edges) {
    auto& edge = edges.emplace_back();
    edge.SourceId = from;
    edge.DestinationId = to;
  }
  return out;
}

w::WorkflowRunStatistics shown_statistics(const WorkflowRun& run, std::span<const Action> actions) {
  const auto counts = statistics_of(run.triggers, actions);
  const auto count = [&](const char* name) { return std::int32_t(counts.at(name)); };
  w::WorkflowRunStatistics out;
  out.TotalActions = count("TotalActions");
  out.TimeoutActions = count("TimeoutActions");
  out.FailedActions = count("FailedActions");
  out.StoppedActions = count("StoppedActions");
  out.SucceededActions = count("SucceededActions");
  out.RunningActions = count("RunningActions");
  out.ErroredActions = count("ErroredActions");
  out.WaitingActions = count("WaitingActions");
  return out;
}

std::optional<std::int32_t> narrow(const std::optional<std::int64_t>& number) {
  return number ? std::optional(std::int32_t(*number)) : std::nullopt;
}

}  // namespace

void WorkflowApi::register_with(wire::Router& router) {
  router.on<w::op::CreateWorkflow>(this, &WorkflowApi::create,
                                   workflow_access<w::CreateWorkflowRequest>);
  router.on<w::op::GetWorkflow>(this, &WorkflowApi::get, workflow_access<w::GetWorkflowRequest>);
  router.on<w::op::UpdateWorkflow>(this, &WorkflowApi::update,
                                   workflow_access<w::UpdateWorkflowRequest>);
  router.on<w::op::DeleteWorkflow>(this, &WorkflowApi::remove,
                                   workflow_access<w::DeleteWorkflowRequest>);
  router.on<w::op::ListWorkflows>(this, &WorkflowApi::list);
  router.on<w::op::BatchGetWorkflows>(this, &WorkflowApi::get_batch);
  register_runs(router);
}

Result<w::Workflow> WorkflowApi::shown(store::Tx& tx, const Workflow& workflow,
                                       bool with_graph) const {
  w::Workflow out;
  TM_CHECK(wire::decode_json(json::dump(workflow.definition),
                             wire::member_shape(*w::op::GetWorkflow::operation.output, "Workflow"),
                             &out));
  out.Name = workflow.name;
  out.CreatedOn = workflow.created;
  out.LastModifiedOn = workflow.modified;
  TM_TRY(const auto runs, list_workflow_runs(tx, workflow.id, 0, 1));
  if (!runs.empty()) {
    TM_TRY(out.LastRun, shown(tx, runs.front(), with_graph));
  }
  if (!with_graph) return out;
  TM_TRY(const auto triggers, triggers_of(tx, workflow.scope, workflow.name));
  TM_TRY(out.Graph, shown_graph(graph_of(workflow.arn(), triggers), triggers, {}));
  return out;
}

Result<w::WorkflowRun> WorkflowApi::shown(store::Tx& tx, const WorkflowRun& run,
                                          bool with_graph) const {
  TM_TRY(const auto actions, actions_of(tx, run.id));
  w::WorkflowRun out;
  out.Name = run.name;
  out.WorkflowRunId = run.id;
  if (!run.previous_id.empty()) out.PreviousRunId = run.previous_id;
  out.WorkflowRunProperties.emplace(run.properties.begin(), run.properties.end());
  out.StartedOn = run.started;
  out.CompletedOn = run.completed;
  out.Status = run.status;
  if (!run.error.empty()) out.ErrorMessage = run.error;
  out.Statistics = shown_statistics(run, actions);
  if (run.batch) {
    auto& batch = out.StartingEventBatchCondition.emplace();
    batch.BatchSize = narrow(run.batch->size);
    batch.BatchWindow = narrow(run.batch->window_s);
  }
  if (!with_graph) return out;
  std::vector<std::pair<Action, w::JobRun>> runs;
  for (const auto& action : actions) {
    TM_TRY(const auto row, parts_.runs.find(tx, action.run));
    if (!row) continue;
    TM_TRY(auto one, job_run_of(*row, parts_.clock.now()));
    runs.emplace_back(action, std::move(one));
  }
  const auto graph = graph_of(workflow_arn(run.scope, run.name), run.triggers);
  TM_TRY(out.Graph, shown_graph(graph, run.triggers, runs));
  return out;
}

Task<Result<w::CreateWorkflowResponse>> WorkflowApi::create(const Caller& caller,
                                                            w::CreateWorkflowRequest request) {
  Workflow workflow{.scope = caller.scope, .name = *request.Name, .definition = {}};
  TM_CO_TRY(workflow.definition, definition_of(*w::op::CreateWorkflow::operation.input, request));
  workflow.created = workflow.modified = parts_.clock.now();
  auto change = [&](store::Tx& tx) -> Result<w::CreateWorkflowResponse> {
    TM_CHECK(add_workflow(tx, workflow));
    TM_CHECK(save_tags(tx, workflow.arn(), request.Tags));
    w::CreateWorkflowResponse response;
    response.Name = workflow.name;
    return response;
  };
  co_return co_await parts_.store.write(change);
}

Task<Result<w::GetWorkflowResponse>> WorkflowApi::get(const Caller& caller,
                                                      w::GetWorkflowRequest request) {
  auto query = [&](store::Tx& tx) -> Result<w::GetWorkflowResponse> {
    TM_TRY(const auto workflow, require_workflow(tx, caller.scope, *request.Name));
    w::GetWorkflowResponse response;
    TM_TRY(response.Workflow, shown(tx, workflow, request.IncludeGraph.value_or(false)));
    return response;
  };
  co_return co_await parts_.store.read(query);
}

Task<Result<w::ListWorkflowsResponse>> WorkflowApi::list(const Caller& caller,
                                                         w::ListWorkflowsRequest request) {
  const int count = request.MaxResults.value_or(page_default);
  auto query = [&](store::Tx& tx) -> Result<w::ListWorkflowsResponse> {
    TM_TRY(auto page, list_workflows(tx, caller.scope, request.NextToken.value_or(""), count + 1));
    w::ListWorkflowsResponse response;
    if (cut_page(page, count)) response.NextToken = page.back().name;
    auto& names = response.Workflows.emplace();
    for (const auto& workflow : page) names.push_back(workflow.name);
    return response;
  };
  co_return co_await parts_.store.read(query);
}

Task<Result<w::BatchGetWorkflowsResponse>> WorkflowApi::get_batch(
    const Caller& caller, w::BatchGetWorkflowsRequest request) {
  auto query = [&](store::Tx& tx) -> Result<w::BatchGetWorkflowsResponse> {
    w::BatchGetWorkflowsResponse response;
    auto& found = response.Workflows.emplace();
    auto& missing = response.MissingWorkflows.emplace();
    for (const auto& name : *request.Names) {
      TM_TRY(const auto workflow, find_workflow(tx, caller.scope, name));
      if (!workflow) {
        missing.push_back(name);
        continue;
      }
      TM_TRY(auto one, shown(tx, *workflow, request.IncludeGraph.value_or(false)));
      found.push_back(std::move(one));
    }
    return response;
  };
  co_return co_await parts_.store.read(query);
}

Task<Result<w::UpdateWorkflowResponse>> WorkflowApi::update(const Caller& caller,
                                                            w::UpdateWorkflowRequest request) {
  TM_CO_TRY(const auto definition, definition_of(*w::op::UpdateWorkflow::operation.input, request));
  auto change = [&](store::Tx& tx) -> Result<w::UpdateWorkflowResponse> {
    TM_TRY(auto workflow, require_workflow(tx, caller.scope, *request.Name));
    workflow.definition = definition;
    workflow.modified = parts_.clock.now();
    TM_CHECK(update_workflow(tx, workflow));
    TM_CHECK(parts_.workflows.make_room(tx, workflow));
    w::UpdateWorkflowResponse response;
    response.Name = workflow.name;
    return response;
  };
  co_return co_await parts_.store.write(change);
}

/// Its triggers go with it; runs that are open end by themselves.
Task<Result<w::DeleteWorkflowResponse>> WorkflowApi::remove(const Caller& caller,
                                                            w::DeleteWorkflowRequest request) {
  auto change = [&](store::Tx& tx) -> Result<w::DeleteWorkflowResponse> {
    w::DeleteWorkflowResponse response;
    response.Name = request.Name;
    TM_TRY(const auto workflow, find_workflow(tx, caller.scope, *request.Name));
    if (!workflow) return response;
    TM_TRY(const auto triggers, triggers_of(tx, workflow->scope, workflow->name));
    for (const auto& trigger : triggers) {
      TM_CHECK(parts_.triggers.removed(tx, trigger));
      TM_CHECK(remove_trigger(tx, trigger));
    }
    TM_CHECK(remove_workflow(tx, *workflow));
    TM_CHECK(parts_.workflows.make_room(tx, *workflow));
    return response;
  };
  co_return co_await parts_.store.write(change);
}

}  // namespace tidemill::glue
