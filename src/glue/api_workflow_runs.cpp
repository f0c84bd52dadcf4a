// Runs of workflows: start, look up, stop, resume, and their properties.
#include <fmt/format.h>

#include "base/page.h"
#include "glue/api_shown.h"
#include "glue/api_workflows.h"
#include "glue/refusal.h"

namespace tidemill::glue {
namespace {

namespace w = wire::glue;

constexpr int page_default = 100;

/// The run and the workflow that a request names.
struct Named {
  Workflow workflow;
  WorkflowRun run;
};
template <class Request>
Result<Named> require_run(store::Tx& tx, const Caller& caller, const Request& request) {
  TM_TRY(auto workflow, require_workflow(tx, caller.scope, *request.Name));
  TM_TRY(auto run, find_workflow_run(tx, *request.RunId));
  if (!run || run->workflow != workflow.id) {
    return not_found(fmt::format("Workflow run {} not found.", *request.RunId));
  }
  return Named{std::move(workflow), *std::move(run)};
}

Status check_properties(const Arguments& properties) {
  std::size_t bytes = 0;
  for (const auto& [name, value] : properties) bytes += name.size() + value.size();
  if (bytes <= arguments_bytes_max) return {};
  return invalid_input(fmt::format("The properties of a run have {} bytes; at most {} are kept.",
                                   bytes, arguments_bytes_max));
}

Arguments properties_in(const std::optional<std::map<std::string, std::string>>& given) {
  Arguments properties;
  if (given) properties.insert(given->begin(), given->end());
  return properties;
}

}  // namespace

void WorkflowApi::register_runs(wire::Router& router) {
  router.on<w::op::StartWorkflowRun>(this, &WorkflowApi::start,
                                     workflow_access<w::StartWorkflowRunRequest>);
  router.on<w::op::GetWorkflowRun>(this, &WorkflowApi::get_run,
                                   workflow_access<w::GetWorkflowRunRequest>);
  router.on<w::op::GetWorkflowRuns>(this, &WorkflowApi::get_runs,
                                    workflow_access<w::GetWorkflowRunsRequest>);
  router.on<w::op::StopWorkflowRun>(this, &WorkflowApi::stop,
                                    workflow_access<w::StopWorkflowRunRequest>);
  router.on<w::op::ResumeWorkflowRun>(this, &WorkflowApi::resume,
                                      workflow_access<w::ResumeWorkflowRunRequest>);
  router.on<w::op::GetWorkflowRunProperties>(this, &WorkflowApi::get_properties,
                                             workflow_access<w::GetWorkflowRunPropertiesRequest>);
  router.on<w::op::PutWorkflowRunProperties>(this, &WorkflowApi::put_properties,
                                             workflow_access<w::PutWorkflowRunPropertiesRequest>);
}

Task<Result<w::StartWorkflowRunResponse>> WorkflowApi::start(const Caller& caller,
                                                             w::StartWorkflowRunRequest request) {
  const auto properties = properties_in(request.RunProperties);
  TM_CO_CHECK(check_properties(properties));
  auto change = [&](store::Tx& tx) -> Result<w::StartWorkflowRunResponse> {
    TM_TRY(const auto workflow, require_workflow(tx, caller.scope, *request.Name));
    w::StartWorkflowRunResponse response;
    TM_TRY(response.RunId, parts_.workflows.start(tx, workflow, properties));
    return response;
  };
  co_return co_await parts_.store.write(change);
}

Task<Result<w::GetWorkflowRunResponse>> WorkflowApi::get_run(const Caller& caller,
                                                             w::GetWorkflowRunRequest request) {
  auto query = [&](store::Tx& tx) -> Result<w::GetWorkflowRunResponse> {
    TM_TRY(const auto named, require_run(tx, caller, request));
    w::GetWorkflowRunResponse response;
    TM_TRY(response.Run, shown(tx, named.run, request.IncludeGraph.value_or(false)));
    return response;
  };
  co_return co_await parts_.store.read(query);
}

Task<Result<w::GetWorkflowRunsResponse>> WorkflowApi::get_runs(const Caller& caller,
                                                               w::GetWorkflowRunsRequest request) {
  TM_CO_TRY(const auto before, position_of(request.NextToken));
  const int count = request.MaxResults.value_or(page_default);
  auto query = [&](store::Tx& tx) -> Result<w::GetWorkflowRunsResponse> {
    TM_TRY(const auto workflow, require_workflow(tx, caller.scope, *request.Name));
    TM_TRY(auto runs, list_workflow_runs(tx, workflow.id, before, count + 1));
    w::GetWorkflowRunsResponse response;
    if (cut_page(runs, count)) response.NextToken = std::to_string(runs.back().seq);
    auto& list = response.Runs.emplace();
    for (const auto& run : runs) {
      TM_TRY(auto one, shown(tx, run, request.IncludeGraph.value_or(false)));
      list.push_back(std::move(one));
    }
    return response;
  };
  co_return co_await parts_.store.read(query);
}

Task<Result<w::StopWorkflowRunResponse>> WorkflowApi::stop(const Caller& caller,
                                                           w::StopWorkflowRunRequest request) {
  auto change = [&](store::Tx& tx) -> Result<w::StopWorkflowRunResponse> {
    TM_TRY(auto named, require_run(tx, caller, request));
    TM_CHECK(parts_.workflows.stop(tx, std::move(named.run)));
    return w::StopWorkflowRunResponse();
  };
  co_return co_await parts_.store.write(change);
}

Task<Result<w::ResumeWorkflowRunResponse>> WorkflowApi::resume(
    const Caller& caller, w::ResumeWorkflowRunRequest request) {
  auto change = [&](store::Tx& tx) -> Result<w::ResumeWorkflowRunResponse> {
    TM_TRY(const auto named, require_run(tx, caller, request));
    w::ResumeWorkflowRunResponse response;
    TM_TRY(response.RunId,
           parts_.workflows.resume(tx, named.workflow, named.run, *request.NodeIds));
    response.NodeIds = request.NodeIds;
    return response;
  };
  co_return co_await parts_.store.write(change);
}

Task<Result<w::GetWorkflowRunPropertiesResponse>> WorkflowApi::get_properties(
    const Caller& caller, w::GetWorkflowRunPropertiesRequest request) {
  auto query = [&](store::Tx& tx) -> Result<w::GetWorkflowRunPropertiesResponse> {
    TM_TRY(const auto named, require_run(tx, caller, request));
    w::GetWorkflowRunPropertiesResponse response;
    response.RunProperties.emplace(named.run.properties.begin(), named.run.properties.end());
    return response;
  };
  co_return co_await parts_.store.read(query);
}

/// Those that are given are set, the others stay.
Task<Result<w::PutWorkflowRunPropertiesResponse>> WorkflowApi::put_properties(
    const Caller& caller, w::PutWorkflowRunPropertiesRequest request) {
  auto change = [&](store::Tx& tx) -> Result<w::PutWorkflowRunPropertiesResponse> {
    TM_TRY(auto named, require_run(tx, caller, request));
    for (auto& [name, value] : *request.RunProperties) named.run.properties[name] = value;
    TM_CHECK(check_properties(named.run.properties));
    TM_CHECK(save_workflow_run(tx, named.run));
    return w::PutWorkflowRunPropertiesResponse();
  };
  co_return co_await parts_.store.write(change);
}

}  // namespace tidemill::glue
