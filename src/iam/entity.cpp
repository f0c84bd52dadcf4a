#include "iam/entity.h"

#include <fmt/format.h>

#include "iam/managed_policy.h"
#include "iam/policy.h"

namespace tidemill::iam {
namespace {

constexpr std::size_t attachments_max = 10, tags_max = 50;

std::unexpected<Error> no_inline_policy(const Entity& owner, std::string_view name) {
  return no_such_entity(
      fmt::format("The {} policy with name {} cannot be found.", owner.kind, name));
}

/// "role" → "Role"
std::string title_of(const Entity& owner) {
  auto title = owner.kind;
  title[0] += 'A' - 'a';
  return title;
}

std::string text_of(const store::Row& row) { return row.text(0); }

}  // namespace

std::unexpected<Error> no_such_entity(std::string message) {
  return fail(Errc::not_found, "NoSuchEntity", std::move(message));
}

Status unless_taken(const Result<std::int64_t>& written, std::string message) {
  if (!written && written.error().code == Errc::already_exists) {
    return fail(Errc::already_exists, "EntityAlreadyExists", std::move(message));
  }
  TM_CHECK(written);
  return {};
}

Result<std::vector<std::string>> inline_policies(store::Tx& tx, const Entity& owner) {
  return tx.all(
      "SELECT name FROM iam_inline_policies WHERE account = $1 AND kind = $2 AND owner = $3"
      " ORDER BY name",
      text_of, owner.account, owner.kind, owner.name);
}

Result<std::string> inline_policy(store::Tx& tx, const Entity& owner, std::string_view name) {
  TM_TRY(auto document, tx.one("SELECT document FROM iam_inline_policies"
                               " WHERE account = $1 AND kind = $2 AND owner = $3 AND name = $4",
                               text_of, owner.account, owner.kind, owner.name, name));
  if (document) return *std::move(document);
  return no_inline_policy(owner, name);
}

Status save_inline_policy(store::Tx& tx, const Entity& owner, std::string_view name,
                          std::string_view document) {
  TM_TRY([[maybe_unused]] const auto policy, Policy::parse(document, Policy::Kind::identity));
  TM_CHECK(
      tx.exec("INSERT INTO iam_inline_policies (account, kind, owner, name, document)"
              " VALUES ($1, $2, $3, $4, $5)"
              " ON CONFLICT (account, kind, owner, name) DO UPDATE SET document = $5",
              owner.account, owner.kind, owner.name, name, document));
  return {};
}

Status drop_inline_policy(store::Tx& tx, const Entity& owner, std::string_view name) {
  TM_TRY(const auto dropped,
         tx.exec("DELETE FROM iam_inline_policies"
                 " WHERE account = $1 AND kind = $2 AND owner = $3 AND name = $4",
                 owner.account, owner.kind, owner.name, name));
  if (dropped > 0) return {};
  return no_inline_policy(owner, name);
}

Result<std::vector<std::string>> attached_policies(store::Tx& tx, const Entity& owner) {
  return tx.all(
      "SELECT policy_arn FROM iam_attachments WHERE account = $1 AND kind = $2 AND owner = $3"
      " ORDER BY policy_arn",
      text_of, owner.account, owner.kind, owner.name);
}

Status attach_policy(store::Tx& tx, const Entity& owner, const std::string& arn) {
  TM_TRY(const auto document, effective_document(tx, arn));
  if (!document) {
    return no_such_entity(fmt::format("Policy {} does not exist or is not attachable.", arn));
  }
  TM_CHECK(
      tx.exec("INSERT INTO iam_attachments (account, kind, owner, policy_arn)"
              " VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING",
              owner.account, owner.kind, owner.name, arn));
  TM_TRY(const auto attached, attached_policies(tx, owner));
  if (attached.size() <= attachments_max) return {};
  return fail(
      Errc::conflict, "LimitExceeded",
      fmt::format("Cannot exceed quota for PoliciesPer{}: {}", title_of(owner), attachments_max));
}

Status detach_policy(store::Tx& tx, const Entity& owner, const std::string& arn) {
  TM_TRY(const auto detached,
         tx.exec("DELETE FROM iam_attachments"
                 " WHERE account = $1 AND kind = $2 AND owner = $3 AND policy_arn = $4",
                 owner.account, owner.kind, owner.name, arn));
  if (detached > 0) return {};
  return no_such_entity(fmt::format("Policy {} was not found.", arn));
}

Result<Tags> tags_of(store::Tx& tx, const Entity& owner) {
  return tx.texts("SELECT key, value FROM iam_tags WHERE account = $1 AND kind = $2 AND owner = $3",
                  owner.account, owner.kind, owner.name);
}

Status add_tags(store::Tx& tx, const Entity& owner, const Tags& tags) {
  for (const auto& [key, value] : tags) {
    TM_CHECK(
        tx.exec("INSERT INTO iam_tags (account, kind, owner, key, value)"
                " VALUES ($1, $2, $3, $4, $5)"
                " ON CONFLICT (account, kind, owner, key) DO UPDATE SET value = $5",
                owner.account, owner.kind, owner.name, key, value));
  }
  TM_TRY(const auto all, tags_of(tx, owner));
  if (all.size() <= tags_max) return {};
  return fail(Errc::conflict, "LimitExceeded",
              fmt::format("The number of tags has reached the maximum limit of {}.", tags_max));
}

Status drop_tags(store::Tx& tx, const Entity& owner, const std::vector<std::string>& keys) {
  for (const auto& key : keys) {
    TM_CHECK(
        tx.exec("DELETE FROM iam_tags WHERE account = $1 AND kind = $2 AND owner = $3 AND key = $4",
                owner.account, owner.kind, owner.name, key));
  }
  return {};
}

Status drop_all_tags(store::Tx& tx, const Entity& owner) {
  TM_CHECK(tx.exec("DELETE FROM iam_tags WHERE account = $1 AND kind = $2 AND owner = $3",
                   owner.account, owner.kind, owner.name));
  return {};
}

Status rename_owner(store::Tx& tx, const Entity& owner, std::string_view name) {
  for (const auto* sql :
       {"UPDATE iam_inline_policies SET owner = $4"
        " WHERE account = $1 AND kind = $2 AND owner = $3",
        "UPDATE iam_attachments SET owner = $4 WHERE account = $1 AND kind = $2 AND owner = $3",
        "UPDATE iam_tags SET owner = $4 WHERE account = $1 AND kind = $2 AND owner = $3"}) {
    TM_CHECK(tx.exec(sql, owner.account, owner.kind, owner.name, name));
  }
  return {};
}

Status require_bare(store::Tx& tx, const Entity& owner) {
  TM_TRY(const auto inline_ones, inline_policies(tx, owner));
  if (!inline_ones.empty()) {
    return fail(Errc::conflict, "DeleteConflict",
                "Cannot delete entity, must delete policies first.");
  }
  TM_TRY(const auto attached, attached_policies(tx, owner));
  if (attached.empty()) return {};
  return fail(Errc::conflict, "DeleteConflict",
              "Cannot delete entity, must detach all policies first.");
}

Status reset(store::Tx& tx) {
  for (const auto* table : {"iam_roles", "iam_users", "iam_access_keys", "iam_inline_policies",
                            "iam_attachments", "iam_tags", "iam_policies", "iam_policy_versions",
                            "iam_groups", "iam_memberships", "iam_instance_profiles"}) {
    TM_CHECK(tx.exec(fmt::format("DELETE FROM {}", table)));
  }
  return {};
}

}  // namespace tidemill::iam
