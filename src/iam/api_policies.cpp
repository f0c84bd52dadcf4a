// Managed policies: AWS's and the customer's.
#include "base/encoding.h"
#include "iam/api.h"
#include "iam/api_shared.h"
#include "iam/group.h"

namespace tidemill::iam {
namespace {

Result<w::Policy> shown(store::Tx& tx, const ManagedPolicy& policy) {
  w::Policy out;
  out.PolicyName = policy.name;
  out.PolicyId = policy.id;
  out.Arn = policy.arn();
  out.Path = policy.path;
  out.DefaultVersionId = fmt::format("v{}", policy.default_version);
  TM_TRY(const auto owners, attached_to(tx, policy.arn()));
  out.AttachmentCount = std::int32_t(owners.size());
  out.PermissionsBoundaryUsageCount = 0;
  out.IsAttachable = true;
  out.CreateDate = policy.created;
  out.UpdateDate = policy.updated;
  TM_TRY(const auto tags, tags_of(tx, policy.entity()));
  if (!tags.empty()) out.Tags = tags_shown(tags);
  return out;
}

w::PolicyVersion shown_version(const ManagedPolicy& policy, const PolicyVersion& version) {
  w::PolicyVersion out;
  out.VersionId = fmt::format("v{}", version.number);
  out.IsDefaultVersion = version.number == policy.default_version;
  out.CreateDate = version.created;
  return out;
}

}  // namespace

void Api::register_policies(wire::Router& router) {
  router.on<w::op::CreatePolicy>(
      this, &Api::create_policy, [](const Caller& caller, const w::CreatePolicyRequest& request) {
        return wire::Access{.resource =
                                fmt::format("arn:aws:iam::{}:policy/{}", caller.scope.account,
                                            request.PolicyName.value_or(""))};
      });
  router.on<w::op::GetPolicy>(this, &Api::get_policy, policy_access<w::GetPolicyRequest>);
  router.on<w::op::ListPolicies>(this, &Api::list_policies);
  router.on<w::op::DeletePolicy>(this, &Api::delete_policy, policy_access<w::DeletePolicyRequest>);
  router.on<w::op::CreatePolicyVersion>(this, &Api::create_version,
                                        policy_access<w::CreatePolicyVersionRequest>);
  router.on<w::op::GetPolicyVersion>(this, &Api::get_version,
                                     policy_access<w::GetPolicyVersionRequest>);
  router.on<w::op::ListPolicyVersions>(this, &Api::list_versions,
                                       policy_access<w::ListPolicyVersionsRequest>);
  router.on<w::op::DeletePolicyVersion>(this, &Api::delete_version,
                                        policy_access<w::DeletePolicyVersionRequest>);
  router.on<w::op::SetDefaultPolicyVersion>(this, &Api::set_default,
                                            policy_access<w::SetDefaultPolicyVersionRequest>);
  router.on<w::op::ListEntitiesForPolicy>(this, &Api::list_entities,
                                          policy_access<w::ListEntitiesForPolicyRequest>);
  router.on<w::op::TagPolicy>(this, &Api::tag_policy, policy_access<w::TagPolicyRequest>);
  router.on<w::op::UntagPolicy>(this, &Api::untag_policy, policy_access<w::UntagPolicyRequest>);
  router.on<w::op::ListPolicyTags>(this, &Api::list_policy_tags,
                                   policy_access<w::ListPolicyTagsRequest>);
}

Api::Reply<w::CreatePolicyResponse> Api::create_policy(const Caller& caller,
                                                       w::CreatePolicyRequest request) {
  ManagedPolicy policy;
  policy.account = caller.scope.account;
  policy.name = *request.PolicyName;
  policy.id = "ANPA" + random_base32(random_, 17);
  policy.path = request.Path.value_or("/");
  policy.description = request.Description;
  policy.created = policy.updated = clock_.now();
  auto write = [&](store::Tx& tx) -> Result<w::CreatePolicyResponse> {
    TM_CHECK(add_policy(tx, policy, *request.PolicyDocument));
    TM_CHECK(add_tags(tx, policy.entity(), tags_given(request.Tags)));
    w::CreatePolicyResponse response;
    TM_TRY(response.Policy, shown(tx, policy));
    return response;
  };
  co_return co_await store_.write(write);
}

Api::Reply<w::GetPolicyResponse> Api::get_policy(const Caller& /*caller*/,
                                                 w::GetPolicyRequest request) {
  auto query = [&](store::Tx& tx) -> Result<w::GetPolicyResponse> {
    TM_TRY(const auto policy, require_policy(tx, *request.PolicyArn));
    w::GetPolicyResponse response;
    TM_TRY(response.Policy, shown(tx, policy));
    response.Policy->Description = policy.description;
    return response;
  };
  co_return co_await store_.read(query);
}

Api::Reply<w::ListPoliciesResponse> Api::list_policies(const Caller& caller,
                                                       w::ListPoliciesRequest request) {
  const auto scope = request.Scope.value_or("All");
  auto query = [&](store::Tx& tx) -> Result<w::ListPoliciesResponse> {
    std::vector<ManagedPolicy> policies;
    if (scope != "AWS") {
      TM_TRY(policies, customer_policies(tx, caller.scope.account));
    }
    if (scope != "Local") std::ranges::move(aws_policies(), std::back_inserter(policies));
    std::ranges::sort(policies, {}, &ManagedPolicy::arn);
    std::vector<w::Policy> list;
    for (const auto& policy : under(request.PathPrefix, std::move(policies))) {
      TM_TRY(auto one, shown(tx, policy));
      one.Tags.reset();
      if (request.OnlyAttached.value_or(false) && one.AttachmentCount == 0) continue;
      list.push_back(std::move(one));
    }
    w::ListPoliciesResponse response;
    response.Policies = page_of(std::move(list), request, response, &w::Policy::Arn);
    return response;
  };
  co_return co_await store_.read(query);
}

Api::Done Api::delete_policy(const Caller& /*caller*/, w::DeletePolicyRequest request) {
  auto change = [&](store::Tx& tx) -> Status {
    TM_TRY(const auto policy, require_policy(tx, *request.PolicyArn));
    return remove_policy(tx, policy);
  };
  co_return co_await commit(change);
}

Api::Reply<w::CreatePolicyVersionResponse> Api::create_version(
    const Caller& /*caller*/, w::CreatePolicyVersionRequest request) {
  auto write = [&](store::Tx& tx) -> Result<w::CreatePolicyVersionResponse> {
    TM_TRY(auto policy, require_policy(tx, *request.PolicyArn));
    TM_TRY(const auto version, add_version(tx, policy, *request.PolicyDocument, clock_.now()));
    if (request.SetAsDefault.value_or(false)) {
      TM_CHECK(set_default_version(tx, policy, version.number));
      policy.default_version = version.number;
    }
    TM_CHECK(authority_.refresh(tx));
    w::CreatePolicyVersionResponse response;
    response.PolicyVersion = shown_version(policy, version);
    return response;
  };
  co_return co_await store_.write(write);
}

Api::Reply<w::GetPolicyVersionResponse> Api::get_version(const Caller& /*caller*/,
                                                         w::GetPolicyVersionRequest request) {
  auto query = [&](store::Tx& tx) -> Result<w::GetPolicyVersionResponse> {
    TM_TRY(const auto policy, require_policy(tx, *request.PolicyArn));
    TM_TRY(const auto version, require_version(tx, policy, *request.VersionId));
    w::GetPolicyVersionResponse response;
    response.PolicyVersion = shown_version(policy, version);
    response.PolicyVersion->Document = percent_encode(version.document);
    return response;
  };
  co_return co_await store_.read(query);
}

Api::Reply<w::ListPolicyVersionsResponse> Api::list_versions(const Caller& /*caller*/,
                                                             w::ListPolicyVersionsRequest request) {
  auto query = [&](store::Tx& tx) -> Result<w::ListPolicyVersionsResponse> {
    TM_TRY(const auto policy, require_policy(tx, *request.PolicyArn));
    TM_TRY(const auto versions, versions_of(tx, policy));
    w::ListPolicyVersionsResponse response;
    response.IsTruncated = false;
    auto& list = response.Versions.emplace();
    for (const auto& version : versions) list.push_back(shown_version(policy, version));
    return response;
  };
  co_return co_await store_.read(query);
}

Api::Done Api::delete_version(const Caller& /*caller*/, w::DeletePolicyVersionRequest request) {
  auto change = [&](store::Tx& tx) -> Status {
    TM_TRY(const auto policy, require_policy(tx, *request.PolicyArn));
    TM_TRY(const auto version, require_version(tx, policy, *request.VersionId));
    return remove_version(tx, policy, version.number);
  };
  co_return co_await commit(change);
}

Api::Done Api::set_default(const Caller& /*caller*/, w::SetDefaultPolicyVersionRequest request) {
  auto change = [&](store::Tx& tx) -> Status {
    TM_TRY(const auto policy, require_policy(tx, *request.PolicyArn));
    TM_TRY(const auto version, require_version(tx, policy, *request.VersionId));
    return set_default_version(tx, policy, version.number);
  };
  co_return co_await commit(change);
}

Api::Reply<w::ListEntitiesForPolicyResponse> Api::list_entities(
    const Caller& /*caller*/, w::ListEntitiesForPolicyRequest request) {
  const auto filter = request.EntityFilter.value_or("");
  auto query = [&](store::Tx& tx) -> Result<w::ListEntitiesForPolicyResponse> {
    TM_TRY(const auto policy, require_policy(tx, *request.PolicyArn));
    TM_TRY(const auto owners, attached_to(tx, policy.arn()));
    w::ListEntitiesForPolicyResponse response;
    response.IsTruncated = false;
    auto& groups = response.PolicyGroups.emplace();
    auto& users = response.PolicyUsers.emplace();
    auto& roles = response.PolicyRoles.emplace();
    for (const auto& owner : owners) {
      if (owner.kind == "role" && (filter.empty() || filter == "Role")) {
        TM_TRY(const auto role, require_role(tx, owner.account, owner.name));
        roles.push_back({role.name, role.id});
      } else if (owner.kind == "user" && (filter.empty() || filter == "User")) {
        TM_TRY(const auto user, require_user(tx, owner.account, owner.name));
        users.push_back({user.name, user.id});
      } else if (owner.kind == "group" && (filter.empty() || filter == "Group")) {
        TM_TRY(const auto group, require_group(tx, owner.account, owner.name));
        groups.push_back({group.name, group.id});
      }
    }
    return response;
  };
  co_return co_await store_.read(query);
}

Api::Done Api::tag_policy(const Caller& /*caller*/, w::TagPolicyRequest request) {
  auto change = [&](store::Tx& tx) -> Status {
    TM_TRY(const auto policy, require_policy(tx, *request.PolicyArn));
    return add_tags(tx, policy.entity(), tags_given(request.Tags));
  };
  co_return co_await commit(change);
}

Api::Done Api::untag_policy(const Caller& /*caller*/, w::UntagPolicyRequest request) {
  auto change = [&](store::Tx& tx) -> Status {
    TM_TRY(const auto policy, require_policy(tx, *request.PolicyArn));
    return drop_tags(tx, policy.entity(), *request.TagKeys);
  };
  co_return co_await commit(change);
}

Api::Reply<w::ListPolicyTagsResponse> Api::list_policy_tags(const Caller& /*caller*/,
                                                            w::ListPolicyTagsRequest request) {
  auto query = [&](store::Tx& tx) -> Result<w::ListPolicyTagsResponse> {
    TM_TRY(const auto policy, require_policy(tx, *request.PolicyArn));
    TM_TRY(const auto tags, tags_of(tx, policy.entity()));
    w::ListPolicyTagsResponse response;
    response.Tags = page_of(tags_shown(tags), request, response, &w::Tag::Key);
    return response;
  };
  co_return co_await store_.read(query);
}

}  // namespace tidemill::iam
