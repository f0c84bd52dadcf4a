// The values of secrets, and which version has which stage.
#include <algorithm>

#include "base/log.h"
#include "secretsmanager/api.h"
#include "secretsmanager/errors.h"
#include "secretsmanager/password.h"

namespace tidemill::secretsmanager {
namespace {

constexpr std::int32_t batch_max = 20;

/// A value as GetSecretValue and BatchGetSecretValue show it.
template <class Shown>
Shown shown_value(const Secret& secret, const Version& version, std::string value) {
  auto shown = about<Shown>(secret);
  shown.VersionId = version.id;
  shown.VersionStages = version.stages;
  shown.CreatedDate = version.created;
  (version.is_binary ? shown.SecretBinary : shown.SecretString) = std::move(value);
  return shown;
}

wire::Access on_all(const Caller& /*caller*/, const w::BatchGetSecretValueRequest& /*request*/) {
  return {.resource = "*"};
}

}  // namespace

void Api::register_values(wire::Router& router) {
  router.on<w::op::GetSecretValue>(this, &Api::get, asked_by_handler<w::GetSecretValueRequest>);
  router.on<w::op::BatchGetSecretValue>(this, &Api::get_many, on_all);
  router.on<w::op::PutSecretValue>(this, &Api::put, asked_by_handler<w::PutSecretValueRequest>);
  router.on<w::op::UpdateSecretVersionStage>(this, &Api::move_stage,
                                             asked_by_handler<w::UpdateSecretVersionStageRequest>);
  router.on<w::op::GetRandomPassword>(this, &Api::password);
}

Result<Api::Found> Api::read_value(store::Tx& tx, const Caller& caller, std::string_view secret_id,
                                   const Selection& selection) const {
  auto asking = caller;
  asking.conditions["secretsmanager:versionstage"] = selection.stage.value_or(std::string(current));
  TM_TRY(auto secret, open_live(tx, asking, secret_id, "secretsmanager:GetSecretValue"));
  TM_TRY(auto version, require_version(tx, secret, selection));
  TM_TRY(auto value, secrets_.open(secret, version));
  return Found{std::move(secret), std::move(version), std::move(value)};
}

/// Told by the day, so that reading a secret is a write once a day only. A disk that is full hides
/// no secret: then it isn't told.
Task<void> Api::note_access(std::span<const Found> found) {
  const auto is_first = [this](const Found& one) {
    return secrets_.is_first_of_day(one.secret, one.version);
  };
  if (std::ranges::none_of(found, is_first)) co_return;
  auto change = [&](store::Tx& tx) -> Status {
    for (const auto& one : found) {
      if (is_first(one)) TM_CHECK(secrets_.note_access(tx, one.secret, one.version));
    }
    return {};
  };
  const auto noted = co_await store_.write(change);
  if (!noted) {
    TM_LOG(warn, "secretsmanager", "access not noted", {{"reason", noted.error().message}});
  }
}

Task<Result<w::GetSecretValueResponse>> Api::get(const Caller& caller,
                                                 w::GetSecretValueRequest request) {
  const Selection selection{request.VersionId, request.VersionStage};
  auto query = [&](store::Tx& tx) { return read_value(tx, caller, *request.SecretId, selection); };
  TM_CO_TRY(auto found, co_await store_.read(query));
  const std::span<const Found> one(&found, 1);
  co_await note_access(one);
  co_return shown_value<w::GetSecretValueResponse>(found.secret, found.version,
                                                   std::move(found.value));
}

Task<Result<w::BatchGetSecretValueResponse>> Api::get_many(const Caller& caller,
                                                           w::BatchGetSecretValueRequest request) {
  if (request.SecretIdList.has_value() == request.Filters.has_value()) {
    co_return invalid_parameter(
        "Either 'SecretIdList' or 'Filters' must be provided, but not both.");
  }
  if (request.NextToken) {
    co_return fail(Errc::invalid_argument, "InvalidNextTokenException", "Invalid NextToken.");
  }
  w::BatchGetSecretValueResponse response;
  std::vector<Found> found;
  auto query = [&](store::Tx& tx) -> Status {
    auto ids = request.SecretIdList.value_or(std::vector<std::string>());
    if (request.Filters) {
      TM_TRY(const auto secrets, search(tx, caller.scope, filters_of(request.Filters), false));
      for (const auto& secret : secrets) ids.push_back(secret.arn());
      if (ids.size() > std::size_t(request.MaxResults.value_or(batch_max))) {
        return invalid_parameter(
            "More secrets pass the filters than are read at once: name them in SecretIdList, or "
            "make the filters narrower.");
      }
    }
    for (const auto& id : ids) {
      auto one = read_value(tx, caller, id, {});
      if (one) {
        found.push_back(*std::move(one));
      } else {
        if (!response.Errors) response.Errors.emplace();
        response.Errors->push_back({id, std::string(aws_name(one.error())), one.error().message});
      }
    }
    return {};
  };
  TM_CO_CHECK(co_await store_.read(query));
  co_await note_access(found);
  response.SecretValues.emplace();
  for (auto& one : found) {
    response.SecretValues->push_back(
        shown_value<w::SecretValueEntry>(one.secret, one.version, std::move(one.value)));
  }
  co_return response;
}

Task<Result<w::PutSecretValueResponse>> Api::put(const Caller& caller,
                                                 w::PutSecretValueRequest request) {
  TM_CO_TRY(const auto value, value_of(request));
  if (!value) co_return invalid_request("You must provide either SecretString or SecretBinary.");
  auto stages = request.VersionStages.value_or(std::vector<std::string>());
  w::PutSecretValueResponse response;
  auto change = [&](store::Tx& tx) -> Status {
    TM_TRY(const auto secret,
           open_live(tx, caller, *request.SecretId, "secretsmanager:PutSecretValue"));
    TM_TRY(const auto version, secrets_.put(tx, secret, *value, stages));
    response = about<w::PutSecretValueResponse>(secret);
    response.VersionId = version.id;
    response.VersionStages = version.stages;
    return {};
  };
  TM_CO_CHECK(co_await store_.write(change));
  co_return response;
}

Task<Result<w::UpdateSecretVersionStageResponse>> Api::move_stage(
    const Caller& caller, w::UpdateSecretVersionStageRequest request) {
  const StageMove move{*request.VersionStage, request.RemoveFromVersionId, request.MoveToVersionId};
  auto change = [&](store::Tx& tx) -> Result<Secret> {
    TM_TRY(auto secret,
           open_live(tx, caller, *request.SecretId, "secretsmanager:UpdateSecretVersionStage"));
    TM_CHECK(secrets_.move_stage(tx, secret, move));
    return secret;
  };
  TM_CO_TRY(const auto secret, co_await store_.write(change));
  co_return about<w::UpdateSecretVersionStageResponse>(secret);
}

Task<Result<w::GetRandomPasswordResponse>> Api::password(const Caller& /*caller*/,
                                                         w::GetRandomPasswordRequest request) {
  const PasswordOrder order{.length = std::size_t(request.PasswordLength.value_or(32)),
                            .excluded = request.ExcludeCharacters.value_or(""),
                            .lower = !request.ExcludeLowercase.value_or(false),
                            .upper = !request.ExcludeUppercase.value_or(false),
                            .digits = !request.ExcludeNumbers.value_or(false),
                            .punctuation = !request.ExcludePunctuation.value_or(false),
                            .space = request.IncludeSpace.value_or(false),
                            .each_kind = request.RequireEachIncludedType.value_or(true)};
  w::GetRandomPasswordResponse response;
  TM_CO_TRY(response.RandomPassword, make_password(order, random_));
  co_return response;
}

}  // namespace tidemill::secretsmanager
