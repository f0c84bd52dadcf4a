#include "iam/authority.h"

#include <fmt/format.h>

#include "base/digest.h"
#include "base/encoding.h"
#include "base/random.h"
#include "iam/group.h"
#include "iam/managed_policy.h"
#include "iam/role.h"
#include "iam/user.h"

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

/// The owner's inline and attached policies.
Result<std::vector<Policy>> policies_of(store::Tx& tx, const Entity& owner) {
  std::vector<Policy> policies;
  const auto add = [&](std::string_view document) -> Status {
    TM_TRY(auto policy, Policy::parse(document, Policy::Kind::identity, owner.account));
    policies.push_back(std::move(policy));
    return {};
  };
  TM_TRY(const auto names, inline_policies(tx, owner));
  for (const auto& name : names) {
    TM_TRY(const auto document, inline_policy(tx, owner, name));
    TM_CHECK(add(document));
  }
  TM_TRY(const auto arns, attached_policies(tx, owner));
  for (const auto& arn : arns) {
    TM_TRY(const auto document, effective_document(tx, arn));
    if (document) TM_CHECK(add(*document));
  }
  return policies;
}

/// By the ARNs of groups: each is read once for all its members.
using GroupPolicies = std::map<std::string, std::vector<Policy>>;

/// The user's own policies and those of its groups.
Result<std::vector<Policy>> policies_of(store::Tx& tx, const User& user, GroupPolicies& of_groups) {
  TM_TRY(auto policies, policies_of(tx, user.entity()));
  TM_TRY(const auto groups, groups_of(tx, user));
  for (const auto& group : groups) {
    const auto [known, is_new] = of_groups.try_emplace(group.arn());
    if (is_new) {
      TM_TRY(known->second, policies_of(tx, group.entity()));
    }
    std::ranges::copy(known->second, std::back_inserter(policies));
  }
  return policies;
}

constexpr std::string_view explicit_deny = "with an explicit deny in an identity-based policy";

}  // namespace

Authority::Authority(AuthorityOptions options)
    : options_(std::move(options)), snapshot_(std::make_shared<const Snapshot>()) {}

Status Authority::read_roles(store::Tx& tx, Snapshot& snapshot) {
  TM_TRY(const auto roles, all_roles(tx));
  for (const auto& role : roles) {
    PrincipalFacts facts{.arn = role.arn(), .id = role.id};
    TM_TRY(facts.trust, Policy::parse(role.trust, Policy::Kind::trust));
    TM_TRY(facts.policies, policies_of(tx, role.entity()));
    snapshot.principals.emplace(facts.arn, std::move(facts));
  }
  return {};
}

Status Authority::read_users(store::Tx& tx, Snapshot& snapshot) {
  TM_TRY(const auto keys, all_keys(tx));
  GroupPolicies of_groups;
  for (const auto& key : keys) {
    TM_TRY(const auto user, require_user(tx, key.account, key.user));
    Caller identity;
    identity.kind = Caller::Kind::user;
    identity.scope.account = user.account;
    identity.arn = user.arn();
    identity.user_id = user.id;
    identity.access_key_id = key.id;
    if (!snapshot.principals.contains(identity.arn)) {
      PrincipalFacts facts{.arn = identity.arn, .id = user.id};
      TM_TRY(facts.policies, policies_of(tx, user, of_groups));
      snapshot.principals.emplace(identity.arn, std::move(facts));
    }
    snapshot.keys.emplace(key.id, KeyFacts{key.secret, key.active, std::move(identity)});
  }
  return {};
}

Result<std::shared_ptr<const Authority::Snapshot>> Authority::read(store::Tx& tx) {
  auto snapshot = std::make_shared<Snapshot>();
  TM_CHECK(read_roles(tx, *snapshot));
  TM_CHECK(read_users(tx, *snapshot));
  return snapshot;
}

Status Authority::load(store::Tx& tx) {
  TM_TRY(auto snapshot, read(tx));
  snapshot_.store(std::move(snapshot));
  return {};
}

Status Authority::refresh(store::Tx& tx) {
  TM_TRY(auto snapshot, read(tx));
  tx.on_commit([this, snapshot] { snapshot_.store(snapshot); });
  return {};
}

Result<wire::Credential> Authority::find(std::string_view access_key_id,
                                         std::string_view session_token, TimeMs now) const {
  if (!session_token.empty()) return find_session(access_key_id, session_token, now);
  wire::Credential credential;
  auto& who = credential.identity;
  if (access_key_id == options_.admin_access_key_id) {
    credential.secret = options_.admin_secret;
    who.kind = Caller::Kind::root;
    who.scope.account = options_.account;
    who.arn = fmt::format("arn:aws:iam::{}:root", options_.account);
    who.user_id = options_.account;
    who.access_key_id = access_key_id;
    return credential;
  }
  const auto snapshot = snapshot_.load();
  const auto key = snapshot->keys.find(access_key_id);
  if (key == snapshot->keys.end() || !key->second.active) {
    return fail(Errc::access_denied, "InvalidAccessKeyId",
                "The AWS Access Key Id you provided does not exist in our records.");
  }
  credential.secret = key->second.secret;
  who = key->second.identity;
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
  const auto snapshot = snapshot_.load();
  const auto role = snapshot->principals.find(role_arn);
  wire::Credential credential;
  credential.secret = Secret(session_secret(access_key_id));
  auto& who = credential.identity;
  who.kind = Caller::Kind::role_session;
  who.scope.account = arn ? arn->account : options_.account;
  who.arn = fmt::format("arn:aws:sts::{}:assumed-role/{}/{}", who.scope.account,
                        last_part(role_arn), session);
  who.user_id =
      fmt::format("{}:{}", role == snapshot->principals.end() ? "" : role->second.id, session);
  who.session_policy = json::text_or_empty(*facts, "policy");
  who.role_arn = role_arn;
  who.access_key_id = access_key_id;
  return credential;
}

Policy::Effect Authority::evaluate(const PrincipalFacts& who, const Question& question) {
  auto effect = Policy::Effect::none;
  for (const auto& policy : who.policies) {
    const auto one = policy.evaluate(question);
    if (one == Policy::Effect::deny) return one;
    if (one == Policy::Effect::allow) effect = one;
  }
  return effect;
}

Result<Policy::Effect> Authority::evaluate(const Caller& caller, std::string_view action,
                                           std::string_view resource) const {
  if (options_.test_mode || caller.kind == Caller::Kind::root) return Policy::Effect::allow;
  const bool is_session = caller.kind == Caller::Kind::role_session;
  if (!is_session && caller.kind != Caller::Kind::user) return Policy::Effect::none;
  const auto snapshot = snapshot_.load();
  const auto who = snapshot->principals.find(is_session ? caller.role_arn : caller.arn);
  const Question question{action, resource, caller.conditions};
  auto effect =
      who == snapshot->principals.end() ? Policy::Effect::none : evaluate(who->second, question);
  if (effect == Policy::Effect::allow && !caller.session_policy.empty()) {
    TM_TRY(const auto session,
           Policy::parse(caller.session_policy, Policy::Kind::identity, caller.scope.account));
    effect = session.evaluate(question);
  }
  return effect;
}

Status Authority::authorize(const Caller& caller, std::string_view action,
                            std::string_view resource) const {
  TM_TRY(const auto effect, evaluate(caller, action, resource));
  if (effect == Policy::Effect::allow) return {};
  return std::unexpected(
      denied(caller, action, resource,
             effect == Policy::Effect::deny ? std::string(explicit_deny) : no_allow(action)));
}

Status Authority::authorize(const Caller& caller, std::string_view action,
                            std::string_view resource, const Policy& policy) const {
  using Effect = Policy::Effect;
  if (options_.test_mode) return {};
  TM_TRY(const auto own, evaluate(caller, action, resource));
  if (own == Effect::deny) return authorize(caller, action, resource);
  // Whether a proxy spoke TLS with the client isn't known here; the statement against plain HTTP
  // that buckets and queues so often have would shut out everyone.
  auto conditions = caller.conditions;
  conditions.erase("aws:securetransport");
  auto given = policy.evaluate({action, resource, conditions, caller.arn});
  if (given != Effect::deny && !caller.role_arn.empty()) {
    const auto role = policy.evaluate({action, resource, conditions, caller.role_arn});
    if (role == Effect::deny || given == Effect::none) given = role;
  }
  const auto arn = Arn::parse(resource);
  // Buckets' ARNs name no account; theirs are only found by callers of their own.
  const bool is_ours = !arn || arn->account.empty() || arn->account == caller.scope.account;
  if (is_ours && caller.kind == Caller::Kind::root) return {};
  if (given == Effect::deny) {
    return std::unexpected(
        denied(caller, action, resource, "with an explicit deny in a resource-based policy"));
  }
  const bool anonymous = caller.kind == Caller::Kind::anonymous;
  const bool by_self = own == Effect::allow || anonymous, by_policy = given == Effect::allow;
  if (is_ours && !anonymous ? by_self || by_policy : by_self && by_policy) return {};
  return std::unexpected(
      denied(caller, action, resource,
             by_self ? fmt::format("because no resource-based policy allows the {} action", action)
                     : no_allow(action)));
}

bool Authority::service_may(std::string_view service, const Question& asked,
                            const Policy& policy) const {
  if (options_.test_mode) return true;
  Question question = asked;
  question.principal = service;
  return policy.evaluate(question) == Policy::Effect::allow;
}

Status Authority::may_assume(std::string_view role_arn, std::string_view service) const {
  if (options_.test_mode) return {};
  const auto snapshot = snapshot_.load();
  const auto role = snapshot->principals.find(role_arn);
  if (role == snapshot->principals.end()) {
    return fail(Errc::access_denied, fmt::format("role {} does not exist", role_arn));
  }
  const Conditions none;
  if (role->second.trust.evaluate({"sts:AssumeRole", role_arn, none, service}) ==
      Policy::Effect::allow) {
    return {};
  }
  return fail(Errc::access_denied,
              fmt::format("the trust policy of role {} doesn't let {} perform sts:AssumeRole",
                          role_arn, service));
}

Result<std::string> Authority::assume(const Caller& caller, std::string_view role_arn) const {
  constexpr std::string_view action = "sts:AssumeRole";
  const auto snapshot = snapshot_.load();
  const auto role = snapshot->principals.find(role_arn);
  const auto refuse = [&] {
    return std::unexpected(denied(caller, action, role_arn, no_allow(action)));
  };
  if (role == snapshot->principals.end()) return refuse();
  const auto& id = role->second.id;
  if (options_.test_mode) return id;
  const auto trusts = [&](std::string_view principal) {
    return role->second.trust.evaluate({action, role_arn, caller.conditions, principal});
  };
  const auto& self = caller.role_arn.empty() ? caller.arn : caller.role_arn;
  const auto effect = std::max(trusts(self), trusts(caller.arn));
  if (effect != Policy::Effect::allow) return refuse();
  // Trust in the account leaves it to the account whom it lets.
  const auto account = trusts(fmt::format("arn:aws:iam::{}:root", caller.scope.account));
  if (account == Policy::Effect::allow) TM_CHECK(authorize(caller, action, role_arn));
  return id;
}

Decision Authority::decide_role(std::string_view role_arn, std::string_view service,
                                std::string_view action, std::string_view resource,
                                const Conditions& conditions) const {
  if (options_.test_mode) return {.allowed = true};
  const auto snapshot = snapshot_.load();
  const auto role = snapshot->principals.find(role_arn);
  if (role == snapshot->principals.end()) {
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

SessionCredentials Authority::session_for_role(const SessionOrder& order) const {
  SystemRandom random;
  SessionCredentials credentials;
  credentials.access_key_id = "ASIA" + random_base32(random, 16);
  credentials.secret = Secret(session_secret(credentials.access_key_id));
  json::object facts{{"key", credentials.access_key_id},
                     {"role", order.role_arn},
                     {"session", order.name},
                     {"expires", order.expiration.ms}};
  if (!order.policy.empty()) facts["policy"] = order.policy;
  const auto payload = json::dump(facts);
  credentials.session_token = to_base64(sign_token(payload) + payload);
  credentials.expiration = order.expiration;
  return credentials;
}

}  // namespace tidemill::iam
