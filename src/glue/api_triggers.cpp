#include "glue/api_triggers.h"

#include <fmt/format.h>

#include "glue/api_shown.h"
#include "glue/refusal.h"
#include "glue/tags.h"
#include "glue/workflow/batch.h"
#include "glue/workflow/workflow.h"
#include "wire/json_codec.h"

namespace tidemill::glue {
namespace {

namespace w = wire::glue;

constexpr int page_default = 200;

template <class Request>
wire::Access trigger_access(const Caller& caller, const Request& request) {
  return {.resource = trigger_arn(caller.scope, request.Name.value_or("*"))};
}

bool starts(const JobTrigger& trigger, const std::string& job) {
  const auto jobs = trigger.jobs();
  return std::ranges::find(jobs, job) != jobs.end();
}

/// The page of those after the token, which start the job that is named, or of all if none does;
/// `next` is the last one's name if there are more.
template <class Request>
std::vector<JobTrigger> page_of(const std::vector<JobTrigger>& all, const Request& request,
                                std::optional<std::string>& next) {
  const auto& job = request.DependentJobName;
  const auto is_asked = [&](const JobTrigger& trigger) { return starts(trigger, *job); };
  const bool is_filtered = job && std::ranges::any_of(all, is_asked);
  std::vector<JobTrigger> page;
  for (const auto& trigger : all) {
    if (request.NextToken && trigger.name <= *request.NextToken) continue;
    if (is_filtered && !is_asked(trigger)) continue;
    if (int(page.size()) == request.MaxResults.value_or(page_default)) {
      next = page.back().name;
      break;
    }
    page.push_back(trigger);
  }
  return page;
}

bool starts_activated(const w::CreateTriggerRequest& request) {
  const bool can = request.Type == "SCHEDULED" || request.Type == "CONDITIONAL";
  return can && request.StartOnCreation.value_or(false);
}

/// As AWS shows it: with the window that it takes where none is given.
void fill_batching(json::object& definition) {
  auto* batching = definition.if_contains("EventBatchingCondition");
  if (batching == nullptr || batching->as_object().contains("BatchWindow")) return;
  batching->as_object()["BatchWindow"] = Batching().window_s;
}

/// The workflow that it belongs to is there, and has one start trigger at most.
Status check_workflow(store::Tx& tx, const JobTrigger& trigger) {
  if (trigger.workflow.empty()) return {};
  TM_CHECK(require_workflow(tx, trigger.scope, trigger.workflow));
  if (!trigger.is_start()) return {};
  TM_TRY(const auto others, triggers_of(tx, trigger.scope, trigger.workflow));
  const auto start = std::ranges::find_if(others, &JobTrigger::is_start);
  if (start == others.end()) return {};
  return invalid_input(
      fmt::format("Workflow {} has a start trigger already: {}. A workflow has one.",
                  trigger.workflow, start->name));
}

}  // namespace

void TriggerApi::register_with(wire::Router& router) {
  router.on<w::op::CreateTrigger>(this, &TriggerApi::create,
                                  trigger_access<w::CreateTriggerRequest>);
  router.on<w::op::GetTrigger>(this, &TriggerApi::get, trigger_access<w::GetTriggerRequest>);
  router.on<w::op::UpdateTrigger>(this, &TriggerApi::update,
                                  trigger_access<w::UpdateTriggerRequest>);
  router.on<w::op::DeleteTrigger>(this, &TriggerApi::remove,
                                  trigger_access<w::DeleteTriggerRequest>);
  router.on<w::op::StartTrigger>(this, &TriggerApi::start, trigger_access<w::StartTriggerRequest>);
  router.on<w::op::StopTrigger>(this, &TriggerApi::stop, trigger_access<w::StopTriggerRequest>);
  router.on<w::op::GetTriggers>(this, &TriggerApi::get_all);
  router.on<w::op::ListTriggers>(this, &TriggerApi::list);
  router.on<w::op::BatchGetTriggers>(this, &TriggerApi::get_batch);
}

Task<Result<w::CreateTriggerResponse>> TriggerApi::create(const Caller& caller,
                                                          w::CreateTriggerRequest request) {
  JobTrigger trigger{.scope = caller.scope,
                     .name = *request.Name,
                     .workflow = request.WorkflowName.value_or(""),
                     .type = *request.Type,
                     .state = starts_activated(request) ? "ACTIVATED" : "CREATED",
                     .definition = {},
                     .created = clock_.now()};
  TM_CO_TRY(trigger.definition, json::parse_object(wire::encode_json(
                                    *w::op::CreateTrigger::operation.input, &request)));
  for (const auto* other : {"Name", "WorkflowName", "Type", "StartOnCreation", "Tags"}) {
    trigger.definition.erase(other);
  }
  fill_batching(trigger.definition);
  TM_CO_CHECK(check_trigger(trigger));
  auto change = [&](store::Tx& tx) -> Result<w::CreateTriggerResponse> {
    TM_TRY(const auto known, find_trigger(tx, trigger.scope, trigger.name));
    if (known) {
      return refuse(Errc::already_exists, "AlreadyExistsException",
                    fmt::format("Trigger with name {} already exists.", trigger.name));
    }
    TM_CHECK(check_workflow(tx, trigger));
    TM_TRY(const auto saved, save_trigger(tx, trigger));
    TM_CHECK(save_tags(tx, saved.arn(), request.Tags));
    TM_CHECK(timers_.changed(tx, saved));
    w::CreateTriggerResponse response;
    response.Name = saved.name;
    return response;
  };
  co_return co_await store_.write(change);
}

Task<Result<w::GetTriggerResponse>> TriggerApi::get(const Caller& caller,
                                                    w::GetTriggerRequest request) {
  auto query = [&](store::Tx& tx) -> Result<w::GetTriggerResponse> {
    TM_TRY(const auto trigger, require_trigger(tx, caller.scope, *request.Name));
    w::GetTriggerResponse response;
    TM_TRY(response.Trigger, trigger_shape_of(trigger));
    return response;
  };
  co_return co_await store_.read(query);
}

Task<Result<w::GetTriggersResponse>> TriggerApi::get_all(const Caller& caller,
                                                         w::GetTriggersRequest request) {
  auto query = [&](store::Tx& tx) -> Result<w::GetTriggersResponse> {
    TM_TRY(const auto all, list_triggers(tx, caller.scope));
    w::GetTriggersResponse response;
    auto& shown = response.Triggers.emplace();
    for (const auto& trigger : page_of(all, request, response.NextToken)) {
      TM_TRY(auto one, trigger_shape_of(trigger));
      shown.push_back(std::move(one));
    }
    return response;
  };
  co_return co_await store_.read(query);
}

Task<Result<w::BatchGetTriggersResponse>> TriggerApi::get_batch(
    const Caller& caller, w::BatchGetTriggersRequest request) {
  auto query = [&](store::Tx& tx) -> Result<w::BatchGetTriggersResponse> {
    w::BatchGetTriggersResponse response;
    auto& found = response.Triggers.emplace();
    auto& missing = response.TriggersNotFound.emplace();
    for (const auto& name : *request.TriggerNames) {
      TM_TRY(const auto trigger, find_trigger(tx, caller.scope, name));
      if (!trigger) {
        missing.push_back(name);
        continue;
      }
      TM_TRY(auto shown, trigger_shape_of(*trigger));
      found.push_back(std::move(shown));
    }
    return response;
  };
  co_return co_await store_.read(query);
}

Task<Result<w::ListTriggersResponse>> TriggerApi::list(const Caller& caller,
                                                       w::ListTriggersRequest request) {
  auto query = [&](store::Tx& tx) -> Result<w::ListTriggersResponse> {
    TM_TRY(const auto all, list_triggers(tx, caller.scope));
    w::ListTriggersResponse response;
    auto& names = response.TriggerNames.emplace();
    for (const auto& trigger : page_of(all, request, response.NextToken)) {
      names.push_back(trigger.name);
    }
    return response;
  };
  co_return co_await store_.read(query);
}

Task<Result<w::UpdateTriggerResponse>> TriggerApi::update(const Caller& caller,
                                                          w::UpdateTriggerRequest request) {
  const auto& shape = wire::member_shape(*w::op::UpdateTrigger::operation.input, "TriggerUpdate");
  TM_CO_TRY(auto definition, json::parse_object(wire::encode_json(shape, &*request.TriggerUpdate)));
  definition.erase("Name");
  fill_batching(definition);
  auto change = [&](store::Tx& tx) -> Result<w::UpdateTriggerResponse> {
    TM_TRY(auto trigger, require_trigger(tx, caller.scope, *request.Name));
    trigger.definition = definition;
    TM_CHECK(check_trigger(trigger));
    TM_TRY(const auto saved, save_trigger(tx, std::move(trigger)));
    TM_CHECK(timers_.changed(tx, saved));
    w::UpdateTriggerResponse response;
    TM_TRY(response.Trigger, trigger_shape_of(saved));
    return response;
  };
  co_return co_await store_.write(change);
}

Task<Result<w::DeleteTriggerResponse>> TriggerApi::remove(const Caller& caller,
                                                          w::DeleteTriggerRequest request) {
  auto change = [&](store::Tx& tx) -> Result<w::DeleteTriggerResponse> {
    TM_TRY(const auto trigger, find_trigger(tx, caller.scope, *request.Name));
    if (trigger) {
      TM_CHECK(timers_.removed(tx, *trigger));
      TM_CHECK(remove_trigger(tx, *trigger));
    }
    w::DeleteTriggerResponse response;
    response.Name = request.Name;
    return response;
  };
  co_return co_await store_.write(change);
}

Task<Result<w::StartTriggerResponse>> TriggerApi::start(const Caller& caller,
                                                        w::StartTriggerRequest request) {
  auto change = [&](store::Tx& tx) -> Result<w::StartTriggerResponse> {
    TM_TRY(auto trigger, require_trigger(tx, caller.scope, *request.Name));
    w::StartTriggerResponse response;
    response.Name = trigger.name;
    if (trigger.type == "ON_DEMAND") {
      TM_CHECK(timers_.start(tx, trigger));
      return response;
    }
    // An EVENT trigger is on as soon as it is there.
    trigger.state = trigger.type == "EVENT" ? "CREATED" : "ACTIVATED";
    TM_TRY(const auto saved, save_trigger(tx, std::move(trigger)));
    TM_CHECK(timers_.changed(tx, saved));
    return response;
  };
  co_return co_await store_.write(change);
}

Task<Result<w::StopTriggerResponse>> TriggerApi::stop(const Caller& caller,
                                                      w::StopTriggerRequest request) {
  auto change = [&](store::Tx& tx) -> Result<w::StopTriggerResponse> {
    TM_TRY(auto trigger, require_trigger(tx, caller.scope, *request.Name));
    if (trigger.type == "ON_DEMAND") {
      return invalid_input("A trigger of type ON_DEMAND can't be stopped.");
    }
    trigger.state = "DEACTIVATED";
    TM_TRY(const auto saved, save_trigger(tx, std::move(trigger)));
    TM_CHECK(timers_.changed(tx, saved));
    w::StopTriggerResponse response;
    response.Name = saved.name;
    return response;
  };
  co_return co_await store_.write(change);
}

}  // namespace tidemill::glue
