#include "secretsmanager/secret.h"

#include <algorithm>

#include <fmt/format.h>

#include "secretsmanager/errors.h"

namespace tidemill::secretsmanager {
namespace {

constexpr std::size_t suffix_length = 6;

constexpr std::string_view columns =
    "id, account, region, name, suffix, description, kms_key, policy, created_ms, changed_ms,"
    " accessed_ms, deleted_ms, gone_ms";

Secret read_secret(const store::Row& row) {
  return {.id = row.integer(0),
          .scope = {row.text(1), row.text(2)},
          .name = row.text(3),
          .suffix = row.text(4),
          .description = row.text(5),
          .kms_key = row.text(6),
          .policy = row.text(7),
          .created = {row.integer(8)},
          .changed = {row.integer(9)},
          .accessed = row.maybe_time(10),
          .deleted = row.maybe_time(11),
          .gone = row.maybe_time(12)};
}

Version read_version(const store::Row& row) {
  return {.id = row.text(0),
          .seq = row.integer(1),
          .value = row.text(2),
          .is_binary = row.integer(3) != 0,
          .created = {row.integer(4)},
          .accessed = row.maybe_time(5),
          .stages = {}};
}

}  // namespace

std::string Secret::arn() const {
  return make_arn("secretsmanager", scope, fmt::format("secret:{}-{}", name, suffix));
}

SecretRef parse_ref(const Scope& scope, std::string_view secret_id) {
  constexpr std::string_view kind = "secret:";
  const auto arn = Arn::parse(secret_id);
  if (!arn || arn->service != "secretsmanager" || !arn->resource.starts_with(kind)) {
    return {scope, {{std::string(secret_id), ""}}};
  }
  SecretRef ref{{arn->account, arn->region}, {}};
  const auto rest = arn->resource.substr(kind.size());
  if (rest.size() > suffix_length + 1 && rest[rest.size() - suffix_length - 1] == '-') {
    ref.tries.emplace_back(rest.substr(0, rest.size() - suffix_length - 1),
                           rest.substr(rest.size() - suffix_length));
  }
  ref.tries.emplace_back(rest, "");
  return ref;
}

std::string arn_of(const SecretRef& ref) {
  const auto& [name, suffix] = ref.tries.front();
  return make_arn("secretsmanager", ref.scope,
                  fmt::format("secret:{}-{}", name, suffix.empty() ? "??????" : suffix));
}

Result<std::optional<Secret>> find(store::Tx& tx, const SecretRef& ref, TimeMs now) {
  static const std::string sql = fmt::format(
      "SELECT {} FROM secrets WHERE account = $1 AND region = $2 AND name = $3", columns);
  for (const auto& [name, suffix] : ref.tries) {
    TM_TRY(auto found, tx.one(sql, read_secret, ref.scope.account, ref.scope.region, name));
    if (found && (suffix.empty() || found->suffix == suffix) && !found->is_gone(now)) return found;
  }
  return std::optional<Secret>();
}

Result<std::vector<Secret>> all_secrets(store::Tx& tx, const Scope& scope, TimeMs now) {
  static const std::string sql = fmt::format(
      "SELECT {} FROM secrets WHERE account = $1 AND region = $2 ORDER BY name", columns);
  TM_TRY(auto all, tx.all(sql, read_secret, scope.account, scope.region));
  std::erase_if(all, [now](const Secret& secret) { return secret.is_gone(now); });
  return all;
}

Result<std::vector<Version>> versions_of(store::Tx& tx, const Secret& secret) {
  TM_TRY(auto versions, tx.all("SELECT version, seq, '', is_binary, created_ms, accessed_ms"
                               " FROM secret_versions WHERE secret = $1 ORDER BY seq",
                               read_version, secret.id));
  std::map<std::string, std::vector<std::string>> stages;
  const store::RowFn row = [&](const store::Row& r) {
    stages[r.text(0)].push_back(r.text(1));
    return true;
  };
  TM_CHECK(tx.each("SELECT version, stage FROM secret_stages WHERE secret = $1 ORDER BY stage", row,
                   secret.id));
  for (auto& version : versions) version.stages = std::move(stages[version.id]);
  return versions;
}

Result<std::optional<Version>> find_version(store::Tx& tx, const Secret& secret,
                                            std::string_view id) {
  TM_TRY(auto version, tx.one("SELECT version, seq, value, is_binary, created_ms, accessed_ms"
                              " FROM secret_versions WHERE secret = $1 AND version = $2",
                              read_version, secret.id, id));
  if (!version) return version;
  const auto read = [](const store::Row& row) { return row.text(0); };
  TM_TRY(version->stages,
         tx.all("SELECT stage FROM secret_stages WHERE secret = $1 AND version = $2 ORDER BY stage",
                read, secret.id, id));
  return version;
}

Result<std::optional<std::string>> holder_of(store::Tx& tx, const Secret& secret,
                                             std::string_view stage) {
  const auto read = [](const store::Row& row) { return row.text(0); };
  return tx.one("SELECT version FROM secret_stages WHERE secret = $1 AND stage = $2", read,
                secret.id, stage);
}

Result<Version> require_version(store::Tx& tx, const Secret& secret, const Selection& selection) {
  auto id = selection.version;
  const auto stage = selection.stage.value_or(std::string(current));
  if (!id) {
    TM_TRY(id, holder_of(tx, secret, stage));
    if (!id) {
      return not_found(fmt::format(
          "Secrets Manager can't find the specified secret value for staging label: {}", stage));
    }
  }
  TM_TRY(auto version, find_version(tx, secret, *id));
  if (!version) {
    return not_found(fmt::format(
        "Secrets Manager can't find the specified secret value for VersionId: {}", *id));
  }
  if (selection.version && selection.stage &&
      std::ranges::find(version->stages, stage) == version->stages.end()) {
    return invalid_request(
        "You provided a VersionStage that is not associated to the provided VersionId.");
  }
  return *std::move(version);
}

Result<Tags> tags_of(store::Tx& tx, const Secret& secret) {
  return tx.texts("SELECT key, value FROM secret_tags WHERE secret = $1", secret.id);
}

}  // namespace tidemill::secretsmanager
