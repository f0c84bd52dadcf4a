/// Glue's operations on workflows and their runs. Made once by the server; called on event loops.
#pragma once

#include "base/caller.h"
#include "glue/workflow/workflows.h"
#include "wire/gen/glue.h"
#include "wire/router.h"

namespace tidemill::glue {

/// Of requests that name a workflow.
template <class Request>
wire::Access workflow_access(const Caller& caller, const Request& request) {
  return {.resource = workflow_arn(caller.scope, request.Name.value_or("*"))};
}

class WorkflowApi {
 public:
  /// All outlive it.
  struct Parts {
    store::Store& store;
    Workflows& workflows;
    Runs& runs;
    TriggerTimers& triggers;
    const Clock& clock;
  };
  explicit WorkflowApi(const Parts& parts) : parts_(parts) {}

  void register_with(wire::Router& router);

  Task<Result<wire::glue::CreateWorkflowResponse>> create(
      const Caller& caller, wire::glue::CreateWorkflowRequest request);
  Task<Result<wire::glue::GetWorkflowResponse>> get(const Caller& caller,
                                                    wire::glue::GetWorkflowRequest request);
  Task<Result<wire::glue::ListWorkflowsResponse>> list(const Caller& caller,
                                                       wire::glue::ListWorkflowsRequest request);
  Task<Result<wire::glue::BatchGetWorkflowsResponse>> get_batch(
      const Caller& caller, wire::glue::BatchGetWorkflowsRequest request);
  Task<Result<wire::glue::UpdateWorkflowResponse>> update(
      const Caller& caller, wire::glue::UpdateWorkflowRequest request);
  Task<Result<wire::glue::DeleteWorkflowResponse>> remove(
      const Caller& caller, wire::glue::DeleteWorkflowRequest request);

  Task<Result<wire::glue::StartWorkflowRunResponse>> start(
      const Caller& caller, wire::glue::StartWorkflowRunRequest request);
  Task<Result<wire::glue::GetWorkflowRunResponse>> get_run(
      const Caller& caller, wire::glue::GetWorkflowRunRequest request);
  Task<Result<wire::glue::GetWorkflowRunsResponse>> get_runs(
      const Caller& caller, wire::glue::GetWorkflowRunsRequest request);
  Task<Result<wire::glue::StopWorkflowRunResponse>> stop(
      const Caller& caller, wire::glue::StopWorkflowRunRequest request);
  Task<Result<wire::glue::ResumeWorkflowRunResponse>> resume(
      const Caller& caller, wire::glue::ResumeWorkflowRunRequest request);
  Task<Result<wire::glue::GetWorkflowRunPropertiesResponse>> get_properties(
      const Caller& caller, wire::glue::GetWorkflowRunPropertiesRequest request);
  Task<Result<wire::glue::PutWorkflowRunPropertiesResponse>> put_properties(
      const Caller& caller, wire::glue::PutWorkflowRunPropertiesRequest request);

 private:
  void register_runs(wire::Router& router);
  Result<wire::glue::Workflow> shown(store::Tx& tx, const Workflow& workflow,
                                     bool with_graph) const;
  Result<wire::glue::WorkflowRun> shown(store::Tx& tx, const WorkflowRun& run,
                                        bool with_graph) const;

  const Parts parts_;
};

}  // namespace tidemill::glue
