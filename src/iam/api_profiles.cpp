// Instance profiles.
#include "iam/api.h"
#include "iam/api_shared.h"
#include "iam/instance_profile.h"

namespace tidemill::iam {
namespace {

template <class Request>
wire::Access profile_access(const Caller& caller, const Request& request) {
  return {.resource = fmt::format("arn:aws:iam::{}:instance-profile/{}", caller.scope.account,
                                  request.InstanceProfileName.value_or(""))};
}

/// With its role; its tags only where it is shown by itself.
Result<w::InstanceProfile> shown(store::Tx& tx, const InstanceProfile& profile, bool with_tags) {
  w::InstanceProfile out;
  out.Path = profile.path;
  out.InstanceProfileName = profile.name;
  out.InstanceProfileId = profile.id;
  out.Arn = profile.arn();
  out.CreateDate = profile.created;
  auto& roles = out.Roles.emplace();
  if (!profile.role.empty()) {
    TM_TRY(const auto role, require_role(tx, profile.account, profile.role));
    roles.push_back(shown(role));
  }
  if (!with_tags) return out;
  TM_TRY(const auto tags, tags_of(tx, profile.entity()));
  out.Tags = tags_shown(tags);
  return out;
}

template <class Response, class Request>
Result<Response> page_shown(store::Tx& tx, std::vector<InstanceProfile> all,
                            const Request& request) {
  Response response;
  const auto page = page_of(std::move(all), request, response, &InstanceProfile::name);
  auto& list = response.InstanceProfiles.emplace();
  for (const auto& profile : page) {
    TM_TRY(auto one, shown(tx, profile, false));
    list.push_back(std::move(one));
  }
  return response;
}

}  // namespace

void Api::register_profiles(wire::Router& router) {
  using namespace w::op;
  router.on<CreateInstanceProfile>(this, &Api::create_profile,
                                   profile_access<w::CreateInstanceProfileRequest>);
  router.on<GetInstanceProfile>(this, &Api::get_profile,
                                profile_access<w::GetInstanceProfileRequest>);
  router.on<ListInstanceProfiles>(this, &Api::list_all_profiles);
  router.on<ListInstanceProfilesForRole>(this, &Api::list_profiles,
                                         role_access<w::ListInstanceProfilesForRoleRequest>);
  router.on<DeleteInstanceProfile>(this, &Api::delete_profile,
                                   profile_access<w::DeleteInstanceProfileRequest>);
  router.on<AddRoleToInstanceProfile>(this, &Api::add_to_profile,
                                      profile_access<w::AddRoleToInstanceProfileRequest>);
  router.on<RemoveRoleFromInstanceProfile>(this, &Api::remove_from_profile,
                                           profile_access<w::RemoveRoleFromInstanceProfileRequest>);
  router.on<TagInstanceProfile>(this, &Api::tag_profile,
                                profile_access<w::TagInstanceProfileRequest>);
  router.on<UntagInstanceProfile>(this, &Api::untag_profile,
                                  profile_access<w::UntagInstanceProfileRequest>);
  router.on<ListInstanceProfileTags>(this, &Api::list_profile_tags,
                                     profile_access<w::ListInstanceProfileTagsRequest>);
}

Api::Reply<w::CreateInstanceProfileResponse> Api::create_profile(
    const Caller& caller, w::CreateInstanceProfileRequest request) {
  const InstanceProfile profile{caller.scope.account,
                                *request.InstanceProfileName,
                                "AIPA" + random_base32(random_, 17),
                                request.Path.value_or("/"),
                                {},
                                clock_.now()};
  auto write = [&](store::Tx& tx) -> Result<w::CreateInstanceProfileResponse> {
    TM_CHECK(add_profile(tx, profile));
    TM_CHECK(add_tags(tx, profile.entity(), tags_given(request.Tags)));
    w::CreateInstanceProfileResponse response;
    TM_TRY(response.InstanceProfile, shown(tx, profile, true));
    return response;
  };
  co_return co_await store_.write(write);
}

Api::Reply<w::GetInstanceProfileResponse> Api::get_profile(const Caller& caller,
                                                           w::GetInstanceProfileRequest request) {
  auto query = [&](store::Tx& tx) -> Result<w::GetInstanceProfileResponse> {
    TM_TRY(const auto profile,
           require_profile(tx, caller.scope.account, *request.InstanceProfileName));
    w::GetInstanceProfileResponse response;
    TM_TRY(response.InstanceProfile, shown(tx, profile, true));
    return response;
  };
  co_return co_await store_.read(query);
}

Api::Reply<w::ListInstanceProfilesResponse> Api::list_all_profiles(
    const Caller& caller, w::ListInstanceProfilesRequest request) {
  auto query = [&](store::Tx& tx) -> Result<w::ListInstanceProfilesResponse> {
    TM_TRY(auto all, iam::list_profiles(tx, caller.scope.account));
    return page_shown<w::ListInstanceProfilesResponse>(
        tx, under(request.PathPrefix, std::move(all)), request);
  };
  co_return co_await store_.read(query);
}

Api::Reply<w::ListInstanceProfilesForRoleResponse> Api::list_profiles(
    const Caller& caller, w::ListInstanceProfilesForRoleRequest request) {
  auto query = [&](store::Tx& tx) -> Result<w::ListInstanceProfilesForRoleResponse> {
    TM_TRY(const auto role, require_role(tx, caller.scope.account, *request.RoleName));
    TM_TRY(auto all, profiles_of(tx, role));
    return page_shown<w::ListInstanceProfilesForRoleResponse>(tx, std::move(all), request);
  };
  co_return co_await store_.read(query);
}

Api::Done Api::delete_profile(const Caller& caller, w::DeleteInstanceProfileRequest request) {
  auto change = [&](store::Tx& tx) -> Status {
    TM_TRY(const auto profile,
           require_profile(tx, caller.scope.account, *request.InstanceProfileName));
    return remove_profile(tx, profile);
  };
  co_return co_await commit(change);
}

/// Whoever hands a role to a profile hands it on.
Api::Done Api::add_to_profile(const Caller& caller, w::AddRoleToInstanceProfileRequest request) {
  auto change = [&](store::Tx& tx) -> Status {
    TM_TRY(const auto profile,
           require_profile(tx, caller.scope.account, *request.InstanceProfileName));
    TM_TRY(const auto role, require_role(tx, caller.scope.account, *request.RoleName));
    TM_CHECK(authority_.authorize(caller, "iam:PassRole", role.arn()));
    return give_role(tx, profile, role);
  };
  co_return co_await commit(change);
}

Api::Done Api::remove_from_profile(const Caller& caller,
                                   w::RemoveRoleFromInstanceProfileRequest request) {
  auto change = [&](store::Tx& tx) -> Status {
    TM_TRY(const auto profile,
           require_profile(tx, caller.scope.account, *request.InstanceProfileName));
    TM_TRY(const auto role, require_role(tx, caller.scope.account, *request.RoleName));
    return take_role(tx, profile, role);
  };
  co_return co_await commit(change);
}

Api::Done Api::tag_profile(const Caller& caller, w::TagInstanceProfileRequest request) {
  auto change = [&](store::Tx& tx) -> Status {
    TM_TRY(const auto profile,
           require_profile(tx, caller.scope.account, *request.InstanceProfileName));
    return add_tags(tx, profile.entity(), tags_given(request.Tags));
  };
  co_return co_await commit(change);
}

Api::Done Api::untag_profile(const Caller& caller, w::UntagInstanceProfileRequest request) {
  auto change = [&](store::Tx& tx) -> Status {
    TM_TRY(const auto profile,
           require_profile(tx, caller.scope.account, *request.InstanceProfileName));
    return drop_tags(tx, profile.entity(), *request.TagKeys);
  };
  co_return co_await commit(change);
}

Api::Reply<w::ListInstanceProfileTagsResponse> Api::list_profile_tags(
    const Caller& caller, w::ListInstanceProfileTagsRequest request) {
  auto query = [&](store::Tx& tx) -> Result<w::ListInstanceProfileTagsResponse> {
    TM_TRY(const auto profile,
           require_profile(tx, caller.scope.account, *request.InstanceProfileName));
    TM_TRY(const auto tags, tags_of(tx, profile.entity()));
    w::ListInstanceProfileTagsResponse response;
    response.Tags = page_of(tags_shown(tags), request, response, &w::Tag::Key);
    return response;
  };
  co_return co_await store_.read(query);
}

}  // namespace tidemill::iam
