// Users, their policies and tags, and their access keys.
#include "base/encoding.h"
#include "iam/api.h"
#include "iam/api_shared.h"

namespace tidemill::iam {
namespace {

Result<w::User> shown_tagged(store::Tx& tx, const User& user) {
  auto out = shown(user);
  TM_TRY(const auto tags, tags_of(tx, user.entity()));
  if (!tags.empty()) out.Tags = tags_shown(tags);
  return out;
}

std::string status_of(const AccessKey& key) { return key.active ? "Active" : "Inactive"; }

/// Forty characters, as AWS's secrets have.
std::string new_secret(Random& random) {
  std::array<std::uint8_t, 30> bytes;
  random.fill(bytes);
  return to_base64(std::string_view(reinterpret_cast<const char*>(bytes.data()), bytes.size()));
}

}  // namespace

w::User shown(const User& user) {
  w::User out;
  out.Path = user.path;
  out.UserName = user.name;
  out.UserId = user.id;
  out.Arn = user.arn();
  out.CreateDate = user.created;
  return out;
}

void Api::register_users(wire::Router& router) {
  router.on<w::op::CreateUser>(this, &Api::create_user, user_access<w::CreateUserRequest>);
  router.on<w::op::GetUser>(this, &Api::get_user, user_access<w::GetUserRequest>);
  router.on<w::op::ListUsers>(this, &Api::list_users);
  router.on<w::op::UpdateUser>(this, &Api::update_user, user_access<w::UpdateUserRequest>);
  router.on<w::op::DeleteUser>(this, &Api::delete_user, user_access<w::DeleteUserRequest>);
  router.on<w::op::PutUserPolicy>(this, &Api::put_user_policy,
                                  user_access<w::PutUserPolicyRequest>);
  router.on<w::op::GetUserPolicy>(this, &Api::get_user_policy,
                                  user_access<w::GetUserPolicyRequest>);
  router.on<w::op::ListUserPolicies>(this, &Api::list_user_policies,
                                     user_access<w::ListUserPoliciesRequest>);
  router.on<w::op::DeleteUserPolicy>(this, &Api::delete_user_policy,
                                     user_access<w::DeleteUserPolicyRequest>);
  router.on<w::op::AttachUserPolicy>(this, &Api::attach_user_policy,
                                     user_access<w::AttachUserPolicyRequest>);
  router.on<w::op::DetachUserPolicy>(this, &Api::detach_user_policy,
                                     user_access<w::DetachUserPolicyRequest>);
  router.on<w::op::ListAttachedUserPolicies>(this, &Api::list_attached_to_user,
                                             user_access<w::ListAttachedUserPoliciesRequest>);
  router.on<w::op::TagUser>(this, &Api::tag_user, user_access<w::TagUserRequest>);
  router.on<w::op::UntagUser>(this, &Api::untag_user, user_access<w::UntagUserRequest>);
  router.on<w::op::ListUserTags>(this, &Api::list_user_tags, user_access<w::ListUserTagsRequest>);
  router.on<w::op::CreateAccessKey>(this, &Api::create_key, user_access<w::CreateAccessKeyRequest>);
  router.on<w::op::ListAccessKeys>(this, &Api::list_keys, user_access<w::ListAccessKeysRequest>);
  router.on<w::op::UpdateAccessKey>(this, &Api::update_key, user_access<w::UpdateAccessKeyRequest>);
  router.on<w::op::DeleteAccessKey>(this, &Api::delete_key, user_access<w::DeleteAccessKeyRequest>);
  router.on<w::op::ListAccountAliases>(this, &Api::list_aliases);
}

Result<std::string> Api::user_name(const Caller& caller, const std::optional<std::string>& given) {
  if (given) return *given;
  if (caller.kind == Caller::Kind::user) return caller.arn.substr(caller.arn.rfind('/') + 1);
  return fail(Errc::invalid_argument, "ValidationError",
              "Must specify userName when calling with non-User credentials");
}

Api::Reply<w::CreateUserResponse> Api::create_user(const Caller& caller,
                                                   w::CreateUserRequest request) {
  TM_CO_CHECK(refuse_boundary(request.PermissionsBoundary));
  const User user{caller.scope.account, *request.UserName, "AIDA" + random_base32(random_, 17),
                  request.Path.value_or("/"), clock_.now()};
  auto write = [&](store::Tx& tx) -> Result<w::CreateUserResponse> {
    TM_CHECK(add_user(tx, user));
    TM_CHECK(add_tags(tx, user.entity(), tags_given(request.Tags)));
    w::CreateUserResponse response;
    TM_TRY(response.User, shown_tagged(tx, user));
    return response;
  };
  co_return co_await store_.write(write);
}

Api::Reply<w::GetUserResponse> Api::get_user(const Caller& caller, w::GetUserRequest request) {
  TM_CO_TRY(const auto name, user_name(caller, request.UserName));
  auto query = [&](store::Tx& tx) -> Result<w::GetUserResponse> {
    TM_TRY(const auto user, require_user(tx, caller.scope.account, name));
    w::GetUserResponse response;
    TM_TRY(response.User, shown_tagged(tx, user));
    return response;
  };
  co_return co_await store_.read(query);
}

Api::Reply<w::ListUsersResponse> Api::list_users(const Caller& caller,
                                                 w::ListUsersRequest request) {
  auto query = [&](store::Tx& tx) -> Result<w::ListUsersResponse> {
    TM_TRY(auto users, iam::list_users(tx, caller.scope.account));
    w::ListUsersResponse response;
    const auto page =
        page_of(under(request.PathPrefix, std::move(users)), request, response, &User::name);
    auto& list = response.Users.emplace();
    for (const auto& user : page) list.push_back(shown(user));
    return response;
  };
  co_return co_await store_.read(query);
}

Api::Done Api::update_user(const Caller& caller, w::UpdateUserRequest request) {
  auto change = [&](store::Tx& tx) -> Status {
    TM_TRY(const auto user, require_user(tx, caller.scope.account, *request.UserName));
    User renamed = user;
    renamed.name = request.NewUserName.value_or(user.name);
    renamed.path = request.NewPath.value_or(user.path);
    return rename_user(tx, user, renamed);
  };
  co_return co_await commit(change);
}

Api::Done Api::delete_user(const Caller& caller, w::DeleteUserRequest request) {
  auto change = [&](store::Tx& tx) -> Status {
    TM_TRY(const auto user, require_user(tx, caller.scope.account, *request.UserName));
    return remove_user(tx, user);
  };
  co_return co_await commit(change);
}

Api::Done Api::put_user_policy(const Caller& caller, w::PutUserPolicyRequest request) {
  auto change = [&](store::Tx& tx) -> Status {
    TM_TRY(const auto user, require_user(tx, caller.scope.account, *request.UserName));
    return save_inline_policy(tx, user.entity(), *request.PolicyName, *request.PolicyDocument);
  };
  co_return co_await commit(change);
}

Api::Reply<w::GetUserPolicyResponse> Api::get_user_policy(const Caller& caller,
                                                          w::GetUserPolicyRequest request) {
  auto query = [&](store::Tx& tx) -> Result<w::GetUserPolicyResponse> {
    TM_TRY(const auto user, require_user(tx, caller.scope.account, *request.UserName));
    TM_TRY(const auto document, inline_policy(tx, user.entity(), *request.PolicyName));
    w::GetUserPolicyResponse response;
    response.UserName = user.name;
    response.PolicyName = request.PolicyName;
    response.PolicyDocument = percent_encode(document);
    return response;
  };
  co_return co_await store_.read(query);
}

Api::Reply<w::ListUserPoliciesResponse> Api::list_user_policies(
    const Caller& caller, w::ListUserPoliciesRequest request) {
  auto query = [&](store::Tx& tx) -> Result<w::ListUserPoliciesResponse> {
    TM_TRY(const auto user, require_user(tx, caller.scope.account, *request.UserName));
    TM_TRY(auto names, inline_policies(tx, user.entity()));
    w::ListUserPoliciesResponse response;
    response.PolicyNames = page_of(std::move(names), request, response, std::identity());
    return response;
  };
  co_return co_await store_.read(query);
}

Api::Done Api::delete_user_policy(const Caller& caller, w::DeleteUserPolicyRequest request) {
  auto change = [&](store::Tx& tx) -> Status {
    TM_TRY(const auto user, require_user(tx, caller.scope.account, *request.UserName));
    return drop_inline_policy(tx, user.entity(), *request.PolicyName);
  };
  co_return co_await commit(change);
}

Api::Done Api::attach_user_policy(const Caller& caller, w::AttachUserPolicyRequest request) {
  auto change = [&](store::Tx& tx) -> Status {
    TM_TRY(const auto user, require_user(tx, caller.scope.account, *request.UserName));
    return attach_policy(tx, user.entity(), *request.PolicyArn);
  };
  co_return co_await commit(change);
}

Api::Done Api::detach_user_policy(const Caller& caller, w::DetachUserPolicyRequest request) {
  auto change = [&](store::Tx& tx) -> Status {
    TM_TRY(const auto user, require_user(tx, caller.scope.account, *request.UserName));
    return detach_policy(tx, user.entity(), *request.PolicyArn);
  };
  co_return co_await commit(change);
}

Api::Reply<w::ListAttachedUserPoliciesResponse> Api::list_attached_to_user(
    const Caller& caller, w::ListAttachedUserPoliciesRequest request) {
  auto query = [&](store::Tx& tx) -> Result<w::ListAttachedUserPoliciesResponse> {
    TM_TRY(const auto user, require_user(tx, caller.scope.account, *request.UserName));
    TM_TRY(const auto arns, attached_policies(tx, user.entity()));
    w::ListAttachedUserPoliciesResponse response;
    response.AttachedPolicies = page_of(attached_shown(arns, request.PathPrefix), request, response,
                                        &w::AttachedPolicy::PolicyArn);
    return response;
  };
  co_return co_await store_.read(query);
}

Api::Done Api::tag_user(const Caller& caller, w::TagUserRequest request) {
  auto change = [&](store::Tx& tx) -> Status {
    TM_TRY(const auto user, require_user(tx, caller.scope.account, *request.UserName));
    return add_tags(tx, user.entity(), tags_given(request.Tags));
  };
  co_return co_await commit(change);
}

Api::Done Api::untag_user(const Caller& caller, w::UntagUserRequest request) {
  auto change = [&](store::Tx& tx) -> Status {
    TM_TRY(const auto user, require_user(tx, caller.scope.account, *request.UserName));
    return drop_tags(tx, user.entity(), *request.TagKeys);
  };
  co_return co_await commit(change);
}

Api::Reply<w::ListUserTagsResponse> Api::list_user_tags(const Caller& caller,
                                                        w::ListUserTagsRequest request) {
  auto query = [&](store::Tx& tx) -> Result<w::ListUserTagsResponse> {
    TM_TRY(const auto user, require_user(tx, caller.scope.account, *request.UserName));
    TM_TRY(const auto tags, tags_of(tx, user.entity()));
    w::ListUserTagsResponse response;
    response.Tags = page_of(tags_shown(tags), request, response, &w::Tag::Key);
    return response;
  };
  co_return co_await store_.read(query);
}

Api::Reply<w::CreateAccessKeyResponse> Api::create_key(const Caller& caller,
                                                       w::CreateAccessKeyRequest request) {
  TM_CO_TRY(const auto name, user_name(caller, request.UserName));
  const AccessKey key{"AKIA" + random_base32(random_, 16),
                      caller.scope.account,
                      name,
                      Secret(new_secret(random_)),
                      true,
                      clock_.now()};
  auto change = [&](store::Tx& tx) -> Status {
    TM_TRY(const auto user, require_user(tx, caller.scope.account, name));
    return add_key(tx, user, key);
  };
  TM_CO_CHECK(co_await commit(change));
  w::CreateAccessKeyResponse response;
  auto& shown_key = response.AccessKey.emplace();
  shown_key.UserName = name;
  shown_key.AccessKeyId = key.id;
  shown_key.Status = status_of(key);
  shown_key.SecretAccessKey = key.secret.reveal();
  shown_key.CreateDate = key.created;
  co_return response;
}

Api::Reply<w::ListAccessKeysResponse> Api::list_keys(const Caller& caller,
                                                     w::ListAccessKeysRequest request) {
  TM_CO_TRY(const auto name, user_name(caller, request.UserName));
  auto query = [&](store::Tx& tx) -> Result<w::ListAccessKeysResponse> {
    TM_TRY(const auto user, require_user(tx, caller.scope.account, name));
    TM_TRY(const auto keys, keys_of(tx, user));
    w::ListAccessKeysResponse response;
    response.IsTruncated = false;
    auto& list = response.AccessKeyMetadata.emplace();
    for (const auto& key : keys) {
      list.push_back({name, key.id, status_of(key), key.created});
    }
    return response;
  };
  co_return co_await store_.read(query);
}

Api::Done Api::update_key(const Caller& caller, w::UpdateAccessKeyRequest request) {
  TM_CO_TRY(const auto name, user_name(caller, request.UserName));
  auto change = [&](store::Tx& tx) -> Status {
    TM_TRY(const auto user, require_user(tx, caller.scope.account, name));
    return set_key_active(tx, user, *request.AccessKeyId, *request.Status == "Active");
  };
  co_return co_await commit(change);
}

Api::Done Api::delete_key(const Caller& caller, w::DeleteAccessKeyRequest request) {
  TM_CO_TRY(const auto name, user_name(caller, request.UserName));
  auto change = [&](store::Tx& tx) -> Status {
    TM_TRY(const auto user, require_user(tx, caller.scope.account, name));
    return remove_key(tx, user, *request.AccessKeyId);
  };
  co_return co_await commit(change);
}

Api::Reply<w::ListAccountAliasesResponse> Api::list_aliases(const Caller& /*caller*/,
                                                            w::ListAccountAliasesRequest) {
  w::ListAccountAliasesResponse response;
  response.AccountAliases.emplace();
  response.IsTruncated = false;
  co_return response;
}

}  // namespace tidemill::iam
