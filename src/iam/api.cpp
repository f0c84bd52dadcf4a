#include "iam/api.h"

#include "base/encoding.h"

namespace tidemill::iam {
namespace {

constexpr int session_seconds_default = 3600;

/// As CreateRole shows it; GetRole and ListRoles add the session's length.
w::Role shown(const Role& role) {
  w::Role out;
  out.Path = role.path;
  out.RoleName = role.name;
  out.RoleId = role.id;
  out.Arn = role.arn();
  out.CreateDate = role.created;
  out.AssumeRolePolicyDocument = percent_encode(role.trust);
  out.Description = role.description;
  return out;
}

template <class Request>
wire::Access role_access(const Caller& caller, const Request& request) {
  return {.resource =
              "arn:aws:iam::" + caller.scope.account + ":role/" + request.RoleName.value_or("")};
}

}  // namespace

void Api::register_with(wire::Router& router) {
  router.on<w::op::CreateRole>(this, &Api::create_role, role_access<w::CreateRoleRequest>);
  router.on<w::op::GetRole>(this, &Api::get_role, role_access<w::GetRoleRequest>);
  router.on<w::op::ListRoles>(this, &Api::list_roles);
  router.on<w::op::DeleteRole>(this, &Api::delete_role, role_access<w::DeleteRoleRequest>);
  router.on<w::op::UpdateAssumeRolePolicy>(this, &Api::update_trust,
                                           role_access<w::UpdateAssumeRolePolicyRequest>);
  router.on<w::op::PutRolePolicy>(this, &Api::put_policy, role_access<w::PutRolePolicyRequest>);
  router.on<w::op::GetRolePolicy>(this, &Api::get_policy, role_access<w::GetRolePolicyRequest>);
  router.on<w::op::ListRolePolicies>(this, &Api::list_policies,
                                     role_access<w::ListRolePoliciesRequest>);
  router.on<w::op::DeleteRolePolicy>(this, &Api::delete_policy,
                                     role_access<w::DeleteRolePolicyRequest>);
  router.on<ws::op::GetCallerIdentity>(this, &Api::who_am_i);
}

template <class Change>
Task<Result<wire::Empty>> Api::change_role(const Caller& caller, const std::string& name,
                                           Change change) {
  auto write = [&](store::Tx& tx) -> Result<wire::Empty> {
    TM_TRY(const auto role, require_role(tx, caller.scope.account, name));
    TM_CHECK(change(tx, role));
    TM_CHECK(authority_.refresh(tx));
    return wire::Empty();
  };
  co_return co_await store_.write(write);
}

Task<Result<w::CreateRoleResponse>> Api::create_role(const Caller& caller,
                                                     w::CreateRoleRequest request) {
  TM_CO_TRY([[maybe_unused]] const auto trust,
            Policy::parse(*request.AssumeRolePolicyDocument, Policy::Kind::trust));
  Role role;
  role.account = caller.scope.account;
  role.name = *request.RoleName;
  role.id = "AROA" + random_base32(random_, 17);
  role.path = request.Path.value_or("/");
  role.trust = *request.AssumeRolePolicyDocument;
  role.description = request.Description;
  role.session_seconds = request.MaxSessionDuration.value_or(session_seconds_default);
  role.created = clock_.now();
  auto write = [&](store::Tx& tx) -> Result<w::CreateRoleResponse> {
    TM_CHECK(add_role(tx, role));
    TM_CHECK(authority_.refresh(tx));
    w::CreateRoleResponse response;
    response.Role = shown(role);
    return response;
  };
  co_return co_await store_.write(write);
}

Task<Result<w::GetRoleResponse>> Api::get_role(const Caller& caller, w::GetRoleRequest request) {
  auto query = [&](store::Tx& tx) -> Result<w::GetRoleResponse> {
    TM_TRY(const auto role, require_role(tx, caller.scope.account, *request.RoleName));
    w::GetRoleResponse response;
    response.Role = shown(role);
    response.Role->MaxSessionDuration = role.session_seconds;
    response.Role->RoleLastUsed.emplace();
    return response;
  };
  co_return co_await store_.read(query);
}

Task<Result<w::ListRolesResponse>> Api::list_roles(const Caller& caller,
                                                   w::ListRolesRequest request) {
  auto query = [&](store::Tx& tx) -> Result<w::ListRolesResponse> {
    TM_TRY(const auto roles,
           iam::list_roles(tx, caller.scope.account, request.PathPrefix.value_or("/")));
    w::ListRolesResponse response;
    response.IsTruncated = false;
    auto& list = response.Roles.emplace();
    for (const auto& role : roles) {
      // A page is 100 by default; the marker is the last name shown.
      if (request.Marker && role.name <= *request.Marker) continue;
      if (int(list.size()) == request.MaxItems.value_or(100)) {
        response.IsTruncated = true;
        response.Marker = list.back().RoleName;
        break;
      }
      list.push_back(shown(role));
      list.back().MaxSessionDuration = role.session_seconds;
    }
    return response;
  };
  co_return co_await store_.read(query);
}

Task<Result<wire::Empty>> Api::delete_role(const Caller& caller, w::DeleteRoleRequest request) {
  auto change = [](store::Tx& tx, const Role& role) { return remove_role(tx, role); };
  co_return co_await change_role(caller, *request.RoleName, change);
}

Task<Result<wire::Empty>> Api::update_trust(const Caller& caller,
                                            w::UpdateAssumeRolePolicyRequest request) {
  const auto document = *request.PolicyDocument;
  TM_CO_TRY([[maybe_unused]] const auto trust, Policy::parse(document, Policy::Kind::trust));
  auto change = [&](store::Tx& tx, const Role& role) -> Status {
    TM_CHECK(tx.exec("UPDATE iam_roles SET trust = $3 WHERE account = $1 AND name = $2",
                     role.account, role.name, document));
    return {};
  };
  co_return co_await change_role(caller, *request.RoleName, change);
}

Task<Result<wire::Empty>> Api::put_policy(const Caller& caller, w::PutRolePolicyRequest request) {
  TM_CO_TRY([[maybe_unused]] const auto policy,
            Policy::parse(*request.PolicyDocument, Policy::Kind::identity));
  auto change = [&](store::Tx& tx, const Role& role) {
    return save_policy(tx, role, *request.PolicyName, *request.PolicyDocument);
  };
  co_return co_await change_role(caller, *request.RoleName, change);
}

Task<Result<w::GetRolePolicyResponse>> Api::get_policy(const Caller& caller,
                                                       w::GetRolePolicyRequest request) {
  auto query = [&](store::Tx& tx) -> Result<w::GetRolePolicyResponse> {
    TM_TRY(const auto role, require_role(tx, caller.scope.account, *request.RoleName));
    TM_TRY(const auto document, policy_document(tx, role, *request.PolicyName));
    w::GetRolePolicyResponse response;
    response.RoleName = role.name;
    response.PolicyName = request.PolicyName;
    response.PolicyDocument = percent_encode(document);
    return response;
  };
  co_return co_await store_.read(query);
}

Task<Result<w::ListRolePoliciesResponse>> Api::list_policies(const Caller& caller,
                                                             w::ListRolePoliciesRequest request) {
  auto query = [&](store::Tx& tx) -> Result<w::ListRolePoliciesResponse> {
    TM_TRY(const auto role, require_role(tx, caller.scope.account, *request.RoleName));
    w::ListRolePoliciesResponse response;
    TM_TRY(response.PolicyNames, policy_names(tx, role));
    response.IsTruncated = false;
    return response;
  };
  co_return co_await store_.read(query);
}

Task<Result<wire::Empty>> Api::delete_policy(const Caller& caller,
                                             w::DeleteRolePolicyRequest request) {
  auto change = [&](store::Tx& tx, const Role& role) {
    return remove_policy(tx, role, *request.PolicyName);
  };
  co_return co_await change_role(caller, *request.RoleName, change);
}

Task<Result<ws::GetCallerIdentityResponse>> Api::who_am_i(const Caller& caller,
                                                          ws::GetCallerIdentityRequest) {
  ws::GetCallerIdentityResponse response;
  response.UserId = caller.user_id;
  response.Account = caller.scope.account;
  response.Arn = caller.arn;
  co_return response;
}

}  // namespace tidemill::iam
