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

}  // namespace

Result<Role> require_role(store::Tx& tx, std::string_view account, std::string_view name) {
  TM_TRY(auto role, tx.one("SELECT account, name, id, path, trust, description, session_seconds,"
                           " created_ms FROM iam_roles WHERE account = $1 AND name = $2",
                           read_role, account, name));
  if (role) return *std::move(role);
  return no_such_entity(fmt::format("The role with name {} cannot be found.", name));
}

Result<std::vector<Role>> list_roles(store::Tx& tx, std::string_view account) {
  return tx.all(
      "SELECT account, name, id, path, trust, description, session_seconds, created_ms"
      " FROM iam_roles WHERE account = $1 ORDER BY name",
      read_role, account);
}

Result<std::vector<Role>> all_roles(store::Tx& tx) {
  return tx.all(
      "SELECT account, name, id, path, trust, description, session_seconds, created_ms"
      " FROM iam_roles",
      read_role);
}

Status add_role(store::Tx& tx, const Role& role) {
  return unless_taken(
      tx.exec("INSERT INTO iam_roles (account, name, id, path, trust, description,"
              " session_seconds, created_ms) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
              role.account, role.name, role.id, role.path, role.trust, role.description,
              role.session_seconds, role.created.ms),
      fmt::format("Role with name {} already exists.", role.name));
}

Status remove_role(store::Tx& tx, const Role& role) {
  const auto read = [](const store::Row& row) { return row.integer(0); };
  TM_TRY(const auto in_profile,
         tx.one("SELECT 1 FROM iam_instance_profiles WHERE account = $1 AND role = $2 LIMIT 1",
                read, role.account, role.name));
  if (in_profile) {
    return fail(Errc::conflict, "DeleteConflict",
                "Cannot delete entity, must remove roles from instance profile first.");
  }
  TM_CHECK(require_bare(tx, role.entity()));
  TM_CHECK(drop_all_tags(tx, role.entity()));
  TM_CHECK(
      tx.exec("DELETE FROM iam_roles WHERE account = $1 AND name = $2", role.account, role.name));
  return {};
}

Status update_role(store::Tx& tx, const Role& role) {
  TM_CHECK(
      tx.exec("UPDATE iam_roles SET description = $3, session_seconds = $4"
              " WHERE account = $1 AND name = $2",
              role.account, role.name, role.description, role.session_seconds));
  return {};
}

Status set_trust(store::Tx& tx, const Role& role, std::string_view document) {
  TM_CHECK(tx.exec("UPDATE iam_roles SET trust = $3 WHERE account = $1 AND name = $2", role.account,
                   role.name, document));
  return {};
}

}  // namespace tidemill::iam
