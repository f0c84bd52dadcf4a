// Groups, who is in them, and their policies.
#include "base/encoding.h"
#include "iam/api.h"
#include "iam/api_shared.h"
#include "iam/group.h"

namespace tidemill::iam {
namespace {

template <class Request>
wire::Access group_access(const Caller& caller, const Request& request) {
  return {.resource = fmt::format("arn:aws:iam::{}:group/{}", caller.scope.account,
                                  request.GroupName.value_or(""))};
}

w::Group shown(const Group& group) {
  w::Group out;
  out.Path = group.path;
  out.GroupName = group.name;
  out.GroupId = group.id;
  out.Arn = group.arn();
  out.CreateDate = group.created;
  return out;
}

}  // namespace

void Api::register_groups(wire::Router& router) {
  using namespace w::op;
  router.on<CreateGroup>(this, &Api::create_group, group_access<w::CreateGroupRequest>);
  router.on<ListGroupsForUser>(this, &Api::list_groups, user_access<w::ListGroupsForUserRequest>);
  router.on<GetGroup>(this, &Api::get_group, group_access<w::GetGroupRequest>);
  router.on<ListGroups>(this, &Api::list_all_groups);
  router.on<UpdateGroup>(this, &Api::update_group, group_access<w::UpdateGroupRequest>);
  router.on<DeleteGroup>(this, &Api::delete_group, group_access<w::DeleteGroupRequest>);
  router.on<AddUserToGroup>(this, &Api::add_to_group, group_access<w::AddUserToGroupRequest>);
  router.on<RemoveUserFromGroup>(this, &Api::remove_from_group,
                                 group_access<w::RemoveUserFromGroupRequest>);
  router.on<PutGroupPolicy>(this, &Api::put_group_policy, group_access<w::PutGroupPolicyRequest>);
  router.on<GetGroupPolicy>(this, &Api::get_group_policy, group_access<w::GetGroupPolicyRequest>);
  router.on<ListGroupPolicies>(this, &Api::list_group_policies,
                               group_access<w::ListGroupPoliciesRequest>);
  router.on<DeleteGroupPolicy>(this, &Api::delete_group_policy,
                               group_access<w::DeleteGroupPolicyRequest>);
  router.on<AttachGroupPolicy>(this, &Api::attach_group_policy,
                               group_access<w::AttachGroupPolicyRequest>);
  router.on<DetachGroupPolicy>(this, &Api::detach_group_policy,
                               group_access<w::DetachGroupPolicyRequest>);
  router.on<ListAttachedGroupPolicies>(this, &Api::list_attached_to_group,
                                       group_access<w::ListAttachedGroupPoliciesRequest>);
}

Api::Reply<w::CreateGroupResponse> Api::create_group(const Caller& caller,
                                                     w::CreateGroupRequest request) {
  const Group group{caller.scope.account, *request.GroupName, "AGPA" + random_base32(random_, 17),
                    request.Path.value_or("/"), clock_.now()};
  auto change = [&](store::Tx& tx) { return add_group(tx, group); };
  TM_CO_CHECK(co_await store_.write(change));
  w::CreateGroupResponse response;
  response.Group = shown(group);
  co_return response;
}

Api::Reply<w::GetGroupResponse> Api::get_group(const Caller& caller, w::GetGroupRequest request) {
  auto query = [&](store::Tx& tx) -> Result<w::GetGroupResponse> {
    TM_TRY(const auto group, require_group(tx, caller.scope.account, *request.GroupName));
    TM_TRY(auto members, members_of(tx, group));
    w::GetGroupResponse response;
    response.Group = shown(group);
    const auto page = page_of(std::move(members), request, response, &User::name);
    auto& list = response.Users.emplace();
    for (const auto& user : page) list.push_back(shown(user));
    return response;
  };
  co_return co_await store_.read(query);
}

Api::Reply<w::ListGroupsResponse> Api::list_all_groups(const Caller& caller,
                                                       w::ListGroupsRequest request) {
  auto query = [&](store::Tx& tx) -> Result<w::ListGroupsResponse> {
    TM_TRY(auto groups, iam::list_groups(tx, caller.scope.account));
    w::ListGroupsResponse response;
    const auto page =
        page_of(under(request.PathPrefix, std::move(groups)), request, response, &Group::name);
    auto& list = response.Groups.emplace();
    for (const auto& group : page) list.push_back(shown(group));
    return response;
  };
  co_return co_await store_.read(query);
}

Api::Reply<w::ListGroupsForUserResponse> Api::list_groups(const Caller& caller,
                                                          w::ListGroupsForUserRequest request) {
  auto query = [&](store::Tx& tx) -> Result<w::ListGroupsForUserResponse> {
    TM_TRY(const auto user, require_user(tx, caller.scope.account, *request.UserName));
    TM_TRY(auto groups, groups_of(tx, user));
    w::ListGroupsForUserResponse response;
    const auto page = page_of(std::move(groups), request, response, &Group::name);
    auto& list = response.Groups.emplace();
    for (const auto& group : page) list.push_back(shown(group));
    return response;
  };
  co_return co_await store_.read(query);
}

Api::Done Api::update_group(const Caller& caller, w::UpdateGroupRequest request) {
  auto change = [&](store::Tx& tx) -> Status {
    TM_TRY(const auto group, require_group(tx, caller.scope.account, *request.GroupName));
    Group renamed = group;
    renamed.name = request.NewGroupName.value_or(group.name);
    renamed.path = request.NewPath.value_or(group.path);
    return rename_group(tx, group, renamed);
  };
  co_return co_await commit(change);
}

Api::Done Api::delete_group(const Caller& caller, w::DeleteGroupRequest request) {
  auto change = [&](store::Tx& tx) -> Status {
    TM_TRY(const auto group, require_group(tx, caller.scope.account, *request.GroupName));
    return remove_group(tx, group);
  };
  co_return co_await commit(change);
}

Api::Done Api::add_to_group(const Caller& caller, w::AddUserToGroupRequest request) {
  auto change = [&](store::Tx& tx) -> Status {
    TM_TRY(const auto group, require_group(tx, caller.scope.account, *request.GroupName));
    TM_TRY(const auto user, require_user(tx, caller.scope.account, *request.UserName));
    return add_member(tx, group, user);
  };
  co_return co_await commit(change);
}

Api::Done Api::remove_from_group(const Caller& caller, w::RemoveUserFromGroupRequest request) {
  auto change = [&](store::Tx& tx) -> Status {
    TM_TRY(const auto group, require_group(tx, caller.scope.account, *request.GroupName));
    TM_TRY(const auto user, require_user(tx, caller.scope.account, *request.UserName));
    return remove_member(tx, group, user);
  };
  co_return co_await commit(change);
}

Api::Done Api::put_group_policy(const Caller& caller, w::PutGroupPolicyRequest request) {
  auto change = [&](store::Tx& tx) -> Status {
    TM_TRY(const auto group, require_group(tx, caller.scope.account, *request.GroupName));
    return save_inline_policy(tx, group.entity(), *request.PolicyName, *request.PolicyDocument);
  };
  co_return co_await commit(change);
}

Api::Reply<w::GetGroupPolicyResponse> Api::get_group_policy(const Caller& caller,
                                                            w::GetGroupPolicyRequest request) {
  auto query = [&](store::Tx& tx) -> Result<w::GetGroupPolicyResponse> {
    TM_TRY(const auto group, require_group(tx, caller.scope.account, *request.GroupName));
    TM_TRY(const auto document, inline_policy(tx, group.entity(), *request.PolicyName));
    w::GetGroupPolicyResponse response;
    response.GroupName = group.name;
    response.PolicyName = request.PolicyName;
    response.PolicyDocument = percent_encode(document);
    return response;
  };
  co_return co_await store_.read(query);
}

Api::Reply<w::ListGroupPoliciesResponse> Api::list_group_policies(
    const Caller& caller, w::ListGroupPoliciesRequest request) {
  auto query = [&](store::Tx& tx) -> Result<w::ListGroupPoliciesResponse> {
    TM_TRY(const auto group, require_group(tx, caller.scope.account, *request.GroupName));
    TM_TRY(auto names, inline_policies(tx, group.entity()));
    w::ListGroupPoliciesResponse response;
    response.PolicyNames = page_of(std::move(names), request, response, std::identity());
    return response;
  };
  co_return co_await store_.read(query);
}

Api::Done Api::delete_group_policy(const Caller& caller, w::DeleteGroupPolicyRequest request) {
  auto change = [&](store::Tx& tx) -> Status {
    TM_TRY(const auto group, require_group(tx, caller.scope.account, *request.GroupName));
    return drop_inline_policy(tx, group.entity(), *request.PolicyName);
  };
  co_return co_await commit(change);
}

Api::Done Api::attach_group_policy(const Caller& caller, w::AttachGroupPolicyRequest request) {
  auto change = [&](store::Tx& tx) -> Status {
    TM_TRY(const auto group, require_group(tx, caller.scope.account, *request.GroupName));
    return attach_policy(tx, group.entity(), *request.PolicyArn);
  };
  co_return co_await commit(change);
}

Api::Done Api::detach_group_policy(const Caller& caller, w::DetachGroupPolicyRequest request) {
  auto change = [&](store::Tx& tx) -> Status {
    TM_TRY(const auto group, require_group(tx, caller.scope.account, *request.GroupName));
    return detach_policy(tx, group.entity(), *request.PolicyArn);
  };
  co_return co_await commit(change);
}

Api::Reply<w::ListAttachedGroupPoliciesResponse> Api::list_attached_to_group(
    const Caller& caller, w::ListAttachedGroupPoliciesRequest request) {
  auto query = [&](store::Tx& tx) -> Result<w::ListAttachedGroupPoliciesResponse> {
    TM_TRY(const auto group, require_group(tx, caller.scope.account, *request.GroupName));
    TM_TRY(const auto arns, attached_policies(tx, group.entity()));
    w::ListAttachedGroupPoliciesResponse response;
    response.AttachedPolicies = page_of(attached_shown(arns, request.PathPrefix), request, response,
                                        &w::AttachedPolicy::PolicyArn);
    return response;
  };
  co_return co_await store_.read(query);
}

}  // namespace tidemill::iam
