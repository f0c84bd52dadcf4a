/// What IAM's operations share: tags, pages, what they are about. Pure.
#pragma once

#include <algorithm>
#include <functional>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "iam/entity.h"
#include "iam/managed_policy.h"
#include "iam/role.h"
#include "iam/user.h"
#include "wire/gen/iam.h"
#include "wire/handler.h"

namespace tidemill::iam {

namespace w = wire::iam;

constexpr std::size_t page_default = 100;

template <class Request>
wire::Access role_access(const Caller& caller, const Request& request) {
  return {.resource = fmt::format("arn:aws:iam::{}:role/{}", caller.scope.account,
                                  request.RoleName.value_or(""))};
}
template <class Request>
wire::Access user_access(const Caller& caller, const Request& request) {
  return {.resource = fmt::format("arn:aws:iam::{}:user/{}", caller.scope.account,
                                  request.UserName.value_or(""))};
}
template <class Request>
wire::Access policy_access(const Caller& /*caller*/, const Request& request) {
  return {.resource = request.PolicyArn.value_or("")};
}

/// As CreateRole shows it; GetRole and ListRoles add the session's length.
[[nodiscard]] w::Role shown(const Role& role);
[[nodiscard]] w::User shown(const User& user);

[[nodiscard]] inline Tags tags_given(const std::optional<std::vector<w::Tag>>& list) {
  Tags tags;
  for (const auto& tag : list.value_or(std::vector<w::Tag>())) {
    tags[tag.Key.value_or("")] = tag.Value.value_or("");
  }
  return tags;
}
[[nodiscard]] inline std::vector<w::Tag> tags_shown(const Tags& tags) {
  std::vector<w::Tag> list;
  for (const auto& [key, value] : tags) list.push_back({key, value});
  return list;
}

/// Those whose path begins with `prefix`.
template <class T>
std::vector<T> under(const std::optional<std::string>& prefix, std::vector<T> all) {
  if (prefix) std::erase_if(all, [&](const T& one) { return !one.path.starts_with(*prefix); });
  return all;
}

/// The part of `all` (in the order of `name_of`) that follows the request's marker; says in
/// `response` whether there is more. A marker is the last name shown.
template <class T, class Request, class Response, class NameOf>
std::vector<T> page_of(std::vector<T> all, const Request& request, Response& response,
                       NameOf name_of) {
  const auto max = request.MaxItems ? std::size_t(*request.MaxItems) : page_default;
  std::vector<T> page;
  response.IsTruncated = false;
  for (auto& item : all) {
    if (request.Marker && std::invoke(name_of, item) <= *request.Marker) continue;
    if (page.size() == max) {
      response.IsTruncated = true;
      response.Marker = std::invoke(name_of, page.back());
      break;
    }
    page.push_back(std::move(item));
  }
  return page;
}

/// Policies as ListAttached…Policies shows them, in the order of their ARNs.
[[nodiscard]] inline std::vector<w::AttachedPolicy> attached_shown(
    const std::vector<std::string>& arns, const std::optional<std::string>& path_prefix) {
  std::vector<w::AttachedPolicy> list;
  for (const auto& arn : arns) {
    const auto path = arn.substr(std::min(arn.find(":policy/") + 7, arn.size()));
    if (path_prefix && !path.starts_with(*path_prefix)) continue;
    list.push_back({arn.substr(arn.rfind('/') + 1), arn});
  }
  return list;
}

/// Permissions boundaries would have to be enforced.
[[nodiscard]] inline Status refuse_boundary(const std::optional<std::string>& boundary) {
  if (!boundary) return {};
  return std::unexpected(
      Error{.code = Errc::invalid_argument,
            .message = "Permissions boundaries are not supported.",
            .name = "InvalidInput",
            .hint = "leave PermissionsBoundary out; policies alone decide here"});
}

}  // namespace tidemill::iam
