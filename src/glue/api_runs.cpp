// Runs: start, look up, stop.
#include <fmt/format.h>

#include "base/page.h"
#include "glue/api.h"
#include "glue/api_shown.h"
#include "glue/refusal.h"
#include "glue/workflow/actions.h"
#include "wire/json_codec.h"

namespace tidemill::glue {
namespace {

constexpr int page_default = 200;

template <class Request>
wire::Access job_access(const Caller& caller, const Request& request) {
  return {.resource = job_arn(caller.scope, request.JobName.value_or("*"))};
}

/// `predecessors`: AWS's PredecessorRuns as JSON.
Status add_predecessors(const std::string& predecessors, w::JobRun& run) {
  TM_TRY(const auto parsed, json::parse(predecessors));
  for (const auto& one : parsed.as_array()) {
    auto& shown = run.PredecessorRuns->emplace_back();
    shown.JobName = json::text_or_empty(one.as_object(), "JobName");
    shown.RunId = json::text_or_empty(one.as_object(), "RunId");
  }
  return {};
}

}  // namespace

void Api::register_runs(wire::Router& router) {
  router.on<w::op::StartJobRun>(this, &Api::start_run, job_access<w::StartJobRunRequest>);
  router.on<w::op::GetJobRun>(this, &Api::get_run, job_access<w::GetJobRunRequest>);
  router.on<w::op::GetJobRuns>(this, &Api::get_runs, job_access<w::GetJobRunsRequest>);
  router.on<w::op::BatchStopJobRun>(this, &Api::stop_runs, job_access<w::BatchStopJobRunRequest>);
}

Task<Result<w::StartJobRunResponse>> Api::start_run(const Caller& caller,
                                                    w::StartJobRunRequest request) {
  Arguments given;
  if (request.Arguments) given.insert(request.Arguments->begin(), request.Arguments->end());
  request.Arguments.reset();
  TM_CO_TRY(auto settings,
            json::parse_object(wire::encode_json(*w::op::StartJobRun::operation.input, &request)));
  settings.erase("JobName");
  settings.erase("JobRunId");
  auto change = [&](store::Tx& tx) -> Result<w::StartJobRunResponse> {
    TM_TRY(const auto job, require_job(tx, caller.scope, *request.JobName));
    StartOrder order{job, {}, given, settings};
    w::StartJobRunResponse response;
    TM_TRY(response.JobRunId, parts_.runs.start(tx, std::move(order)));
    return response;
  };
  co_return co_await parts_.store.write(change);
}

Task<Result<w::GetJobRunResponse>> Api::get_run(const Caller& caller, w::GetJobRunRequest request) {
  auto query = [&](store::Tx& tx) -> Result<w::GetJobRunResponse> {
    TM_TRY(const auto run, parts_.runs.find(tx, *request.RunId));
    if (!run || run->scope != caller.scope || run->job != *request.JobName) {
      return not_found(fmt::format("Job run {} not found.", *request.RunId));
    }
    w::GetJobRunResponse response;
    TM_TRY(auto shown, job_run_of(*run, parts_.clock.now()));
    if (request.PredecessorsIncluded.value_or(false)) {
      TM_TRY(const auto runs, predecessors_of(tx, run->chain, run->rule_name));
      TM_CHECK(add_predecessors(runs, shown));
    }
    response.JobRun = std::move(shown);
    return response;
  };
  co_return co_await parts_.store.read(query);
}

Task<Result<w::GetJobRunsResponse>> Api::get_runs(const Caller& caller,
                                                  w::GetJobRunsRequest request) {
  TM_CO_TRY(const auto before, position_of(request.NextToken));
  const int count = request.MaxResults.value_or(page_default);
  auto query = [&](store::Tx& tx) -> Result<w::GetJobRunsResponse> {
    TM_TRY([[maybe_unused]] const auto job, require_job(tx, caller.scope, *request.JobName));
    TM_TRY(auto runs, parts_.runs.list(tx, caller.scope, *request.JobName, before, count + 1));
    w::GetJobRunsResponse response;
    if (cut_page(runs, count)) response.NextToken = std::to_string(runs.back().seq);
    auto& list = response.JobRuns.emplace();
    for (const auto& run : runs) {
      TM_TRY(auto shown, job_run_of(run, parts_.clock.now()));
      list.push_back(std::move(shown));
    }
    return response;
  };
  co_return co_await parts_.store.read(query);
}

Task<Result<w::BatchStopJobRunResponse>> Api::stop_runs(const Caller& caller,
                                                        w::BatchStopJobRunRequest request) {
  auto change = [&](store::Tx& tx) -> Result<w::BatchStopJobRunResponse> {
    w::BatchStopJobRunResponse response;
    auto& stopped = response.SuccessfulSubmissions.emplace();
    auto& errors = response.Errors.emplace();
    for (const auto& id : *request.JobRunIds) {
      if (const auto done = parts_.runs.stop(tx, caller.scope, *request.JobName, id); done) {
        auto& entry = stopped.emplace_back();
        entry.JobName = request.JobName;
        entry.JobRunId = id;
      } else if (done.error().code == Errc::internal) {
        return std::unexpected(done.error());
      } else {
        auto& entry = errors.emplace_back();
        entry.JobName = request.JobName;
        entry.JobRunId = id;
        entry.ErrorDetail = detail_of(done.error());
      }
    }
    return response;
  };
  co_return co_await parts_.store.write(change);
}

}  // namespace tidemill::glue
