/// IAM's and STS's operations: each maps a request to the roles, users, groups and policies of this
/// folder.
/// Made once by the server; called on event loops.
#pragma once

#include "base/caller.h"
#include "base/random.h"
#include "iam/authority.h"
#include "iam/managed_policy.h"
#include "iam/role.h"
#include "iam/user.h"
#include "wire/gen/iam.h"
#include "wire/gen/sts.h"
#include "wire/router.h"

namespace tidemill::iam {

namespace w = wire::iam;
namespace ws = wire::sts;

class Api {
 public:
  Api(store::Store& store, Authority& authority, const Clock& clock, Random& random)
      : store_(store), authority_(authority), clock_(clock), random_(random) {}

  void register_with(wire::Router& router);

 private:
  using Done = Task<Result<wire::Empty>>;
  template <class Response>
  using Reply = Task<Result<Response>>;

  void register_roles(wire::Router& router);
  void register_users(wire::Router& router);
  void register_groups(wire::Router& router);
  void register_profiles(wire::Router& router);
  void register_policies(wire::Router& router);
  void register_sts(wire::Router& router);

  Reply<w::CreateRoleResponse> create_role(const Caller& caller, w::CreateRoleRequest request);
  Reply<w::GetRoleResponse> get_role(const Caller& caller, w::GetRoleRequest request);
  Reply<w::ListRolesResponse> list_roles(const Caller& caller, w::ListRolesRequest request);
  Reply<w::UpdateRoleResponse> update_role(const Caller& caller, w::UpdateRoleRequest request);
  Reply<w::UpdateRoleDescriptionResponse> update_description(
      const Caller& caller, w::UpdateRoleDescriptionRequest request);
  Done delete_role(const Caller& caller, w::DeleteRoleRequest request);
  Done update_trust(const Caller& caller, w::UpdateAssumeRolePolicyRequest request);
  Done put_role_policy(const Caller& caller, w::PutRolePolicyRequest request);
  Reply<w::GetRolePolicyResponse> get_role_policy(const Caller& caller,
                                                  w::GetRolePolicyRequest request);
  Reply<w::ListRolePoliciesResponse> list_role_policies(const Caller& caller,
                                                        w::ListRolePoliciesRequest request);
  Done delete_role_policy(const Caller& caller, w::DeleteRolePolicyRequest request);
  Done attach_role_policy(const Caller& caller, w::AttachRolePolicyRequest request);
  Done detach_role_policy(const Caller& caller, w::DetachRolePolicyRequest request);
  Reply<w::ListAttachedRolePoliciesResponse> list_attached_to_role(
      const Caller& caller, w::ListAttachedRolePoliciesRequest request);
  Done tag_role(const Caller& caller, w::TagRoleRequest request);
  Done untag_role(const Caller& caller, w::UntagRoleRequest request);
  Reply<w::ListRoleTagsResponse> list_role_tags(const Caller& caller,
                                                w::ListRoleTagsRequest request);

  Reply<w::CreateInstanceProfileResponse> create_profile(const Caller& caller,
                                                         w::CreateInstanceProfileRequest request);
  Reply<w::GetInstanceProfileResponse> get_profile(const Caller& caller,
                                                   w::GetInstanceProfileRequest request);
  Reply<w::ListInstanceProfilesResponse> list_all_profiles(const Caller& caller,
                                                           w::ListInstanceProfilesRequest request);
  Reply<w::ListInstanceProfilesForRoleResponse> list_profiles(
      const Caller& caller, w::ListInstanceProfilesForRoleRequest request);
  Done delete_profile(const Caller& caller, w::DeleteInstanceProfileRequest request);
  Done add_to_profile(const Caller& caller, w::AddRoleToInstanceProfileRequest request);
  Done remove_from_profile(const Caller& caller, w::RemoveRoleFromInstanceProfileRequest request);
  Done tag_profile(const Caller& caller, w::TagInstanceProfileRequest request);
  Done untag_profile(const Caller& caller, w::UntagInstanceProfileRequest request);
  Reply<w::ListInstanceProfileTagsResponse> list_profile_tags(
      const Caller& caller, w::ListInstanceProfileTagsRequest request);

  Reply<w::CreateUserResponse> create_user(const Caller& caller, w::CreateUserRequest request);
  Reply<w::GetUserResponse> get_user(const Caller& caller, w::GetUserRequest request);
  Reply<w::ListUsersResponse> list_users(const Caller& caller, w::ListUsersRequest request);
  Done update_user(const Caller& caller, w::UpdateUserRequest request);
  Done delete_user(const Caller& caller, w::DeleteUserRequest request);
  Done put_user_policy(const Caller& caller, w::PutUserPolicyRequest request);
  Reply<w::GetUserPolicyResponse> get_user_policy(const Caller& caller,
                                                  w::GetUserPolicyRequest request);
  Reply<w::ListUserPoliciesResponse> list_user_policies(const Caller& caller,
                                                        w::ListUserPoliciesRequest request);
  Done delete_user_policy(const Caller& caller, w::DeleteUserPolicyRequest request);
  Done attach_user_policy(const Caller& caller, w::AttachUserPolicyRequest request);
  Done detach_user_policy(const Caller& caller, w::DetachUserPolicyRequest request);
  Reply<w::ListAttachedUserPoliciesResponse> list_attached_to_user(
      const Caller& caller, w::ListAttachedUserPoliciesRequest request);
  Done tag_user(const Caller& caller, w::TagUserRequest request);
  Done untag_user(const Caller& caller, w::UntagUserRequest request);
  Reply<w::ListUserTagsResponse> list_user_tags(const Caller& caller,
                                                w::ListUserTagsRequest request);
  Reply<w::CreateAccessKeyResponse> create_key(const Caller& caller,
                                               w::CreateAccessKeyRequest request);
  Reply<w::ListAccessKeysResponse> list_keys(const Caller& caller,
                                             w::ListAccessKeysRequest request);
  Done update_key(const Caller& caller, w::UpdateAccessKeyRequest request);
  Done delete_key(const Caller& caller, w::DeleteAccessKeyRequest request);
  Reply<w::ListAccountAliasesResponse> list_aliases(const Caller& caller,
                                                    w::ListAccountAliasesRequest request);

  Reply<w::CreateGroupResponse> create_group(const Caller& caller, w::CreateGroupRequest request);
  Reply<w::GetGroupResponse> get_group(const Caller& caller, w::GetGroupRequest request);
  Reply<w::ListGroupsResponse> list_all_groups(const Caller& caller, w::ListGroupsRequest request);
  Reply<w::ListGroupsForUserResponse> list_groups(const Caller& caller,
                                                  w::ListGroupsForUserRequest request);
  Done update_group(const Caller& caller, w::UpdateGroupRequest request);
  Done delete_group(const Caller& caller, w::DeleteGroupRequest request);
  Done add_to_group(const Caller& caller, w::AddUserToGroupRequest request);
  Done remove_from_group(const Caller& caller, w::RemoveUserFromGroupRequest request);
  Done put_group_policy(const Caller& caller, w::PutGroupPolicyRequest request);
  Reply<w::GetGroupPolicyResponse> get_group_policy(const Caller& caller,
                                                    w::GetGroupPolicyRequest request);
  Reply<w::ListGroupPoliciesResponse> list_group_policies(const Caller& caller,
                                                          w::ListGroupPoliciesRequest request);
  Done delete_group_policy(const Caller& caller, w::DeleteGroupPolicyRequest request);
  Done attach_group_policy(const Caller& caller, w::AttachGroupPolicyRequest request);
  Done detach_group_policy(const Caller& caller, w::DetachGroupPolicyRequest request);
  Reply<w::ListAttachedGroupPoliciesResponse> list_attached_to_group(
      const Caller& caller, w::ListAttachedGroupPoliciesRequest request);

  Reply<w::CreatePolicyResponse> create_policy(const Caller& caller,
                                               w::CreatePolicyRequest request);
  Reply<w::GetPolicyResponse> get_policy(const Caller& caller, w::GetPolicyRequest request);
  Reply<w::ListPoliciesResponse> list_policies(const Caller& caller,
                                               w::ListPoliciesRequest request);
  Done delete_policy(const Caller& caller, w::DeletePolicyRequest request);
  Reply<w::CreatePolicyVersionResponse> create_version(const Caller& caller,
                                                       w::CreatePolicyVersionRequest request);
  Reply<w::GetPolicyVersionResponse> get_version(const Caller& caller,
                                                 w::GetPolicyVersionRequest request);
  Reply<w::ListPolicyVersionsResponse> list_versions(const Caller& caller,
                                                     w::ListPolicyVersionsRequest request);
  Done delete_version(const Caller& caller, w::DeletePolicyVersionRequest request);
  Done set_default(const Caller& caller, w::SetDefaultPolicyVersionRequest request);
  Reply<w::ListEntitiesForPolicyResponse> list_entities(const Caller& caller,
                                                        w::ListEntitiesForPolicyRequest request);
  Done tag_policy(const Caller& caller, w::TagPolicyRequest request);
  Done untag_policy(const Caller& caller, w::UntagPolicyRequest request);
  Reply<w::ListPolicyTagsResponse> list_policy_tags(const Caller& caller,
                                                    w::ListPolicyTagsRequest request);

  Reply<ws::GetCallerIdentityResponse> who_am_i(const Caller& caller,
                                                ws::GetCallerIdentityRequest request);
  Reply<ws::AssumeRoleResponse> assume_role(const Caller& caller, ws::AssumeRoleRequest request);

  /// Runs `change(tx)`, a Status, and renews what decisions are made from.
  template <class Change>
  Done commit(Change change) {
    auto write = [&](store::Tx& tx) -> Result<wire::Empty> {
      TM_CHECK(change(tx));
      TM_CHECK(authority_.refresh(tx));
      return wire::Empty();
    };
    co_return co_await store_.write(write);
  }
  /// The caller's own user, where a request names none.
  [[nodiscard]] static Result<std::string> user_name(const Caller& caller,
                                                     const std::optional<std::string>& given);

  store::Store& store_;
  Authority& authority_;
  const Clock& clock_;
  Random& random_;
};

}  // namespace tidemill::iam
