/// Secrets Manager's operations: each maps a request to the secrets. Made once by the server;
/// called on event loops. Who may do what is decided here, in the transaction, because a secret's
/// own policy counts beside the caller's.
#pragma once

#include "base/caller.h"
#include "iam/authority.h"
#include "secretsmanager/search.h"
#include "secretsmanager/secrets.h"
#include "store/store.h"
#include "wire/gen/secretsmanager.h"
#include "wire/router.h"

namespace tidemill::secretsmanager {

namespace w = wire::secretsmanager;
using wire::asked_by_handler;  // What Api::open asks.

class Api {
 public:
  /// All outlive the Api.
  struct Parts {
    store::Store& store;
    const Secrets& secrets;
    const iam::Authority& authority;
    Random& random;
  };
  explicit Api(const Parts& parts)
      : store_(parts.store),
        secrets_(parts.secrets),
        authority_(parts.authority),
        random_(parts.random) {}

  void register_with(wire::Router& router);

 private:
  using Done = Task<Result<wire::Empty>>;
  template <class Response>
  using Reply = Task<Result<Response>>;

  void register_secrets(wire::Router& router);
  void register_values(wire::Router& router);
  void register_lists(wire::Router& router);
  void register_policies(wire::Router& router);

  Reply<w::CreateSecretResponse> create(const Caller& caller, w::CreateSecretRequest request);
  Reply<w::UpdateSecretResponse> update(const Caller& caller, w::UpdateSecretRequest request);
  Reply<w::DescribeSecretResponse> describe(const Caller& caller, w::DescribeSecretRequest request);
  Reply<w::DeleteSecretResponse> remove(const Caller& caller, w::DeleteSecretRequest request);
  Reply<w::RestoreSecretResponse> restore(const Caller& caller, w::RestoreSecretRequest request);
  Done tag(const Caller& caller, w::TagResourceRequest request);
  Done untag(const Caller& caller, w::UntagResourceRequest request);

  Reply<w::GetSecretValueResponse> get(const Caller& caller, w::GetSecretValueRequest request);
  Reply<w::BatchGetSecretValueResponse> get_many(const Caller& caller,
                                                 w::BatchGetSecretValueRequest request);
  Reply<w::PutSecretValueResponse> put(const Caller& caller, w::PutSecretValueRequest request);
  Reply<w::UpdateSecretVersionStageResponse> move_stage(const Caller& caller,
                                                        w::UpdateSecretVersionStageRequest request);
  Reply<w::GetRandomPasswordResponse> password(const Caller& caller,
                                               w::GetRandomPasswordRequest request);

  Reply<w::ListSecretsResponse> list(const Caller& caller, w::ListSecretsRequest request);
  Reply<w::ListSecretVersionIdsResponse> list_versions(const Caller& caller,
                                                       w::ListSecretVersionIdsRequest request);

  Reply<w::PutResourcePolicyResponse> put_policy(const Caller& caller,
                                                 w::PutResourcePolicyRequest request);
  Reply<w::GetResourcePolicyResponse> get_policy(const Caller& caller,
                                                 w::GetResourcePolicyRequest request);
  Reply<w::DeleteResourcePolicyResponse> delete_policy(const Caller& caller,
                                                       w::DeleteResourcePolicyRequest request);

  /// The secret that is meant, if `caller` may do `action` to it; also one marked for deletion.
  [[nodiscard]] Result<Secret> open(store::Tx& tx, const Caller& caller, std::string_view secret_id,
                                    std::string_view action) const;
  /// As open, but not of one that is marked for deletion.
  [[nodiscard]] Result<Secret> open_live(store::Tx& tx, const Caller& caller,
                                         std::string_view secret_id, std::string_view action) const;
  /// What a request brings as a value, where it does; without a token it gets one.
  template <class Request>
  [[nodiscard]] Result<std::optional<NewValue>> value_of(Request& request) const;

  struct Found {
    Secret secret;
    Version version;
    std::string value;
  };
  [[nodiscard]] Result<Found> read_value(store::Tx& tx, const Caller& caller,
                                         std::string_view secret_id,
                                         const Selection& selection) const;
  Task<void> note_access(std::span<const Found> found);
  /// The secrets that filters let pass, of those that aren't marked for deletion unless asked for.
  [[nodiscard]] Result<std::vector<Secret>> search(store::Tx& tx, const Scope& scope,
                                                   const std::vector<SecretFilter>& filters,
                                                   bool with_deleted) const;

  store::Store& store_;
  const Secrets& secrets_;
  const iam::Authority& authority_;
  Random& random_;
};

[[nodiscard]] std::vector<SecretFilter> filters_of(
    const std::optional<std::vector<w::Filter>>& given);

/// Which secret an answer is about: its ARN and name.
template <class Response>
[[nodiscard]] Response about(const Secret& secret) {
  Response response;
  response.ARN = secret.arn();
  response.Name = secret.name;
  return response;
}

/// What DescribeSecret and ListSecrets both say of a secret.
template <class Response>
[[nodiscard]] Response described(const Secret& secret, const Tags& tags) {
  auto response = about<Response>(secret);
  if (!secret.description.empty()) response.Description = secret.description;
  if (!secret.kms_key.empty()) response.KmsKeyId = secret.kms_key;
  response.LastChangedDate = secret.changed;
  response.LastAccessedDate = secret.accessed;
  response.DeletedDate = secret.deleted;
  response.CreatedDate = secret.created;
  response.Tags.emplace();
  for (const auto& [key, value] : tags) response.Tags->push_back({key, value});
  return response;
}

/// Of each version that has one.
[[nodiscard]] std::map<std::string, std::vector<std::string>> stages_shown(
    const std::vector<Version>& versions);

template <class Request>
Result<std::optional<NewValue>> Api::value_of(Request& request) const {
  if (request.SecretString && request.SecretBinary) {
    return fail(Errc::invalid_argument, "InvalidParameterException",
                "You can't specify both a binary secret value and a string secret value in the "
                "same secret.");
  }
  if (!request.SecretString && !request.SecretBinary) return std::optional<NewValue>();
  const bool is_binary = request.SecretBinary.has_value();
  return NewValue{
      .bytes = is_binary ? *std::move(request.SecretBinary) : *std::move(request.SecretString),
      .is_binary = is_binary,
      .token = request.ClientRequestToken.value_or(random_uuid(random_))};
}

}  // namespace tidemill::secretsmanager
