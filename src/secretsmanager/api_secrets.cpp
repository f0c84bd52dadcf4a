// Secrets as such: making, describing, deleting them; their tags.
#include <fmt/format.h>

#include "secretsmanager/api.h"
#include "secretsmanager/errors.h"

namespace tidemill::secretsmanager {
namespace {

Tags tags_given(const std::optional<std::vector<w::Tag>>& given) {
  Tags tags;
  for (const auto& tag : given.value_or(std::vector<w::Tag>())) {
    tags[tag.Key.value_or("")] = tag.Value.value_or("");
  }
  return tags;
}

Status refuse_replicas(const w::CreateSecretRequest& request) {
  if (!request.AddReplicaRegions && !request.CrossAccountPrimaryARN) return {};
  return invalid_parameter(
      "Secrets aren't replicated here: leave AddReplicaRegions and CrossAccountPrimaryARN out. Any "
      "region can be used.");
}

}  // namespace

void Api::register_with(wire::Router& router) {
  register_secrets(router);
  register_values(router);
  register_lists(router);
  register_policies(router);
}

void Api::register_secrets(wire::Router& router) {
  router.on<w::op::CreateSecret>(this, &Api::create, asked_by_handler<w::CreateSecretRequest>);
  router.on<w::op::UpdateSecret>(this, &Api::update, asked_by_handler<w::UpdateSecretRequest>);
  router.on<w::op::DescribeSecret>(this, &Api::describe,
                                   asked_by_handler<w::DescribeSecretRequest>);
  router.on<w::op::DeleteSecret>(this, &Api::remove, asked_by_handler<w::DeleteSecretRequest>);
  router.on<w::op::RestoreSecret>(this, &Api::restore, asked_by_handler<w::RestoreSecretRequest>);
  router.on<w::op::TagResource>(this, &Api::tag, asked_by_handler<w::TagResourceRequest>);
  router.on<w::op::UntagResource>(this, &Api::untag, asked_by_handler<w::UntagResourceRequest>);
}

Result<Secret> Api::open(store::Tx& tx, const Caller& caller, std::string_view secret_id,
                         std::string_view action) const {
  const auto ref = parse_ref(caller.scope, secret_id);
  TM_TRY(auto secret, find(tx, ref, secrets_.now()));
  if (!secret) {
    TM_CHECK(authority_.authorize(caller, action, arn_of(ref)));
    return not_found();
  }
  if (secret->policy.empty()) {
    TM_CHECK(authority_.authorize(caller, action, secret->arn()));
  } else {
    TM_TRY(const auto policy, iam::Policy::parse(secret->policy, iam::Policy::Kind::resource));
    TM_CHECK(authority_.authorize(caller, action, secret->arn(), policy));
  }
  return *std::move(secret);
}

Result<Secret> Api::open_live(store::Tx& tx, const Caller& caller, std::string_view secret_id,
                              std::string_view action) const {
  TM_TRY(auto secret, open(tx, caller, secret_id, action));
  TM_CHECK(check_not_deleted(secret));
  return secret;
}

Task<Result<w::CreateSecretResponse>> Api::create(const Caller& caller,
                                                  w::CreateSecretRequest request) {
  TM_CO_CHECK(refuse_replicas(request));
  CreateOrder order{.scope = caller.scope,
                    .name = *request.Name,
                    .suffix = secrets_.make_suffix(),
                    .description = request.Description.value_or(""),
                    .kms_key = request.KmsKeyId.value_or(""),
                    .tags = tags_given(request.Tags),
                    .value = {}};
  TM_CO_TRY(order.value, value_of(request));
  auto change = [&](store::Tx& tx) -> Result<Secret> {
    const auto arn = make_arn("secretsmanager", order.scope,
                              fmt::format("secret:{}-{}", order.name, order.suffix));
    TM_CHECK(authority_.authorize(caller, "secretsmanager:CreateSecret", arn));
    if (!order.tags.empty()) {
      TM_CHECK(authority_.authorize(caller, "secretsmanager:TagResource", arn));
    }
    return secrets_.create(tx, order);
  };
  TM_CO_TRY(const auto made, co_await store_.write(change));
  auto response = about<w::CreateSecretResponse>(made);
  if (order.value) response.VersionId = order.value->token;
  co_return response;
}

Task<Result<w::UpdateSecretResponse>> Api::update(const Caller& caller,
                                                  w::UpdateSecretRequest request) {
  TM_CO_TRY(const auto value, value_of(request));
  auto change = [&](store::Tx& tx) -> Result<Secret> {
    TM_TRY(auto secret, open_live(tx, caller, *request.SecretId, "secretsmanager:UpdateSecret"));
    TM_CHECK(secrets_.update(tx, secret, request.Description, request.KmsKeyId));
    if (value) TM_CHECK(secrets_.put(tx, secret, *value, {}));
    return secret;
  };
  TM_CO_TRY(const auto secret, co_await store_.write(change));
  auto response = about<w::UpdateSecretResponse>(secret);
  if (value) response.VersionId = value->token;
  co_return response;
}

Task<Result<w::DescribeSecretResponse>> Api::describe(const Caller& caller,
                                                      w::DescribeSecretRequest request) {
  w::DescribeSecretResponse response;
  auto query = [&](store::Tx& tx) -> Status {
    TM_TRY(const auto secret, open(tx, caller, *request.SecretId, "secretsmanager:DescribeSecret"));
    TM_TRY(const auto tags, tags_of(tx, secret));
    TM_TRY(const auto versions, versions_of(tx, secret));
    response = described<w::DescribeSecretResponse>(secret, tags);
    response.RotationEnabled = false;
    response.VersionIdsToStages = stages_shown(versions);
    return {};
  };
  TM_CO_CHECK(co_await store_.read(query));
  co_return response;
}

Task<Result<w::DeleteSecretResponse>> Api::remove(const Caller& caller,
                                                  w::DeleteSecretRequest request) {
  const DeleteOrder order{.days = request.RecoveryWindowInDays,
                          .at_once = request.ForceDeleteWithoutRecovery.value_or(false)};
  w::DeleteSecretResponse response;
  auto change = [&](store::Tx& tx) -> Status {
    TM_TRY(const auto secret, open(tx, caller, *request.SecretId, "secretsmanager:DeleteSecret"));
    response = about<w::DeleteSecretResponse>(secret);
    TM_TRY(response.DeletionDate, secrets_.remove(tx, secret, order));
    return {};
  };
  const auto removed = co_await store_.write(change);
  if (!removed && order.at_once && !order.days && removed.error().code == Errc::not_found) {
    // As AWS has it: what needs no recovery may be gone already.
    const auto ref = parse_ref(caller.scope, *request.SecretId);
    response.ARN = arn_of(ref);
    response.Name = ref.tries.front().first;
    response.DeletionDate = secrets_.now();
    co_return response;
  }
  if (!removed) co_return std::unexpected(removed.error());
  co_return response;
}

Task<Result<w::RestoreSecretResponse>> Api::restore(const Caller& caller,
                                                    w::RestoreSecretRequest request) {
  auto change = [&](store::Tx& tx) -> Result<Secret> {
    TM_TRY(auto secret, open(tx, caller, *request.SecretId, "secretsmanager:RestoreSecret"));
    TM_CHECK(Secrets::restore(tx, secret));
    return secret;
  };
  TM_CO_TRY(const auto secret, co_await store_.write(change));
  co_return about<w::RestoreSecretResponse>(secret);
}

Task<Result<wire::Empty>> Api::tag(const Caller& caller, w::TagResourceRequest request) {
  const auto tags = tags_given(request.Tags);
  auto change = [&](store::Tx& tx) -> Status {
    TM_TRY(const auto secret,
           open_live(tx, caller, *request.SecretId, "secretsmanager:TagResource"));
    return secrets_.tag(tx, secret, tags);
  };
  TM_CO_CHECK(co_await store_.write(change));
  co_return wire::Empty();
}

Task<Result<wire::Empty>> Api::untag(const Caller& caller, w::UntagResourceRequest request) {
  auto change = [&](store::Tx& tx) -> Status {
    TM_TRY(const auto secret,
           open_live(tx, caller, *request.SecretId, "secretsmanager:UntagResource"));
    return secrets_.untag(tx, secret, *request.TagKeys);
  };
  TM_CO_CHECK(co_await store_.write(change));
  co_return wire::Empty();
}

}  // namespace tidemill::secretsmanager
