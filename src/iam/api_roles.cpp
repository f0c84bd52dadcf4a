// Roles, their policies and tags.
#include "base/encoding.h"
#include "iam/api.h"
#include "iam/api_shared.h"

namespace tidemill::iam {
namespace {

constexpr int session_seconds_default = 3600;

/// With its tags, where it has any.
Result<w::Role> shown_tagged(store::Tx& tx, const Role& role) {
  auto out = shown(role);
  TM_TRY(const auto tags, tags_of(tx, role.entity()));
  if (!tags.empty()) out.Tags = tags_shown(tags);
  return out;
}

}  // namespace

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

void Api::register_roles(wire::Router& router) {
  router.on<w::op::CreateRole>(this, &Api::create_role, role_access<w::CreateRoleRequest>);
  router.on<w::op::GetRole>(this, &Api::get_role, role_access<w::GetRoleRequest>);
  router.on<w::op::ListRoles>(this, &Api::list_roles);
  router.on<w::op::UpdateRole>(this, &Api::update_role, role_access<w::UpdateRoleRequest>);
  router.on<w::op::UpdateRoleDescription>(this, &Api::update_description,
                                          role_access<w::UpdateRoleDescriptionRequest>);
  router.on<w::op::DeleteRole>(this, &Api::delete_role, role_access<w::DeleteRoleRequest>);
  router.on<w::op::UpdateAssumeRolePolicy>(this, &Api::update_trust,
                                           role_access<w::UpdateAssumeRolePolicyRequest>);
  router.on<w::op::PutRolePolicy>(this, &Api::put_role_policy,
                                  role_access<w::PutRolePolicyRequest>);
  router.on<w::op::GetRolePolicy>(this, &Api::get_role_policy,
                                  role_access<w::GetRolePolicyRequest>);
  router.on<w::op::ListRolePolicies>(this, &Api::list_role_policies,
                                     role_access<w::ListRolePoliciesRequest>);
  router.on<w::op::DeleteRolePolicy>(this, &Api::delete_role_policy,
                                     role_access<w::DeleteRolePolicyRequest>);
  router.on<w::op::AttachRolePolicy>(this, &Api::attach_role_policy,
                                     role_access<w::AttachRolePolicyRequest>);
  router.on<w::op::DetachRolePolicy>(this, &Api::detach_role_policy,
                                     role_access<w::DetachRolePolicyRequest>);
  router.on<w::op::ListAttachedRolePolicies>(this, &Api::list_attached_to_role,
                                             role_access<w::ListAttachedRolePoliciesRequest>);
  router.on<w::op::TagRole>(this, &Api::tag_role, role_access<w::TagRoleRequest>);
  router.on<w::op::UntagRole>(this, &Api::untag_role, role_access<w::UntagRoleRequest>);
  router.on<w::op::ListRoleTags>(this, &Api::list_role_tags, role_access<w::ListRoleTagsRequest>);
}

Api::Reply<w::CreateRoleResponse> Api::create_role(const Caller& caller,
                                                   w::CreateRoleRequest request) {
  TM_CO_CHECK(refuse_boundary(request.PermissionsBoundary));
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
    TM_CHECK(add_tags(tx, role.entity(), tags_given(request.Tags)));
    TM_CHECK(authority_.refresh(tx));
    w::CreateRoleResponse response;
    TM_TRY(response.Role, shown_tagged(tx, role));
    return response;
  };
  co_return co_await store_.write(write);
}

Api::Reply<w::GetRoleResponse> Api::get_role(const Caller& caller, w::GetRoleRequest request) {
  auto query = [&](store::Tx& tx) -> Result<w::GetRoleResponse> {
    TM_TRY(const auto role, require_role(tx, caller.scope.account, *request.RoleName));
    w::GetRoleResponse response;
    TM_TRY(response.Role, shown_tagged(tx, role));
    response.Role->MaxSessionDuration = role.session_seconds;
    response.Role->RoleLastUsed.emplace();
    return response;
  };
  co_return co_await store_.read(query);
}

Api::Reply<w::ListRolesResponse> Api::list_roles(const Caller& caller,
                                                 w::ListRolesRequest request) {
  auto query = [&](store::Tx& tx) -> Result<w::ListRolesResponse> {
    TM_TRY(auto roles, iam::list_roles(tx, caller.scope.account));
    w::ListRolesResponse response;
    const auto page =
        page_of(under(request.PathPrefix, std::move(roles)), request, response, &Role::name);
    auto& list = response.Roles.emplace();
    for (const auto& role : page) {
      list.push_back(shown(role));
      list.back().MaxSessionDuration = role.session_seconds;
    }
    return response;
  };
  co_return co_await store_.read(query);
}

Api::Reply<w::UpdateRoleResponse> Api::update_role(const Caller& caller,
                                                   w::UpdateRoleRequest request) {
  auto change = [&](store::Tx& tx) -> Status {
    TM_TRY(auto role, require_role(tx, caller.scope.account, *request.RoleName));
    if (request.Description) role.description = request.Description;
    role.session_seconds = request.MaxSessionDuration.value_or(session_seconds_default);
    return iam::update_role(tx, role);
  };
  TM_CO_CHECK(co_await store_.write(change));
  co_return w::UpdateRoleResponse();
}

Api::Reply<w::UpdateRoleDescriptionResponse> Api::update_description(
    const Caller& caller, w::UpdateRoleDescriptionRequest request) {
  auto change = [&](store::Tx& tx) -> Result<w::UpdateRoleDescriptionResponse> {
    TM_TRY(auto role, require_role(tx, caller.scope.account, *request.RoleName));
    role.description = request.Description;
    TM_CHECK(iam::update_role(tx, role));
    w::UpdateRoleDescriptionResponse response;
    TM_TRY(response.Role, shown_tagged(tx, role));
    return response;
  };
  co_return co_await store_.write(change);
}

Api::Done Api::delete_role(const Caller& caller, w::DeleteRoleRequest request) {
  auto change = [&](store::Tx& tx) -> Status {
    TM_TRY(const auto role, require_role(tx, caller.scope.account, *request.RoleName));
    return remove_role(tx, role);
  };
  co_return co_await commit(change);
}

Api::Done Api::update_trust(const Caller& caller, w::UpdateAssumeRolePolicyRequest request) {
  TM_CO_TRY([[maybe_unused]] const auto trust,
            Policy::parse(*request.PolicyDocument, Policy::Kind::trust));
  auto change = [&](store::Tx& tx) -> Status {
    TM_TRY(const auto role, require_role(tx, caller.scope.account, *request.RoleName));
    return set_trust(tx, role, *request.PolicyDocument);
  };
  co_return co_await commit(change);
}

Api::Done Api::put_role_policy(const Caller& caller, w::PutRolePolicyRequest request) {
  auto change = [&](store::Tx& tx) -> Status {
    TM_TRY(const auto role, require_role(tx, caller.scope.account, *request.RoleName));
    return save_inline_policy(tx, role.entity(), *request.PolicyName, *request.PolicyDocument);
  };
  co_return co_await commit(change);
}

Api::Reply<w::GetRolePolicyResponse> Api::get_role_policy(const Caller& caller,
                                                          w::GetRolePolicyRequest request) {
  auto query = [&](store::Tx& tx) -> Result<w::GetRolePolicyResponse> {
    TM_TRY(const auto role, require_role(tx, caller.scope.account, *request.RoleName));
    TM_TRY(const auto document, inline_policy(tx, role.entity(), *request.PolicyName));
    w::GetRolePolicyResponse response;
    response.RoleName = role.name;
    response.PolicyName = request.PolicyName;
    response.PolicyDocument = percent_encode(document);
    return response;
  };
  co_return co_await store_.read(query);
}

Api::Reply<w::ListRolePoliciesResponse> Api::list_role_policies(
    const Caller& caller, w::ListRolePoliciesRequest request) {
  auto query = [&](store::Tx& tx) -> Result<w::ListRolePoliciesResponse> {
    TM_TRY(const auto role, require_role(tx, caller.scope.account, *request.RoleName));
    TM_TRY(auto names, inline_policies(tx, role.entity()));
    w::ListRolePoliciesResponse response;
    response.PolicyNames = page_of(std::move(names), request, response, std::identity());
    return response;
  };
  co_return co_await store_.read(query);
}

Api::Done Api::delete_role_policy(const Caller& caller, w::DeleteRolePolicyRequest request) {
  auto change = [&](store::Tx& tx) -> Status {
    TM_TRY(const auto role, require_role(tx, caller.scope.account, *request.RoleName));
    return drop_inline_policy(tx, role.entity(), *request.PolicyName);
  };
  co_return co_await commit(change);
}

Api::Done Api::attach_role_policy(const Caller& caller, w::AttachRolePolicyRequest request) {
  auto change = [&](store::Tx& tx) -> Status {
    TM_TRY(const auto role, require_role(tx, caller.scope.account, *request.RoleName));
    return attach_policy(tx, role.entity(), *request.PolicyArn);
  };
  co_return co_await commit(change);
}

Api::Done Api::detach_role_policy(const Caller& caller, w::DetachRolePolicyRequest request) {
  auto change = [&](store::Tx& tx) -> Status {
    TM_TRY(const auto role, require_role(tx, caller.scope.account, *request.RoleName));
    return detach_policy(tx, role.entity(), *request.PolicyArn);
  };
  co_return co_await commit(change);
}

Api::Reply<w::ListAttachedRolePoliciesResponse> Api::list_attached_to_role(
    const Caller& caller, w::ListAttachedRolePoliciesRequest request) {
  auto query = [&](store::Tx& tx) -> Result<w::ListAttachedRolePoliciesResponse> {
    TM_TRY(const auto role, require_role(tx, caller.scope.account, *request.RoleName));
    TM_TRY(const auto arns, attached_policies(tx, role.entity()));
    w::ListAttachedRolePoliciesResponse response;
    response.AttachedPolicies = page_of(attached_shown(arns, request.PathPrefix), request, response,
                                        &w::AttachedPolicy::PolicyArn);
    return response;
  };
  co_return co_await store_.read(query);
}

Api::Done Api::tag_role(const Caller& caller, w::TagRoleRequest request) {
  auto change = [&](store::Tx& tx) -> Status {
    TM_TRY(const auto role, require_role(tx, caller.scope.account, *request.RoleName));
    return add_tags(tx, role.entity(), tags_given(request.Tags));
  };
  co_return co_await commit(change);
}

Api::Done Api::untag_role(const Caller& caller, w::UntagRoleRequest request) {
  auto change = [&](store::Tx& tx) -> Status {
    TM_TRY(const auto role, require_role(tx, caller.scope.account, *request.RoleName));
    return drop_tags(tx, role.entity(), *request.TagKeys);
  };
  co_return co_await commit(change);
}

Api::Reply<w::ListRoleTagsResponse> Api::list_role_tags(const Caller& caller,
                                                        w::ListRoleTagsRequest request) {
  auto query = [&](store::Tx& tx) -> Result<w::ListRoleTagsResponse> {
    TM_TRY(const auto role, require_role(tx, caller.scope.account, *request.RoleName));
    TM_TRY(const auto tags, tags_of(tx, role.entity()));
    w::ListRoleTagsResponse response;
    response.Tags = page_of(tags_shown(tags), request, response, &w::Tag::Key);
    return response;
  };
  co_return co_await store_.read(query);
}

}  // namespace tidemill::iam
