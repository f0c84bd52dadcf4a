#include "iam/managed_policy.h"

#include <algorithm>
#include <charconv>

#include <fmt/format.h>

#include "base/arn.h"
#include "base/digest.h"
#include "base/encoding.h"
#include "iam/aws_policies.h"
#include "iam/policy.h"

namespace tidemill::iam {
namespace {

constexpr std::size_t versions_max = 5;
constexpr std::string_view columns =
    "account, name, id, path, description, default_version, next_version, created_ms, updated_ms";

ManagedPolicy read_policy(const store::Row& row) {
  ManagedPolicy policy;
  policy.account = row.text(0);
  policy.name = row.text(1);
  policy.id = row.text(2);
  policy.path = row.text(3);
  policy.description = row.maybe_text(4);
  policy.default_version = int(row.integer(5));
  policy.next_version = int(row.integer(6));
  policy.created = {row.integer(7)};
  policy.updated = {row.integer(8)};
  return policy;
}

PolicyVersion read_version(const store::Row& row) {
  return {int(row.integer(0)), row.text(1), {row.integer(2)}};
}

ManagedPolicy policy_of(const AwsPolicy& row) {
  ManagedPolicy policy;
  policy.account = "aws";
  policy.name = row.name;
  policy.path = row.path;
  policy.id = "ANPA" + sha256_hex(policy.arn()).substr(0, 17);
  std::ranges::transform(policy.id, policy.id.begin(), [](char c) { return char(toupper(c)); });
  return policy;
}

const AwsPolicy* find_aws(std::string_view arn) {
  constexpr std::string_view begin = "arn:aws:iam::aws:policy";
  if (!arn.starts_with(begin)) return nullptr;
  const auto rest = arn.substr(begin.size());
  for (const auto& row : aws_policy_table()) {
    if (rest.starts_with(row.path) && rest.substr(row.path.size()) == row.name) return &row;
  }
  return nullptr;
}

/// The customer's policy of that ARN.
Result<std::optional<ManagedPolicy>> find_customer(store::Tx& tx, std::string_view text) {
  const auto arn = Arn::parse(text);
  if (!arn || !arn->resource.starts_with("policy/")) return std::nullopt;
  static const std::string sql =
      fmt::format("SELECT {} FROM iam_policies WHERE account = $1 AND name = $2", columns);
  const auto name = std::string_view(arn->resource).substr(arn->resource.rfind('/') + 1);
  TM_TRY(auto policy, tx.one(sql, read_policy, arn->account, name));
  if (policy && policy->arn() != text) policy.reset();
  return policy;
}

std::unexpected<Error> no_such_version(const ManagedPolicy& policy, std::string_view id) {
  return no_such_entity(
      fmt::format("Policy {} version {} does not exist or is not attachable.", policy.arn(), id));
}

Status require_customers(const ManagedPolicy& policy) {
  if (policy.account != "aws") return {};
  return fail(Errc::access_denied, "AccessDenied",
              fmt::format("{} is AWS's own and can't be changed.", policy.arn()));
}

}  // namespace

std::vector<ManagedPolicy> aws_policies() {
  std::vector<ManagedPolicy> policies;
  for (const auto& row : aws_policy_table()) policies.push_back(policy_of(row));
  return policies;
}

Result<std::optional<std::string>> effective_document(store::Tx& tx, std::string_view arn) {
  if (const auto* aws = find_aws(arn)) return aws->document();
  TM_TRY(const auto policy, find_customer(tx, arn));
  if (!policy) return std::nullopt;
  return tx.one(
      "SELECT document FROM iam_policy_versions"
      " WHERE account = $1 AND policy = $2 AND version = $3",
      [](const store::Row& row) { return row.text(0); }, policy->account, policy->name,
      policy->default_version);
}

Result<ManagedPolicy> require_policy(store::Tx& tx, std::string_view arn) {
  if (const auto* aws = find_aws(arn)) return policy_of(*aws);
  TM_TRY(auto policy, find_customer(tx, arn));
  if (policy) return *std::move(policy);
  return no_such_entity(fmt::format("Policy {} was not found.", arn));
}

Result<std::vector<ManagedPolicy>> customer_policies(store::Tx& tx, std::string_view account) {
  static const std::string sql =
      fmt::format("SELECT {} FROM iam_policies WHERE account = $1 ORDER BY name", columns);
  return tx.all(sql, read_policy, account);
}

Status add_policy(store::Tx& tx, const ManagedPolicy& policy, std::string_view document) {
  TM_TRY([[maybe_unused]] const auto parsed, Policy::parse(document, Policy::Kind::identity));
  TM_CHECK(unless_taken(
      tx.exec("INSERT INTO iam_policies (account, name, id, path, description, default_version,"
              " next_version, created_ms, updated_ms) VALUES ($1, $2, $3, $4, $5, 1, 2, $6, $6)",
              policy.account, policy.name, policy.id, policy.path, policy.description,
              policy.created.ms),
      fmt::format("A policy called {} already exists. Duplicate names are not allowed.",
                  policy.name)));
  TM_CHECK(
      tx.exec("INSERT INTO iam_policy_versions (account, policy, version, document, created_ms)"
              " VALUES ($1, $2, 1, $3, $4)",
              policy.account, policy.name, document, policy.created.ms));
  return {};
}

Status remove_policy(store::Tx& tx, const ManagedPolicy& policy) {
  TM_CHECK(require_customers(policy));
  TM_TRY(const auto owners, attached_to(tx, policy.arn()));
  if (!owners.empty()) {
    return fail(Errc::conflict, "DeleteConflict", "Cannot delete a policy attached to entities.");
  }
  TM_TRY(const auto versions, versions_of(tx, policy));
  if (versions.size() > 1) {
    return fail(Errc::conflict, "DeleteConflict",
                "This policy has more than one version. Before you delete a policy, you must "
                "delete the policy's versions. The default version is deleted with the policy.");
  }
  for (const auto* sql : {"DELETE FROM iam_policy_versions WHERE account = $1 AND policy = $2",
                          "DELETE FROM iam_policies WHERE account = $1 AND name = $2"}) {
    TM_CHECK(tx.exec(sql, policy.account, policy.name));
  }
  return drop_all_tags(tx, policy.entity());
}

Result<std::vector<PolicyVersion>> versions_of(store::Tx& tx, const ManagedPolicy& policy) {
  if (policy.account == "aws") {
    const auto* aws = find_aws(policy.arn());
    TM_ASSERT(aws != nullptr);
    return std::vector<PolicyVersion>{{1, aws->document(), policy.created}};
  }
  return tx.all(
      "SELECT version, document, created_ms FROM iam_policy_versions"
      " WHERE account = $1 AND policy = $2 ORDER BY version DESC",
      read_version, policy.account, policy.name);
}

Result<PolicyVersion> require_version(store::Tx& tx, const ManagedPolicy& policy,
                                      std::string_view id) {
  TM_TRY(const auto versions, versions_of(tx, policy));
  for (const auto& version : versions) {
    if (fmt::format("v{}", version.number) == id) return version;
  }
  return no_such_version(policy, id);
}

Result<PolicyVersion> add_version(store::Tx& tx, const ManagedPolicy& policy,
                                  std::string_view document, TimeMs now) {
  TM_CHECK(require_customers(policy));
  TM_TRY([[maybe_unused]] const auto parsed, Policy::parse(document, Policy::Kind::identity));
  TM_TRY(const auto versions, versions_of(tx, policy));
  if (versions.size() >= versions_max) {
    return fail(Errc::conflict, "LimitExceeded",
                "A managed policy can have up to 5 versions. Before you create a new version, you "
                "must delete an existing version.");
  }
  const PolicyVersion version{policy.next_version, std::string(document), now};
  TM_CHECK(
      tx.exec("INSERT INTO iam_policy_versions (account, policy, version, document, created_ms)"
              " VALUES ($1, $2, $3, $4, $5)",
              policy.account, policy.name, version.number, document, now.ms));
  TM_CHECK(
      tx.exec("UPDATE iam_policies SET next_version = $3, updated_ms = $4"
              " WHERE account = $1 AND name = $2",
              policy.account, policy.name, policy.next_version + 1, now.ms));
  return version;
}

Status set_default_version(store::Tx& tx, const ManagedPolicy& policy, int number) {
  TM_CHECK(require_customers(policy));
  TM_CHECK(tx.exec("UPDATE iam_policies SET default_version = $3 WHERE account = $1 AND name = $2",
                   policy.account, policy.name, number));
  return {};
}

Status remove_version(store::Tx& tx, const ManagedPolicy& policy, int number) {
  TM_CHECK(require_customers(policy));
  if (number == policy.default_version) {
    return fail(Errc::conflict, "DeleteConflict", "Cannot delete the default version of a policy.");
  }
  TM_CHECK(
      tx.exec("DELETE FROM iam_policy_versions WHERE account = $1 AND policy = $2 AND version = $3",
              policy.account, policy.name, number));
  return {};
}

Result<std::vector<Entity>> attached_to(store::Tx& tx, std::string_view arn) {
  return tx.all(
      "SELECT account, kind, owner FROM iam_attachments WHERE policy_arn = $1"
      " ORDER BY kind, owner",
      [](const store::Row& row) { return Entity{row.text(0), row.text(1), row.text(2)}; }, arn);
}

}  // namespace tidemill::iam
