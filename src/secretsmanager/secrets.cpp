#include "secretsmanager/secrets.h"

#include <algorithm>

#include <fmt/format.h>

#include "secretsmanager/errors.h"

namespace tidemill::secretsmanager {
namespace {

constexpr std::size_t tags_max = 50;
constexpr std::int64_t days_min = 7, days_max = 30, days_default = 30;

Status check_name(std::string_view name) {
  const bool fine = std::ranges::all_of(name, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view("-/_+=.@!").find(c) != std::string_view::npos;
  });
  if (fine) return {};
  return fail(Errc::invalid_argument, "ValidationException",
              "Invalid name. Must be a valid name containing alphanumeric characters, or any of "
              "the following: -/_+=.@!");
}

Status erase(store::Tx& tx, std::int64_t id) {
  TM_CHECK(tx.exec("DELETE FROM secret_tags WHERE secret = $1", id));
  TM_CHECK(tx.exec("DELETE FROM secret_stages WHERE secret = $1", id));
  TM_CHECK(tx.exec("DELETE FROM secret_versions WHERE secret = $1", id));
  TM_CHECK(tx.exec("DELETE FROM secrets WHERE id = $1", id));
  return {};
}

/// One that was deleted leaves its name.
Status erase_gone(store::Tx& tx, const CreateOrder& order, TimeMs now) {
  const auto read = [](const store::Row& row) { return row.integer(0); };
  TM_TRY(const auto gone,
         tx.one("SELECT id FROM secrets WHERE account = $1 AND region = $2"
                " AND name = $3 AND gone_ms <= $4",
                read, order.scope.account, order.scope.region, order.name, now.ms));
  return gone ? erase(tx, *gone) : Status();
}

std::unexpected<Error> exists_already(std::string_view name) {
  return fail(Errc::already_exists, "ResourceExistsException",
              fmt::format("The operation failed because the secret {} already exists.", name));
}

}  // namespace

Status check_not_deleted(const Secret& secret) {
  if (!secret.deleted) return {};
  return invalid_request(
      "You can't perform this operation on the secret because it was marked for deletion.");
}

std::string Secrets::make_suffix() const {
  constexpr std::size_t length = 6;
  std::string suffix;
  while (suffix.size() < length) {
    for (const char c : random_secret(parts_.random, length)) {
      if (c != '/' && c != '+' && suffix.size() < length) suffix += c;
    }
  }
  return suffix;
}

Result<Secret> Secrets::create(store::Tx& tx, const CreateOrder& order) const {
  TM_CHECK(check_name(order.name));
  TM_CHECK(erase_gone(tx, order, now()));
  TM_TRY(const auto before, find(tx, {order.scope, {{order.name, ""}}}, now()));
  if (before && before->deleted) {
    return invalid_request(
        "You can't create this secret because a secret with this name is already scheduled for "
        "deletion.");
  }
  if (before) {
    if (!order.value) return exists_already(order.name);
    TM_TRY(const auto same, same_version(tx, *before, *order.value));
    if (!same) return exists_already(order.name);
    return *before;
  }
  const auto read = [](const store::Row& row) { return row.integer(0); };
  TM_TRY(const auto id,
         tx.one("INSERT INTO secrets (account, region, name, suffix, description, kms_key, policy,"
                " created_ms, changed_ms) VALUES ($1, $2, $3, $4, $5, $6, '', $7, $7) RETURNING id",
                read, order.scope.account, order.scope.region, order.name, order.suffix,
                order.description, order.kms_key, now().ms));
  Secret made{.id = *id,
              .scope = order.scope,
              .name = order.name,
              .suffix = order.suffix,
              .description = order.description,
              .kms_key = order.kms_key,
              .policy = {},
              .created = now(),
              .changed = now()};
  TM_CHECK(tag(tx, made, order.tags));
  if (order.value) TM_CHECK(put(tx, made, *order.value, {}));
  return made;
}

Status Secrets::touch(store::Tx& tx, const Secret& secret) const {
  TM_CHECK(tx.exec("UPDATE secrets SET changed_ms = $1 WHERE id = $2", now().ms, secret.id));
  return {};
}

Status Secrets::update(store::Tx& tx, const Secret& secret,
                       const std::optional<std::string>& description,
                       const std::optional<std::string>& kms_key) const {
  TM_CHECK(tx.exec("UPDATE secrets SET description = $1, kms_key = $2 WHERE id = $3",
                   description.value_or(secret.description), kms_key.value_or(secret.kms_key),
                   secret.id));
  return touch(tx, secret);
}

Result<TimeMs> Secrets::remove(store::Tx& tx, const Secret& secret,
                               const DeleteOrder& order) const {
  if (order.at_once && order.days) {
    return invalid_parameter(
        "You can't use ForceDeleteWithoutRecovery in conjunction with RecoveryWindowInDays.");
  }
  if (order.at_once) {
    TM_CHECK(erase(tx, secret.id));
    return now();
  }
  const auto days = order.days.value_or(days_default);
  if (days < days_min || days > days_max) {
    return invalid_parameter(
        "The RecoveryWindowInDays value must be between 7 and 30 days (inclusive).");
  }
  TM_CHECK(check_not_deleted(secret));
  const auto gone = now().plus(std::chrono::days(days));
  TM_CHECK(tx.exec("UPDATE secrets SET deleted_ms = $1, gone_ms = $2 WHERE id = $3", now().ms,
                   gone.ms, secret.id));
  return gone;
}

Status Secrets::restore(store::Tx& tx, const Secret& secret) {
  TM_CHECK(
      tx.exec("UPDATE secrets SET deleted_ms = NULL, gone_ms = NULL WHERE id = $1", secret.id));
  return {};
}

Status Secrets::tag(store::Tx& tx, const Secret& secret, const Tags& tags) const {
  TM_TRY(auto all, tags_of(tx, secret));
  for (const auto& [key, value] : tags) {
    all[key] = value;
    TM_CHECK(
        tx.exec("INSERT INTO secret_tags (secret, key, value) VALUES ($1, $2, $3)"
                " ON CONFLICT (secret, key) DO UPDATE SET value = excluded.value",
                secret.id, key, value));
  }
  if (all.size() > tags_max) {
    return invalid_parameter(fmt::format("A secret can have at most {} tags; {} would have {}.",
                                         tags_max, secret.name, all.size()));
  }
  return touch(tx, secret);
}

Status Secrets::untag(store::Tx& tx, const Secret& secret,
                      std::span<const std::string> keys) const {
  for (const auto& key : keys) {
    TM_CHECK(tx.exec("DELETE FROM secret_tags WHERE secret = $1 AND key = $2", secret.id, key));
  }
  return touch(tx, secret);
}

Status Secrets::set_policy(store::Tx& tx, const Secret& secret, std::string_view policy) {
  TM_CHECK(tx.exec("UPDATE secrets SET policy = $1 WHERE id = $2", policy, secret.id));
  return {};
}

Status Secrets::tidy(store::Tx& tx) const {
  const auto read = [](const store::Row& row) { return row.integer(0); };
  TM_TRY(const auto gone,
         tx.all("SELECT id FROM secrets WHERE gone_ms <= $1 ORDER BY gone_ms LIMIT 1000", read,
                now().ms));
  for (const auto id : gone) TM_CHECK(erase(tx, id));
  return {};
}

Status Secrets::reset(store::Tx& tx) {
  TM_CHECK(tx.exec("DELETE FROM secret_tags"));
  TM_CHECK(tx.exec("DELETE FROM secret_stages"));
  TM_CHECK(tx.exec("DELETE FROM secret_versions"));
  TM_CHECK(tx.exec("DELETE FROM secrets"));
  return {};
}

}  // namespace tidemill::secretsmanager
