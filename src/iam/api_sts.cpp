// STS: who asks, and temporary keys.
#include <fmt/format.h>

#include "base/arn.h"
#include "iam/api.h"

namespace tidemill::iam {
namespace {

constexpr int session_seconds_default = 3600;

std::unexpected<Error> validation(std::string message) {
  return fail(Errc::invalid_argument, "ValidationError", std::move(message));
}

}  // namespace

void Api::register_sts(wire::Router& router) {
  router.on<ws::op::GetCallerIdentity>(this, &Api::who_am_i);
  // Decided by the role's trust policy, with the caller's own where it asks for them.
  router.on<ws::op::AssumeRole>(this, &Api::assume_role);
}

Api::Reply<ws::GetCallerIdentityResponse> Api::who_am_i(const Caller& caller,
                                                        ws::GetCallerIdentityRequest) {
  ws::GetCallerIdentityResponse response;
  response.UserId = caller.user_id;
  response.Account = caller.scope.account;
  response.Arn = caller.arn;
  co_return response;
}

Api::Reply<ws::AssumeRoleResponse> Api::assume_role(const Caller& caller,
                                                    ws::AssumeRoleRequest request) {
  const auto arn = Arn::parse(*request.RoleArn);
  if (!arn || arn->service != "iam" || !arn->resource.starts_with("role/")) {
    co_return validation(fmt::format("{} is invalid", *request.RoleArn));
  }
  if (request.PolicyArns && !request.PolicyArns->empty()) {
    co_return validation("PolicyArns are not supported; name what the session may in Policy");
  }
  if (request.Policy) {
    TM_CO_TRY([[maybe_unused]] const auto policy,
              Policy::parse(*request.Policy, Policy::Kind::identity));
  }
  Caller asking = caller;
  if (request.ExternalId) asking.conditions["sts:externalid"] = *request.ExternalId;
  asking.conditions["sts:rolesessionname"] = *request.RoleSessionName;
  TM_CO_TRY(const auto id, authority_.assume(asking, *request.RoleArn));
  const auto name = arn->resource.substr(arn->resource.rfind('/') + 1);
  auto find = [&](store::Tx& tx) { return require_role(tx, arn->account, name); };
  TM_CO_TRY(const auto role, co_await store_.read(find));
  const int seconds = request.DurationSeconds.value_or(session_seconds_default);
  if (seconds > role.session_seconds) {
    co_return validation(
        "The requested DurationSeconds exceeds the MaxSessionDuration set for this role.");
  }
  const auto session = authority_.session_for_role(
      {.role_arn = *request.RoleArn,
       .name = *request.RoleSessionName,
       .expiration = clock_.now().plus(std::chrono::seconds(seconds)),
       .policy = request.Policy ? std::string_view(*request.Policy) : std::string_view()});
  ws::AssumeRoleResponse response;
  auto& credentials = response.Credentials.emplace();
  credentials.AccessKeyId = session.access_key_id;
  credentials.SecretAccessKey = session.secret.reveal();
  credentials.SessionToken = session.session_token;
  credentials.Expiration = session.expiration;
  auto& user = response.AssumedRoleUser.emplace();
  user.AssumedRoleId = fmt::format("{}:{}", id, *request.RoleSessionName);
  user.Arn = fmt::format("arn:aws:sts::{}:assumed-role/{}/{}", arn->account, role.name,
                         *request.RoleSessionName);
  co_return response;
}

}  // namespace tidemill::iam
