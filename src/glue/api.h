/// Glue's operations: each maps a request to the jobs and runs of this folder. Made once by the
/// server; called on event loops.
#pragma once

#include "base/caller.h"
#include "glue/runs.h"
#include "glue/trigger.h"
#include "wire/gen/glue.h"
#include "wire/router.h"

namespace tidemill::glue {

namespace w = wire::glue;

class Api {
 public:
  struct Parts {
    store::Store& store;
    Runs& runs;
    TriggerTimers& triggers;
    const Clock& clock;
    Random& random;
  };
  Api(const Parts& parts, PassRole pass_role) : parts_(parts), pass_role_(std::move(pass_role)) {}

  void register_with(wire::Router& router);

  Task<Result<w::CreateJobResponse>> create_job(const Caller& caller, w::CreateJobRequest request);
  Task<Result<w::GetJobResponse>> get_job(const Caller& caller, w::GetJobRequest request);
  Task<Result<w::GetJobsResponse>> get_jobs(const Caller& caller, w::GetJobsRequest request);
  Task<Result<w::UpdateJobResponse>> update_job(const Caller& caller, w::UpdateJobRequest request);
  Task<Result<w::DeleteJobResponse>> delete_job(const Caller& caller, w::DeleteJobRequest request);
  Task<Result<w::ListJobsResponse>> list_jobs(const Caller& caller, w::ListJobsRequest request);
  Task<Result<w::BatchGetJobsResponse>> batch_get(const Caller& caller,
                                                  w::BatchGetJobsRequest request);

  Task<Result<w::StartJobRunResponse>> start_run(const Caller& caller,
                                                 w::StartJobRunRequest request);
  Task<Result<w::GetJobRunResponse>> get_run(const Caller& caller, w::GetJobRunRequest request);
  Task<Result<w::GetJobRunsResponse>> get_runs(const Caller& caller, w::GetJobRunsRequest request);
  Task<Result<w::BatchStopJobRunResponse>> stop_runs(const Caller& caller,
                                                     w::BatchStopJobRunRequest request);

  Task<Result<w::TagResourceResponse>> tag(const Caller& caller, w::TagResourceRequest request);
  Task<Result<w::UntagResourceResponse>> untag(const Caller& caller,
                                               w::UntagResourceRequest request);
  Task<Result<w::GetTagsResponse>> get_tags(const Caller& caller, w::GetTagsRequest request);

 private:
  void register_runs(wire::Router& router);
  Status check_job(const Caller& caller, const json::object& definition) const;

  const Parts parts_;
  const PassRole pass_role_;
};

}  // namespace tidemill::glue
