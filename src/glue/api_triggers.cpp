#include "glue/api_triggers.h"

#include <fmt/format.h>

#include "glue/refusal.h"
#include "glue/tags.h"
#include "wire/json_codec.h"

namespace tidemill::glue {
namespace {

namespace w = wire::glue;

constexpr int page_default = 200;

template <class Request>
wire::Access trigger_access(const Caller& caller, const Request& request) {
  return {.resource = trigger_arn(caller.scope, request.Name.value_or("*"))};
}

Result<w::Trigger> to_wire(const JobTrigger& trigger) {
  w::Trigger out;
  TM_CHECK(wire::decode_json(json::dump(trigger.definition),
                             wire::member_shape(*w::op::GetTrigger::operation.output, "Trigger"),
                             &out));
  out.Name = trigger.name;
  out.Type = trigger.type;
  out.State = trigger.state;
  return out;
}

bool starts(const JobTrigger& trigger, const std::string& job) {
  const auto jobs = trigger.jobs();
  return std::ranges::find(jobs, job) != jobs.end();
}

/// The page of those after `token`, which start `job` if it is named; `next` is the last one's name
/// if there are more.
template <class Request>
std::vector<JobTrigger> page_of(const std::vector<JobTrigger>& all, const Request& request,
                                std::optional<std::string>& next) {
  std::vector<JobTrigger> page;
  for (const auto& trigger : all) {
    if (request.NextToken && trigger.name <= *request.NextToken) continue;
    if (request.DependentJobName && !starts(trigger, *request.DependentJobName)) continue;
    if (int(page.size()) == request.MaxResults.value_or(page_default)) {
      next = page.back().name;
      break;
    }
    page.push_back(trigger);
  }
  return page;
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
}

Task<Result<w::CreateTriggerResponse>> TriggerApi::create(const Caller& caller,
                                                          w::CreateTriggerRequest request) {
  JobTrigger trigger{.scope = caller.scope,
                     .name = *request.Name,
                     .type = *request.Type,
                     .state = request.StartOnCreation.value_or(false) && request.Type == "SCHEDULED"
                                  ? "ACTIVATED"
                                  : "CREATED",
                     .definition = {},
                     .created = clock_.now()};
  TM_CO_TRY(trigger.definition, json::parse_object(wire::encode_json(
                                    *w::op::CreateTrigger::operation.input, &request)));
  for (const auto* other : {"Name", "Type", "StartOnCreation", "Tags"}) {
    trigger.definition.erase(other);
  }
  TM_CO_CHECK(check_trigger(trigger));
  auto change = [&](store::Tx& tx) -> Result<w::CreateTriggerResponse> {
    TM_TRY(const auto known, find_trigger(tx, trigger.scope, trigger.name));
    if (known) {
      return refuse(Errc::already_exists, "AlreadyExistsException",
                    fmt::format("Trigger with name {} already exists.", trigger.name));
    }
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
    TM_TRY(response.Trigger, to_wire(trigger));
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
      TM_TRY(auto one, to_wire(trigger));
      shown.push_back(std::move(one));
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
  auto change = [&](store::Tx& tx) -> Result<w::UpdateTriggerResponse> {
    TM_TRY(auto trigger, require_trigger(tx, caller.scope, *request.Name));
    trigger.definition = definition;
    TM_CHECK(check_trigger(trigger));
    TM_TRY(const auto saved, save_trigger(tx, std::move(trigger)));
    TM_CHECK(timers_.changed(tx, saved));
    w::UpdateTriggerResponse response;
    TM_TRY(response.Trigger, to_wire(saved));
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
    trigger.state = "ACTIVATED";
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
