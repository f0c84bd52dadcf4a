// Jobs and their tags.
#include <fmt/format.h>

#include "base/page.h"
#include "glue/api.h"
#include "glue/catalog/database.h"
#include "glue/refusal.h"
#include "glue/tags.h"
#include "glue/workflow/workflow.h"
#include "wire/json_codec.h"

namespace tidemill::glue {
namespace {

constexpr int page_default = 100;

/// The jobs that the request's page shows; sets `next` if more follow.
template <class Request>
Result<std::vector<Job>> page_of(store::Tx& tx, const Scope& scope, const Request& request,
                                 std::optional<std::string>& next) {
  const int count = request.MaxResults.value_or(page_default);
  TM_TRY(auto jobs, glue::list_jobs(tx, scope, request.NextToken.value_or(""), count + 1));
  if (cut_page(jobs, count)) next = jobs.back().name;
  return jobs;
}

Result<w::Job> to_wire(const Job& job) {
  w::Job out;
  TM_CHECK(wire::decode_json(json::dump(shown_job(job)),
                             wire::member_shape(*w::op::GetJob::operation.output, "Job"), &out));
  return out;
}

wire::Access job_access(const Caller& caller, const std::optional<std::string>& name) {
  return {.resource = job_arn(caller.scope, name.value_or("*"))};
}

template <class Request>
wire::Access access_by_job_name(const Caller& caller, const Request& request) {
  return job_access(caller, request.JobName);
}

template <class Request>
wire::Access access_by_arn(const Caller&, const Request& request) {
  return {.resource = request.ResourceArn.value_or("*")};
}

/// Tags hang on jobs, triggers, workflows and databases that are there. Gives the trigger, if it
/// is one.
Result<std::optional<JobTrigger>> require_arn(store::Tx& tx, const std::string& text) {
  const auto arn = Arn::parse(text);
  const auto slash = arn ? arn->resource.find('/') : std::string::npos;
  const auto kind = arn && slash != std::string::npos ? arn->resource.substr(0, slash) : "";
  const bool is_known =
      kind == "job" || kind == "trigger" || kind == "workflow" || kind == "database";
  if (!arn || arn->service != "glue" || !is_known) {
    return invalid_input(fmt::format("Invalid resource ARN: {}", text));
  }
  const Scope scope{arn->account, arn->region};
  const auto name = arn->resource.substr(slash + 1);
  if (kind == "trigger") return require_trigger(tx, scope, name);
  if (kind == "workflow") {
    TM_CHECK(require_workflow(tx, scope, name));
    return std::nullopt;
  }
  if (kind == "database") {
    TM_CHECK(catalog::require_database(tx, scope, name));
    return std::nullopt;
  }
  TM_TRY([[maybe_unused]] const auto job, require_job(tx, scope, name));
  return std::nullopt;
}

}  // namespace

void Api::register_with(wire::Router& router) {
  router.on<w::op::CreateJob>(this, &Api::create_job,
                              [](const Caller& caller, const w::CreateJobRequest& request) {
                                return job_access(caller, request.Name);
                              });
  router.on<w::op::GetJob>(this, &Api::get_job, access_by_job_name<w::GetJobRequest>);
  router.on<w::op::UpdateJob>(this, &Api::update_job, access_by_job_name<w::UpdateJobRequest>);
  router.on<w::op::DeleteJob>(this, &Api::delete_job, access_by_job_name<w::DeleteJobRequest>);
  router.on<w::op::GetJobs>(this, &Api::get_jobs);
  router.on<w::op::ListJobs>(this, &Api::list_jobs);
  router.on<w::op::BatchGetJobs>(this, &Api::batch_get);
  router.on<w::op::TagResource>(this, &Api::tag, access_by_arn<w::TagResourceRequest>);
  router.on<w::op::UntagResource>(this, &Api::untag, access_by_arn<w::UntagResourceRequest>);
  router.on<w::op::GetTags>(this, &Api::get_tags, access_by_arn<w::GetTagsRequest>);
  register_runs(router);
}

Status Api::check_job(const Caller& caller, const json::object& definition) const {
  TM_CHECK(check_definition(definition));
  return pass_role_(caller,
                    role_arn(json::text_or_empty(definition, "Role"), caller.scope.account));
}

Task<Result<w::CreateJobResponse>> Api::create_job(const Caller& caller,
                                                   w::CreateJobRequest request) {
  TM_CO_TRY(auto definition,
            json::parse_object(wire::encode_json(*w::op::CreateJob::operation.input, &request)));
  definition.erase("Name");
  definition.erase("Tags");
  TM_CO_CHECK(check_job(caller, definition));
  Job job{.scope = caller.scope, .name = *request.Name, .definition = std::move(definition)};
  job.revision = random_hex(parts_.random, 8);
  job.created = job.modified = parts_.clock.now();
  auto change = [&](store::Tx& tx) -> Result<w::CreateJobResponse> {
    TM_CHECK(add_job(tx, job));
    TM_CHECK(save_tags(tx, job_arn(job.scope, job.name), request.Tags));
    w::CreateJobResponse response;
    response.Name = job.name;
    return response;
  };
  co_return co_await parts_.store.write(change);
}

Task<Result<w::GetJobResponse>> Api::get_job(const Caller& caller, w::GetJobRequest request) {
  auto query = [&](store::Tx& tx) -> Result<w::GetJobResponse> {
    TM_TRY(const auto job, require_job(tx, caller.scope, *request.JobName));
    w::GetJobResponse response;
    TM_TRY(response.Job, to_wire(job));
    return response;
  };
  co_return co_await parts_.store.read(query);
}

Task<Result<w::GetJobsResponse>> Api::get_jobs(const Caller& caller, w::GetJobsRequest request) {
  auto query = [&](store::Tx& tx) -> Result<w::GetJobsResponse> {
    w::GetJobsResponse response;
    TM_TRY(const auto jobs, page_of(tx, caller.scope, request, response.NextToken));
    auto& list = response.Jobs.emplace();
    for (const auto& job : jobs) {
      TM_TRY(auto shown, to_wire(job));
      list.push_back(std::move(shown));
    }
    return response;
  };
  co_return co_await parts_.store.read(query);
}

Task<Result<w::UpdateJobResponse>> Api::update_job(const Caller& caller,
                                                   w::UpdateJobRequest request) {
  const auto& shape = wire::member_shape(*w::op::UpdateJob::operation.input, "JobUpdate");
  TM_CO_TRY(const auto definition,
            json::parse_object(wire::encode_json(shape, &*request.JobUpdate)));
  TM_CO_CHECK(check_job(caller, definition));
  auto change = [&](store::Tx& tx) -> Result<w::UpdateJobResponse> {
    TM_TRY(auto job, require_job(tx, caller.scope, *request.JobName));
    job.definition = definition;
    job.revision = random_hex(parts_.random, 8);
    job.modified = parts_.clock.now();
    TM_CHECK(glue::update_job(tx, job));
    TM_CHECK(parts_.runs.make_room(tx, job.scope, job.name));
    w::UpdateJobResponse response;
    response.JobName = job.name;
    return response;
  };
  co_return co_await parts_.store.write(change);
}

Task<Result<w::DeleteJobResponse>> Api::delete_job(const Caller& caller,
                                                   w::DeleteJobRequest request) {
  auto change = [&](store::Tx& tx) -> Result<w::DeleteJobResponse> {
    TM_CHECK(remove_job(tx, caller.scope, *request.JobName));
    TM_CHECK(parts_.runs.make_room(tx, caller.scope, *request.JobName));
    w::DeleteJobResponse response;
    response.JobName = request.JobName;
    return response;
  };
  co_return co_await parts_.store.write(change);
}

Task<Result<w::ListJobsResponse>> Api::list_jobs(const Caller& caller, w::ListJobsRequest request) {
  auto query = [&](store::Tx& tx) -> Result<w::ListJobsResponse> {
    w::ListJobsResponse response;
    TM_TRY(const auto jobs, page_of(tx, caller.scope, request, response.NextToken));
    auto& names = response.JobNames.emplace();
    for (const auto& job : jobs) names.push_back(job.name);
    return response;
  };
  co_return co_await parts_.store.read(query);
}

Task<Result<w::BatchGetJobsResponse>> Api::batch_get(const Caller& caller,
                                                     w::BatchGetJobsRequest request) {
  auto query = [&](store::Tx& tx) -> Result<w::BatchGetJobsResponse> {
    w::BatchGetJobsResponse response;
    auto& found = response.Jobs.emplace();
    auto& missing = response.JobsNotFound.emplace();
    for (const auto& name : *request.JobNames) {
      TM_TRY(const auto job, find_job(tx, caller.scope, name));
      if (!job) {
        missing.push_back(name);
        continue;
      }
      TM_TRY(auto shown, to_wire(*job));
      found.push_back(std::move(shown));
    }
    return response;
  };
  co_return co_await parts_.store.read(query);
}

Task<Result<w::TagResourceResponse>> Api::tag(const Caller&, w::TagResourceRequest request) {
  auto change = [&](store::Tx& tx) -> Result<w::TagResourceResponse> {
    TM_TRY(const auto trigger, require_arn(tx, *request.ResourceArn));
    TM_CHECK(save_tags(tx, *request.ResourceArn, request.TagsToAdd));
    if (trigger) TM_CHECK(parts_.triggers.changed(tx, *trigger));
    return w::TagResourceResponse();
  };
  co_return co_await parts_.store.write(change);
}

Task<Result<w::UntagResourceResponse>> Api::untag(const Caller&, w::UntagResourceRequest request) {
  auto change = [&](store::Tx& tx) -> Result<w::UntagResourceResponse> {
    TM_TRY(const auto trigger, require_arn(tx, *request.ResourceArn));
    for (const auto& key : *request.TagsToRemove) {
      TM_CHECK(
          tx.exec("DELETE FROM glue_tags WHERE arn = $1 AND key = $2", *request.ResourceArn, key));
    }
    if (trigger) TM_CHECK(parts_.triggers.changed(tx, *trigger));
    return w::UntagResourceResponse();
  };
  co_return co_await parts_.store.write(change);
}

Task<Result<w::GetTagsResponse>> Api::get_tags(const Caller&, w::GetTagsRequest request) {
  auto query = [&](store::Tx& tx) -> Result<w::GetTagsResponse> {
    TM_CHECK(require_arn(tx, *request.ResourceArn));
    w::GetTagsResponse response;
    TM_TRY(response.Tags, tags_of(tx, *request.ResourceArn));
    return response;
  };
  co_return co_await parts_.store.read(query);
}

}  // namespace tidemill::glue
