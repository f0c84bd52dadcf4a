// Targets: put, list, remove, and who names a target.
#include <fmt/format.h>

#include "events/api.h"
#include "wire/json_codec.h"

namespace tidemill::events {
namespace {

constexpr std::size_t targets_per_rule_max = 5;  // EventBridge's quota.

const wire::Shape& target_shape() {
  for (const auto& member : w::op::PutTargets::operation.input->members) {
    if (member.name == "Targets") return *member.shape->element;
  }
  TM_ASSERT(!"PutTargets has Targets");
  std::abort();
}

template <class Request>
wire::Access rule_access(const Caller& caller, const Request& request) {
  return {.resource = bus_key(caller, request.EventBusName).rule_arn(request.Rule.value_or(""))};
}

/// What stands against `target`, if anything: an entry of FailedEntries.
Status check_target(const RuleTarget& target, const Hub& hub) {
  TM_CHECK(check_input(target.input, target.id));
  const auto* kind = hub.target_for(target.arn);
  if (kind != nullptr && kind->needs_role() && target.role_arn.empty()) {
    return fail(Errc::invalid_argument, "ValidationException",
                fmt::format("RoleArn is required for target {}.", target.arn));
  }
  if (kind != nullptr) return {};
  return fail(
      Errc::invalid_argument, "ValidationException",
      fmt::format("Provided Arn is not a target that events can be delivered to: {}. "
                  "Served are Glue jobs, arn:aws:glue:REGION:ACCOUNT:job/NAME, SQS "
                  "queues, arn:aws:sqs:REGION:ACCOUNT:NAME, API destinations, and event buses",
                  target.arn));
}

}  // namespace

void Api::register_targets(wire::Router& router) {
  router.on<w::op::PutTargets>(this, &Api::put_targets, rule_access<w::PutTargetsRequest>);
  router.on<w::op::ListTargetsByRule>(this, &Api::list_targets,
                                      rule_access<w::ListTargetsByRuleRequest>);
  router.on<w::op::RemoveTargets>(this, &Api::remove_targets, rule_access<w::RemoveTargetsRequest>);
  router.on<w::op::ListRuleNamesByTarget>(
      this, &Api::list_rule_names,
      [](const Caller& caller, const w::ListRuleNamesByTargetRequest& request) {
        return wire::Access{.resource = bus_key(caller, request.EventBusName).rule_arn("*")};
      });
}

Result<w::PutTargetsResponse> Api::put_targets_in(store::Tx& tx, const Caller& caller,
                                                  const w::PutTargetsRequest& request) {
  TM_TRY(const auto rule, require_rule(tx, bus_key(caller, request.EventBusName), *request.Rule));
  w::PutTargetsResponse response;
  auto& failed = response.FailedEntries.emplace();
  for (const auto& given : *request.Targets) {
    const auto definition = wire::encode_json(target_shape(), &given);
    TM_TRY(const auto target, RuleTarget::parse(definition, rule.key.scope.account));
    // What is wrong with the request itself refuses it as a whole.
    TM_CHECK(check_input(target.input, target.id));
    if (!target.role_arn.empty()) TM_CHECK(pass_role_(caller, target.role_arn));
    if (const auto fine = check_target(target, hub_); !fine) {
      w::PutTargetsResultEntry entry;
      entry.TargetId = target.id;
      entry.ErrorCode = std::string(aws_name(fine.error()));
      entry.ErrorMessage = fine.error().message;
      failed.push_back(std::move(entry));
      continue;
    }
    TM_CHECK(save_target(tx, rule.id, target, definition));
  }
  TM_TRY(const auto kept, target_definitions(tx, rule.id));
  if (kept.size() > targets_per_rule_max) {
    return fail(Errc::conflict, "LimitExceededException",
                "The requested resource exceeds the maximum number allowed.");
  }
  response.FailedEntryCount = int(failed.size());
  TM_CHECK(refresh_rule(tx, hub_.rules(), rule));
  return response;
}

Task<Result<w::PutTargetsResponse>> Api::put_targets(const Caller& caller,
                                                     w::PutTargetsRequest request) {
  auto change = [&](store::Tx& tx) { return put_targets_in(tx, caller, request); };
  co_return co_await store_.write(change);
}

Task<Result<w::ListTargetsByRuleResponse>> Api::list_targets(const Caller& caller,
                                                             w::ListTargetsByRuleRequest request) {
  const auto key = bus_key(caller, request.EventBusName);
  auto query = [&](store::Tx& tx) -> Result<w::ListTargetsByRuleResponse> {
    TM_TRY(const auto rule, require_rule(tx, key, *request.Rule));
    TM_TRY(const auto definitions, target_definitions(tx, rule.id));
    std::vector<w::Target> targets;
    for (const auto& definition : definitions) {
      TM_CHECK(wire::decode_json(definition, target_shape(), &targets.emplace_back()));
    }
    w::ListTargetsByRuleResponse response;
    TM_TRY(response.Targets,
           page_of(
               std::move(targets), request.NextToken, request.Limit,
               [](const w::Target& target) { return *target.Id; }, response.NextToken));
    return response;
  };
  co_return co_await store_.read(query);
}

Task<Result<w::RemoveTargetsResponse>> Api::remove_targets(const Caller& caller,
                                                           w::RemoveTargetsRequest request) {
  const auto key = bus_key(caller, request.EventBusName);
  auto change = [&](store::Tx& tx) -> Result<w::RemoveTargetsResponse> {
    TM_TRY(const auto rule, require_rule(tx, key, *request.Rule));
    for (const auto& id : *request.Ids) {
      TM_TRY([[maybe_unused]] const bool there, remove_target(tx, rule.id, id));
    }
    TM_CHECK(refresh_rule(tx, hub_.rules(), rule));
    w::RemoveTargetsResponse response;
    response.FailedEntryCount = 0;
    response.FailedEntries.emplace();
    return response;
  };
  co_return co_await store_.write(change);
}

Task<Result<w::ListRuleNamesByTargetResponse>> Api::list_rule_names(
    const Caller& caller, w::ListRuleNamesByTargetRequest request) {
  const auto key = bus_key(caller, request.EventBusName);
  auto query = [&](store::Tx& tx) -> Result<w::ListRuleNamesByTargetResponse> {
    TM_CHECK(require_bus(tx, key));
    TM_TRY(auto names, tx.all(
                           "SELECT DISTINCT r.name FROM targets t JOIN rules r ON r.id = t.rule"
                           " WHERE t.arn = $1 AND r.account = $2 AND r.region = $3 AND r.bus = $4"
                           " ORDER BY r.name",
                           [](const store::Row& row) { return row.text(0); }, *request.TargetArn,
                           key.scope.account, key.scope.region, key.bus));
    w::ListRuleNamesByTargetResponse response;
    TM_TRY(response.RuleNames,
           page_of(
               std::move(names), request.NextToken, request.Limit,
               [](const std::string& name) { return name; }, response.NextToken));
    return response;
  };
  co_return co_await store_.read(query);
}

}  // namespace tidemill::events
