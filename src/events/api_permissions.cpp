// Permissions: the policies of buses.
#include <fmt/format.h>

#include "events/api.h"
#include "iam/grant.h"

namespace tidemill::events {
namespace {

std::unexpected<Error> invalid(std::string message) {
  return fail(Errc::invalid_argument, "ValidationException", std::move(message));
}

std::unexpected<Error> must_be_specified(std::string_view parameter) {
  return invalid(fmt::format("Parameter {} must be specified.", parameter));
}

std::unexpected<Error> not_supported(std::string_view parameter, std::string_view supported) {
  return invalid(fmt::format("Provided value in parameter '{}' is not supported. Supported is {}.",
                             parameter, supported));
}

/// A permission has all of them; a policy none.
Status check_form(const w::PutPermissionRequest& request) {
  if (request.Policy) {
    if (!request.Action && !request.Principal && !request.StatementId && !request.Condition) {
      return {};
    }
    return invalid(
        "Parameter Policy can't be given together with Action, Principal, StatementId or "
        "Condition.");
  }
  if (!request.Principal) return must_be_specified("Principal");
  if (!request.Action) return must_be_specified("Action");
  if (!request.StatementId) return must_be_specified("StatementId");
  if (*request.Action != "events:PutEvents") return not_supported("action", "events:PutEvents");
  if (!request.Condition) return {};
  if (*request.Principal != "*") {
    return invalid(
        "Value of the parameter 'principal' must be '*' when the parameter 'condition' is set.");
  }
  if (*request.Condition->Type != "StringEquals") {
    return not_supported("condition.type", "StringEquals");
  }
  if (*request.Condition->Key != "aws:PrincipalOrgID") {
    return not_supported("condition.key", "aws:PrincipalOrgID");
  }
  return {};
}

Permission permission_of(const w::PutPermissionRequest& request) {
  Permission permission{*request.StatementId, *request.Action, *request.Principal};
  if (const auto& condition = request.Condition) {
    permission.condition = {*condition->Type, *condition->Key, *condition->Value};
  }
  return permission;
}

template <class Request>
wire::Access permission_access(const Caller& caller, const Request& request) {
  return {.resource = bus_key(caller, request.EventBusName).arn()};
}

}  // namespace

void Api::register_permissions(wire::Router& router) {
  router.on<w::op::PutPermission>(this, &Api::put_permission,
                                  permission_access<w::PutPermissionRequest>);
  router.on<w::op::RemovePermission>(this, &Api::remove_permission,
                                     permission_access<w::RemovePermissionRequest>);
}

Task<Result<wire::Empty>> Api::put_permission(const Caller& caller,
                                              w::PutPermissionRequest request) {
  TM_CO_CHECK(check_form(request));
  const auto key = bus_key(caller, request.EventBusName);
  auto change = [&](store::Tx& tx) -> Result<wire::Empty> {
    TM_CHECK(require_bus(tx, key));
    TM_TRY(const auto before, find_bus_policy(tx, key));
    const auto policy = request.Policy
                            ? *request.Policy
                            : with_permission(before.value_or(""), key, permission_of(request));
    TM_CHECK(check_bus_policy(policy, key));
    TM_CHECK(policies_.save(tx, key, policy));
    return wire::Empty();
  };
  co_return co_await store_.write(change);
}

Task<Result<wire::Empty>> Api::remove_permission(const Caller& caller,
                                                 w::RemovePermissionRequest request) {
  const bool all = request.RemoveAllPermissions.value_or(false);
  if (!all && !request.StatementId) co_return must_be_specified("StatementId");
  const auto key = bus_key(caller, request.EventBusName);
  auto change = [&](store::Tx& tx) -> Result<wire::Empty> {
    TM_CHECK(require_bus(tx, key));
    std::optional<std::string> left;
    if (!all) {
      TM_TRY(const auto policy, find_bus_policy(tx, key));
      const auto not_found = [](std::string message) {
        return fail(Errc::not_found, "ResourceNotFoundException", std::move(message));
      };
      if (!policy) return not_found("EventBus does not have a policy.");
      left = iam::without_grant(*policy, *request.StatementId);
      if (!left) return not_found("Statement with the provided id does not exist.");
      if (left->empty()) left.reset();
    }
    TM_CHECK(policies_.save(tx, key, left));
    return wire::Empty();
  };
  co_return co_await store_.write(change);
}

}  // namespace tidemill::events
