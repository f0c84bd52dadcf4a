// The policies of secrets.
#include "secretsmanager/api.h"
#include "secretsmanager/errors.h"

namespace tidemill::secretsmanager {
namespace {

/// Whether somebody whom the policy can't know may read the secret.
bool is_public(const iam::Policy& policy, const Secret& secret) {
  const auto arn = secret.arn();
  const iam::Conditions none;
  const iam::Question question{.action = "secretsmanager:GetSecretValue",
                               .resource = arn,
                               .conditions = none,
                               .principal = "arn:aws:iam::999999999999:user/anyone"};
  return policy.evaluate(question) == iam::Policy::Effect::allow;
}

}  // namespace

void Api::register_policies(wire::Router& router) {
  router.on<w::op::PutResourcePolicy>(this, &Api::put_policy,
                                      asked_by_handler<w::PutResourcePolicyRequest>);
  router.on<w::op::GetResourcePolicy>(this, &Api::get_policy,
                                      asked_by_handler<w::GetResourcePolicyRequest>);
  router.on<w::op::DeleteResourcePolicy>(this, &Api::delete_policy,
                                         asked_by_handler<w::DeleteResourcePolicyRequest>);
}

Task<Result<w::PutResourcePolicyResponse>> Api::put_policy(const Caller& caller,
                                                           w::PutResourcePolicyRequest request) {
  const auto policy = iam::Policy::parse(*request.ResourcePolicy, iam::Policy::Kind::resource);
  auto change = [&](store::Tx& tx) -> Result<Secret> {
    TM_TRY(auto secret,
           open_live(tx, caller, *request.SecretId, "secretsmanager:PutResourcePolicy"));
    if (!policy) {
      return fail(Errc::invalid_argument, "MalformedPolicyDocumentException",
                  "This resource policy contains errors: " + policy.error().message);
    }
    if (request.BlockPublicPolicy.value_or(false) && is_public(*policy, secret)) {
      return fail(Errc::invalid_argument, "PublicPolicyException",
                  "This resource policy grants broad access to the secret, which BlockPublicPolicy "
                  "doesn't let pass.");
    }
    TM_CHECK(Secrets::set_policy(tx, secret, *request.ResourcePolicy));
    return secret;
  };
  TM_CO_TRY(const auto secret, co_await store_.write(change));
  co_return about<w::PutResourcePolicyResponse>(secret);
}

Task<Result<w::GetResourcePolicyResponse>> Api::get_policy(const Caller& caller,
                                                           w::GetResourcePolicyRequest request) {
  auto query = [&](store::Tx& tx) {
    return open(tx, caller, *request.SecretId, "secretsmanager:GetResourcePolicy");
  };
  TM_CO_TRY(const auto secret, co_await store_.read(query));
  auto response = about<w::GetResourcePolicyResponse>(secret);
  if (!secret.policy.empty()) response.ResourcePolicy = secret.policy;
  co_return response;
}

Task<Result<w::DeleteResourcePolicyResponse>> Api::delete_policy(
    const Caller& caller, w::DeleteResourcePolicyRequest request) {
  auto change = [&](store::Tx& tx) -> Result<Secret> {
    TM_TRY(auto secret,
           open_live(tx, caller, *request.SecretId, "secretsmanager:DeleteResourcePolicy"));
    TM_CHECK(Secrets::set_policy(tx, secret, ""));
    return secret;
  };
  TM_CO_TRY(const auto secret, co_await store_.write(change));
  co_return about<w::DeleteResourcePolicyResponse>(secret);
}

}  // namespace tidemill::secretsmanager
