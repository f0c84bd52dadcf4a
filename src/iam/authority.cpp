#include "iam/authority.h"

#include <fmt/format.h>

#include "base/digest.h"
#include "base/encoding.h"
#include "base/random.h"

namespace tidemill::iam {
namespace {

/// "role/path/NAME" → NAME
std::string_view last_part(std::string_view resource) {
  return resource.substr(resource.rfind('/') + 1);
}

/// The error of a refused request, in the words of the service asked.
Error denied(const Caller& caller, std::string_view action, std::string_view resource,
             std::string_view why) {
  Error error{.code = Errc::access_denied};
  if (action.starts_with("s3:")) {
    error.name = "AccessDenied";
    error.message = "Access Denied";
    return error;
  }
  if (action.starts_with("iam:") || action.starts_with("sts:")) error.name = "AccessDenied";
  error.message = fmt::format("User: {} is not authorized to perform: {} on resource: {} {}",
                              caller.arn.empty() ? "anonymous" : caller.arn, action, resource, why);
  return error;
}

std::string no_allow(std::string_view action) {
  return fmt::format("because no identity-based policy allows the {} action", action);
}

constexpr std::string_view explicit_deny = "with an explicit deny in an identity-based policy";

}  // namespace

Authority::Authority(AuthorityOptions options)
    : options_(std::move(options)), roles_(std::make_shared<const Snapshot>()) {}

Result<std::shared_ptr<const Authority::Snapshot>> Authority::read(store::Tx& tx) const {
  auto snapshot = std::make_shared<Snapshot>();
  struct Row {
    std::string account, name, id, path, trust;
  };
  TM_TRY(const auto rows,
         tx.all("SELECT account, name, id, path, trust FROM iam_roles", [](const store::Row& r) {
           return Row{r.text(0), r.text(1), r.text(2), r.text(3), r.text(4)};
         }));
  for (const auto& row : rows) {
    RoleFacts role;
    role.arn = fmt::format("arn:aws:iam::{}:role{}{}", row.account, row.path, row.name);
    role.id = row.id;
    TM_TRY(role.trust, Policy::parse(row.trust, Policy::Kind::trust));
    TM_TRY(const auto documents,
           tx.all(
               "SELECT document FROM iam_role_policies WHERE account = $1 AND role = $2",
               [](const store::Row& r) { return r.text(0); }, row.account, row.name));
    for (const auto& document : documents) {
      TM_TRY(auto policy, Policy::parse(document, Policy::Kind::identity));
      role.policies.push_back(std::move(policy));
    }
    const auto arn = role.arn;
    snapshot->emplace(arn, std::move(role));
  }
  return snapshot;
}

Status Authority::load(store::Tx& tx) {
  TM_TRY(auto snapshot, read(tx));
  roles_.store(std::move(snapshot));
  return {};
}

Status Authority::refresh(store::Tx& tx) {
  TM_TRY(auto snapshot, read(tx));
  tx.on_commit([this, snapshot] { roles_.store(snapshot); });
  return {};
}

Result<wire::Credential> Authority::find(std::string_view access_key_id,
                                         std::string_view session_token, TimeMs now) const {
  if (!session_token.empty()) return find_session(access_key_id, session_token, now);
  if (access_key_id != options_.admin_access_key_id) {
    return fail(Errc::access_denied, "InvalidAccessKeyId",
                "The AWS Access Key Id you provided does not exist in our records.");
  }
  wire::Credential credential;
  credential.secret = options_.admin_secret;
  auto& who = credential.identity;
  who.kind = Caller::Kind::root;
  who.scope.account = options_.account;
  who.arn = fmt::format("arn:aws:iam::{}:root", options_.account);
  who.user_id = options_.account;
  who.access_key_id = access_key_id;
  return credential;
}

std::string Authority::sign_token(std::string_view payload) const {
  return hmac_sha256(options_.session_key.reveal(), fmt::format("token:{}", payload));
}

std::string Authority::session_secret(std::string_view access_key_id) const {
  return to_base64(
      hmac_sha256(options_.session_key.reveal(), fmt::format("secret:{}", access_key_id)));
}

Result<wire::Credential> Authority::find_session(std::string_view access_key_id,
                                                 std::string_view session_token, TimeMs now) const {
  const auto invalid = [] {
    return fail(Errc::access_denied, "InvalidToken",
                "The provided token is malformed or otherwise invalid.");
  };
  const auto token = from_base64(session_token);
  if (!token || token->size() <= 32) return invalid();
  const auto payload = std::string_view(*token).substr(32);
  if (!equal_constant_time(std::string_view(*token).substr(0, 32), sign_token(payload))) {
    return invalid();
  }
  const auto facts = json::parse_object(payload);
  if (!facts || json::text_or_empty(*facts, "key") != access_key_id) return invalid();
  if (facts->at("expires").as_int64() <= now.ms) {
    return fail(Errc::access_denied, "ExpiredToken", "The provided token has expired.");
  }
  const std::string role_arn(json::text_or_empty(*facts, "role"));
  const std::string session(json::text_or_empty(*facts, "session"));
  const auto arn = Arn::parse(role_arn);
  const auto roles = roles_.load();
  const auto role = roles->find(role_arn);
  wire::Credential credential;
  credential.secret = Secret(session_secret(access_key_id));
  auto& who = credential.identity;
  who.kind = Caller::Kind::role_session;
  who.scope.account = arn ? arn->account : options_.account;
  who.arn = fmt::format("arn:aws:sts::{}:assumed-role/{}/{}", who.scope.account,
                        last_part(role_arn), session);
  who.user_id = fmt::format("{}:{}", role == roles->end() ? "" : role->second.id, session);
  who.role_arn = role_arn;
  who.access_key_id = access_key_id;
  return credential;
}

Policy::Effect Authority::evaluate(const RoleFacts& role, const Question& question) {
  auto effect = Policy::Effect::none;
  for (const auto& policy : role.policies) {
    const auto one = policy.evaluate(question);
    if (one == Policy::Effect::deny) return one;
    if (one == Policy::Effect::allow) effect = one;
  }
  return effect;
}

Status Authority::authorize(const Caller& caller, std::string_view action,
                            std::string_view resource) const {
  if (options_.test_mode || caller.kind == Caller::Kind::root) return {};
  if (caller.kind != Caller::Kind::role_session) {
    return std::unexpected(denied(caller, action, resource, no_allow(action)));
  }
  const auto roles = roles_.load();
  const auto role = roles->find(caller.role_arn);
  const auto effect = role == roles->end()
                          ? Policy::Effect::none
                          : evaluate(role->second, {action, resource, caller.conditions});
  if (effect == Policy::Effect::allow) return {};
  return std::unexpected(
      denied(caller, action, resource,
             effect == Policy::Effect::deny ? std::string(explicit_deny) : no_allow(action)));
}

Decision Authority::decide_role(std::string_view role_arn, std::string_view service,
                                std::string_view action, std::string_view resource,
                                const Conditions& conditions) const {
  if (options_.test_mode) return {.allowed = true};
  const auto roles = roles_.load();
  const auto role = roles->find(role_arn);
  if (role == roles->end()) {
    return {false, "FAILED_TO_ASSUME_ROLE",
            role_arn.empty() ? fmt::format("the target has no role (RoleArn) to perform {} on {}",
                                           action, resource)
                             : fmt::format("role {} does not exist; it is to perform {} on {}",
                                           role_arn, action, resource)};
  }
  if (role->second.trust.evaluate({"sts:AssumeRole", role_arn, conditions, service}) !=
      Policy::Effect::allow) {
    return {false, "FAILED_TO_ASSUME_ROLE",
            fmt::format("the trust policy of role {} doesn't let {} perform sts:AssumeRole",
                        role_arn, service)};
  }
  const auto effect = evaluate(role->second, {action, resource, conditions});
  if (effect == Policy::Effect::allow) return {.allowed = true};
  const auto why = effect == Policy::Effect::deny ? std::string(explicit_deny) : no_allow(action);
  return {false, "NO_PERMISSIONS",
          fmt::format("role {} is not authorized to perform: {} on resource: {} {}", role_arn,
                      action, resource, why)};
}

Result<SessionCredentials> Authority::session_for_role(std::string_view role_arn,
                                                       std::string_view session_name,
                                                       TimeMs expiration) const {
  SystemRandom random;
  SessionCredentials credentials;
  credentials.access_key_id = "ASIA" + random_base32(random, 16);
  credentials.secret = Secret(session_secret(credentials.access_key_id));
  const auto payload = json::dump(json::object{{"key", credentials.access_key_id},
                                               {"role", role_arn},
                                               {"session", session_name},
                                               {"expires", expiration.ms}});
  credentials.session_token = to_base64(sign_token(payload) + payload);
  credentials.expiration = expiration;
  return credentials;
}

}  // namespace tidemill::iam
