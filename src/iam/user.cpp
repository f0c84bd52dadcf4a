#include "iam/user.h"

#include <fmt/format.h>

namespace tidemill::iam {
namespace {

constexpr std::size_t keys_max = 2;

AccessKey read_key(const store::Row& row) {
  return {row.text(0),         row.text(1),         row.text(2),
          Secret(row.text(3)), row.integer(4) != 0, {row.integer(5)}};
}

std::unexpected<Error> no_such_key(std::string_view id) {
  return no_such_entity(fmt::format("The Access Key with id {} cannot be found.", id));
}

std::string exists(const User& user) {
  return fmt::format("User with name {} already exists.", user.name);
}

}  // namespace

User read_user(const store::Row& row) {
  return {row.text(0), row.text(1), row.text(2), row.text(3), {row.integer(4)}};
}

Result<User> require_user(store::Tx& tx, std::string_view account, std::string_view name) {
  TM_TRY(auto user, tx.one("SELECT account, name, id, path, created_ms FROM iam_users"
                           " WHERE account = $1 AND name = $2",
                           read_user, account, name));
  if (user) return *std::move(user);
  return no_such_entity(fmt::format("The user with name {} cannot be found.", name));
}

Result<std::vector<User>> list_users(store::Tx& tx, std::string_view account) {
  return tx.all(
      "SELECT account, name, id, path, created_ms FROM iam_users WHERE account = $1"
      " ORDER BY name",
      read_user, account);
}

Status add_user(store::Tx& tx, const User& user) {
  return unless_taken(tx.exec("INSERT INTO iam_users (account, name, id, path, created_ms)"
                              " VALUES ($1, $2, $3, $4, $5)",
                              user.account, user.name, user.id, user.path, user.created.ms),
                      exists(user));
}

Status rename_user(store::Tx& tx, const User& user, const User& renamed) {
  TM_CHECK(unless_taken(tx.exec("UPDATE iam_users SET name = $3, path = $4"
                                " WHERE account = $1 AND name = $2",
                                user.account, user.name, renamed.name, renamed.path),
                        exists(renamed)));
  for (const auto* sql :
       {"UPDATE iam_access_keys SET user_name = $3 WHERE account = $1 AND user_name = $2",
        "UPDATE iam_memberships SET user_name = $3 WHERE account = $1 AND user_name = $2"}) {
    TM_CHECK(tx.exec(sql, user.account, user.name, renamed.name));
  }
  return rename_owner(tx, user.entity(), renamed.name);
}

Status remove_user(store::Tx& tx, const User& user) {
  TM_TRY(const auto keys, keys_of(tx, user));
  if (!keys.empty()) {
    return fail(Errc::conflict, "DeleteConflict",
                "Cannot delete entity, must delete access keys first.");
  }
  const auto read = [](const store::Row& row) { return row.integer(0); };
  TM_TRY(const auto member,
         tx.one("SELECT 1 FROM iam_memberships WHERE account = $1 AND user_name = $2 LIMIT 1", read,
                user.account, user.name));
  if (member) {
    return fail(Errc::conflict, "DeleteConflict",
                "Cannot delete entity, must remove users from group first.");
  }
  TM_CHECK(require_bare(tx, user.entity()));
  TM_CHECK(drop_all_tags(tx, user.entity()));
  TM_CHECK(
      tx.exec("DELETE FROM iam_users WHERE account = $1 AND name = $2", user.account, user.name));
  return {};
}

Result<std::vector<AccessKey>> keys_of(store::Tx& tx, const User& user) {
  return tx.all(
      "SELECT id, account, user_name, secret, active, created_ms FROM iam_access_keys"
      " WHERE account = $1 AND user_name = $2 ORDER BY created_ms, id",
      read_key, user.account, user.name);
}

Result<std::vector<AccessKey>> all_keys(store::Tx& tx) {
  return tx.all("SELECT id, account, user_name, secret, active, created_ms FROM iam_access_keys",
                read_key);
}

Status add_key(store::Tx& tx, const User& user, const AccessKey& key) {
  TM_TRY(const auto keys, keys_of(tx, user));
  if (keys.size() >= keys_max) {
    return fail(Errc::conflict, "LimitExceeded",
                fmt::format("Cannot exceed quota for AccessKeysPerUser: {}", keys_max));
  }
  TM_CHECK(
      tx.exec("INSERT INTO iam_access_keys (id, account, user_name, secret, active, created_ms)"
              " VALUES ($1, $2, $3, $4, 1, $5)",
              key.id, user.account, user.name, key.secret.reveal(), key.created.ms));
  return {};
}

Status set_key_active(store::Tx& tx, const User& user, std::string_view id, bool active) {
  TM_TRY(const auto changed, tx.exec("UPDATE iam_access_keys SET active = $4"
                                     " WHERE account = $1 AND user_name = $2 AND id = $3",
                                     user.account, user.name, id, active ? 1 : 0));
  if (changed > 0) return {};
  return no_such_key(id);
}

Status remove_key(store::Tx& tx, const User& user, std::string_view id) {
  TM_TRY(const auto removed,
         tx.exec("DELETE FROM iam_access_keys WHERE account = $1 AND user_name = $2 AND id = $3",
                 user.account, user.name, id));
  if (removed > 0) return {};
  return no_such_key(id);
}

}  // namespace tidemill::iam
