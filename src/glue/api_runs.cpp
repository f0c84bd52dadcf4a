// Runs: start, look up, stop.
#include <charconv>

#include <fmt/format.h>

#include "glue/api.h"
#include "glue/refusal.h"
#include "wire/json_codec.h"

namespace tidemill::glue {
namespace {

constexpr int page_default = 200;

template <class Request>
wire::Access job_access(const Caller& caller, const Request& request) {
  return {.resource = job_arn(caller.scope, request.JobName.value_or("*"))};
}

const wire::Shape& run_shape() { return *w::op::GetJobRun::operation.output->members[0].shape; }

/// AWS's JobRun: what came from the job, then what the run has become.
Result<w::JobRun> to_wire(const RunRow& run, TimeMs now) {
  w::JobRun out;
  TM_CHECK(wire::decode_json(run.settings, run_shape(), &out));
  out.Id = run.id;
  out.Attempt = run.attempt;
  if (!run.previous_id.empty()) out.PreviousRunId = run.previous_id;
  out.JobName = run.job;
  out.StartedOn = run.created;
  out.LastModifiedOn = run.modified;
  out.CompletedOn = run.completed;
  out.JobRunState = std::string(text(run.state));
  const auto given = parse_arguments(run.given);
  if (!given.empty()) out.Arguments.emplace(given.begin(), given.end());
  if (const auto trigger = given.find("--trigger_name"); trigger != given.end()) {
    out.TriggerName = trigger->second;
  }
  if (!run.error.empty()) out.ErrorMessage = run.error;
  out.PredecessorRuns.emplace();
  out.Timeout = run.timeout_minutes;
  // Whole seconds since it was RUNNING.
  const auto until = run.completed.value_or(now);
  out.ExecutionTime = run.spawned ? int((until.ms - run.spawned->ms) / 1000) : 0;
  return out;
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
    TM_TRY(response.JobRun, to_wire(*run, parts_.clock.now()));
    return response;
  };
  co_return co_await parts_.store.read(query);
}

Task<Result<w::GetJobRunsResponse>> Api::get_runs(const Caller& caller,
                                                  w::GetJobRunsRequest request) {
  std::int64_t before = 0;
  if (request.NextToken) {
    const auto& token = *request.NextToken;
    const auto [end, error] = std::from_chars(token.data(), token.data() + token.size(), before);
    if (error != std::errc() || end != token.data() + token.size() || before <= 0) {
      co_return invalid_input("The provided NextToken is not valid.");
    }
  }
  const int count = request.MaxResults.value_or(page_default);
  auto query = [&](store::Tx& tx) -> Result<w::GetJobRunsResponse> {
    TM_TRY([[maybe_unused]] const auto job, require_job(tx, caller.scope, *request.JobName));
    TM_TRY(auto runs, parts_.runs.list(tx, caller.scope, *request.JobName, before, count + 1));
    w::GetJobRunsResponse response;
    if (int(runs.size()) > count) {
      runs.pop_back();
      response.NextToken = std::to_string(runs.back().seq);
    }
    auto& list = response.JobRuns.emplace();
    for (const auto& run : runs) {
      TM_TRY(auto shown, to_wire(run, parts_.clock.now()));
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
        auto& detail = entry.ErrorDetail.emplace();
        detail.ErrorCode = std::string(aws_name(done.error()));
        detail.ErrorMessage = done.error().message;
      }
    }
    return response;
  };
  co_return co_await parts_.store.write(change);
}

}  // namespace tidemill::glue
