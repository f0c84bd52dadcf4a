#include "iam/role.h"

#include <fmt/format.h>

namespace tidemill::iam {
namespace {

Role read_role(const store::Row& row) {
  Role role;
  role.account = row.text(0);
  role.name = row.text(1);
  role.id = row.text(2);
  role.path = row.text(3);
  role.trust = row.text(4);
  role.description = row.maybe_text(5);
  role.session_seconds = int(row.integer(6));
  role.created = {row.integer(7)};
  return role;
}

std::unexpected<Error> no_such(std::string message) {
  return fail(Errc::not_found, "NoSuchEntity", std::move(message));
}

std::unexpected<Error> no_such_policy(std::string_view name) {
  return no_such(fmt::format("The role policy with name {} cannot be found.", name));
}

}  // namespace

Result<Role> require_role(store::Tx& tx, std::string_view account, std::string_view name) {
  TM_TRY(auto role, tx.one("SELECT account, name, id, path, trust, description, session_seconds,"
                           " created_ms FROM iam_roles WHERE account = $1 AND name = $2",
                           read_role, account, name));
  if (role) return *std::move(role);
  return no_such(fmt::format("The role with name {} cannot be found.", name));
}

Result<std::vector<Role>> list_roles(store::Tx& tx, std::string_view account,
                                     std::string_view path_prefix) {
  TM_TRY(auto roles, tx.all("SELECT account, name, id, path, trust, description, session_seconds,"
                            " created_ms FROM iam_roles WHERE account = $1 ORDER BY name",
                            read_role, account));
  std::erase_if(roles, [&](const Role& role) { return !role.path.starts_with(path_prefix); });
  return roles;
}

Status add_role(store::Tx& tx, const Role& role) {
  const auto added = tx.exec(
      "INSERT INTO iam_roles (account, name, id, path, trust, description,"
      " session_seconds, created_ms) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
      role.account, role.name, role.id, role.path, role.trust, role.description,
      role.session_seconds, role.created.ms);
  if (!added && added.error().code == Errc::already_exists) {
    return fail(Errc::already_exists, "EntityAlreadyExists",
                fmt::format("Role with name {} already exists.", role.name));
  }
  TM_CHECK(added);
  return {};
}

Status remove_role(store::Tx& tx, const Role& role) {
  TM_TRY(const auto names, policy_names(tx, role));
  if (!names.empty()) {
    return fail(Errc::conflict, "DeleteConflict",
                "Cannot delete entity, must delete policies first.");
  }
  TM_CHECK(
      tx.exec("DELETE FROM iam_roles WHERE account = $1 AND name = $2", role.account, role.name));
  return {};
}

Result<std::vector<std::string>> policy_names(store::Tx& tx, const Role& role) {
  return tx.all(
      "SELECT name FROM iam_role_policies WHERE account = $1 AND role = $2 ORDER BY name",
      [](const store::Row& row) { return row.text(0); }, role.account, role.name);
}

Result<std::string> policy_document(store::Tx& tx, const Role& role, std::string_view name) {
  TM_TRY(auto document,
         tx.one(
             "SELECT document FROM iam_role_policies WHERE account = $1 AND role = $2 AND"
             " name = $3",
             [](const store::Row& row) { return row.text(0); }, role.account, role.name, name));
  if (document) return *std::move(document);
  return no_such_policy(name);
}

Status save_policy(store::Tx& tx, const Role& role, std::string_view name,
                   std::string_view document) {
  TM_CHECK(
      tx.exec("INSERT INTO iam_role_policies (account, role, name, document)"
              " VALUES ($1, $2, $3, $4)"
              " ON CONFLICT (account, role, name) DO UPDATE SET document = $4",
              role.account, role.name, name, document));
  return {};
}

Status remove_policy(store::Tx& tx, const Role& role, std::string_view name) {
  TM_TRY(const auto removed,
         tx.exec("DELETE FROM iam_role_policies WHERE account = $1 AND role = $2 AND name = $3",
                 role.account, role.name, name));
  if (removed > 0) return {};
  return no_such_policy(name);
}

}  // namespace tidemill::iam
