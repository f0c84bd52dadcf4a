// Lists of secrets, and of a secret's versions.
#include <algorithm>

#include "base/encoding.h"
#include "secretsmanager/api.h"
#include "secretsmanager/errors.h"

namespace tidemill::secretsmanager {
namespace {

constexpr std::int32_t page_default = 100;

wire::Access on_all(const Caller& /*caller*/, const w::ListSecretsRequest& /*request*/) {
  return {.resource = "*"};
}

/// A token is where the page before ended.
Result<std::string> place_of(const std::optional<std::string>& token) {
  if (!token) return std::string();
  auto place = from_base64(*token);
  if (place) return *std::move(place);
  return fail(Errc::invalid_argument, "InvalidNextTokenException", "Invalid NextToken.");
}

w::SecretVersionsListEntry listed(const Version& version) {
  w::SecretVersionsListEntry entry;
  entry.VersionId = version.id;
  if (!version.stages.empty()) entry.VersionStages = version.stages;
  entry.LastAccessedDate = version.accessed;
  entry.CreatedDate = version.created;
  return entry;
}

}  // namespace

void Api::register_lists(wire::Router& router) {
  router.on<w::op::ListSecrets>(this, &Api::list, on_all);
  router.on<w::op::ListSecretVersionIds>(this, &Api::list_versions,
                                         asked_by_handler<w::ListSecretVersionIdsRequest>);
}

std::vector<SecretFilter> filters_of(const std::optional<std::vector<w::Filter>>& given) {
  std::vector<SecretFilter> filters;
  for (const auto& filter : given.value_or(std::vector<w::Filter>())) {
    filters.push_back(
        {filter.Key.value_or(""), filter.Values.value_or(std::vector<std::string>())});
  }
  return filters;
}

std::map<std::string, std::vector<std::string>> stages_shown(const std::vector<Version>& versions) {
  std::map<std::string, std::vector<std::string>> shown;
  for (const auto& version : versions) {
    if (!version.stages.empty()) shown[version.id] = version.stages;
  }
  return shown;
}

Result<std::vector<Secret>> Api::search(store::Tx& tx, const Scope& scope,
                                        const std::vector<SecretFilter>& filters,
                                        bool with_deleted) const {
  TM_TRY(auto secrets, all_secrets(tx, scope, secrets_.now()));
  std::vector<Secret> found;
  for (auto& secret : secrets) {
    if (secret.deleted && !with_deleted) continue;
    Tags tags;
    if (!filters.empty()) {
      TM_TRY(tags, tags_of(tx, secret));
    }
    if (passes(filters, secret, tags)) found.push_back(std::move(secret));
  }
  return found;
}

Task<Result<w::ListSecretsResponse>> Api::list(const Caller& caller,
                                               w::ListSecretsRequest request) {
  TM_CO_TRY(const auto after, place_of(request.NextToken));
  const auto by = request.SortBy.value_or("created-date");
  const bool falling = request.SortOrder.value_or("asc") == "desc";
  const auto count = std::size_t(request.MaxResults.value_or(page_default));
  w::ListSecretsResponse response;
  auto& shown = response.SecretList.emplace();
  auto query = [&](store::Tx& tx) -> Status {
    TM_TRY(auto secrets, search(tx, caller.scope, filters_of(request.Filters),
                                request.IncludePlannedDeletion.value_or(false)));
    std::ranges::sort(secrets, {}, [&](const Secret& secret) { return sort_key(secret, by); });
    if (falling) std::ranges::reverse(secrets);
    std::string last;
    for (const auto& secret : secrets) {
      auto key = sort_key(secret, by);
      if (!after.empty() && (falling ? key >= after : key <= after)) continue;
      if (shown.size() == count) {
        response.NextToken = to_base64(last);
        return {};
      }
      TM_TRY(const auto tags, tags_of(tx, secret));
      TM_TRY(const auto versions, versions_of(tx, secret));
      shown.push_back(described<w::SecretListEntry>(secret, tags));
      shown.back().SecretVersionsToStages = stages_shown(versions);
      last = std::move(key);
    }
    return {};
  };
  TM_CO_CHECK(co_await store_.read(query));
  co_return response;
}

Task<Result<w::ListSecretVersionIdsResponse>> Api::list_versions(
    const Caller& caller, w::ListSecretVersionIdsRequest request) {
  TM_CO_TRY(const auto place, place_of(request.NextToken));
  const auto after = std::strtoll(place.c_str(), nullptr, 10);
  const auto count = std::size_t(request.MaxResults.value_or(page_default));
  w::ListSecretVersionIdsResponse response;
  auto query = [&](store::Tx& tx) -> Status {
    TM_TRY(const auto secret,
           open(tx, caller, *request.SecretId, "secretsmanager:ListSecretVersionIds"));
    response = about<w::ListSecretVersionIdsResponse>(secret);
    auto& shown = response.Versions.emplace();
    TM_TRY(const auto versions, versions_of(tx, secret));
    std::int64_t last = 0;
    for (const auto& version : versions) {
      const bool deprecated = version.stages.empty();
      if (version.seq <= after || (deprecated && !request.IncludeDeprecated.value_or(false))) {
        continue;
      }
      if (shown.size() == count) {
        response.NextToken = to_base64(std::to_string(last));
        return {};
      }
      shown.push_back(listed(version));
      last = version.seq;
    }
    return {};
  };
  TM_CO_CHECK(co_await store_.read(query));
  co_return response;
}

}  // namespace tidemill::secretsmanager
