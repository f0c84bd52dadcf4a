#include "iam/instance_profile.h"

#include <fmt/format.h>

namespace tidemill::iam {
namespace {

InstanceProfile read_profile(const store::Row& row) {
  return {row.text(0), row.text(1), row.text(2), row.text(3), row.text(4), {row.integer(5)}};
}

Status set_role(store::Tx& tx, const InstanceProfile& profile, std::string_view role) {
  TM_CHECK(tx.exec("UPDATE iam_instance_profiles SET role = $3 WHERE account = $1 AND name = $2",
                   profile.account, profile.name, role));
  return {};
}

}  // namespace

Result<InstanceProfile> require_profile(store::Tx& tx, std::string_view account,
                                        std::string_view name) {
  TM_TRY(auto profile,
         tx.one("SELECT account, name, id, path, role, created_ms FROM iam_instance_profiles"
                " WHERE account = $1 AND name = $2",
                read_profile, account, name));
  if (profile) return *std::move(profile);
  return no_such_entity(fmt::format("Instance Profile {} cannot be found.", name));
}

Result<std::vector<InstanceProfile>> list_profiles(store::Tx& tx, std::string_view account) {
  return tx.all(
      "SELECT account, name, id, path, role, created_ms FROM iam_instance_profiles"
      " WHERE account = $1 ORDER BY name",
      read_profile, account);
}

Result<std::vector<InstanceProfile>> profiles_of(store::Tx& tx, const Role& role) {
  return tx.all(
      "SELECT account, name, id, path, role, created_ms FROM iam_instance_profiles"
      " WHERE account = $1 AND role = $2 ORDER BY name",
      read_profile, role.account, role.name);
}

Status add_profile(store::Tx& tx, const InstanceProfile& profile) {
  return unless_taken(
      tx.exec("INSERT INTO iam_instance_profiles (account, name, id, path, role, created_ms)"
              " VALUES ($1, $2, $3, $4, '', $5)",
              profile.account, profile.name, profile.id, profile.path, profile.created.ms),
      fmt::format("Instance Profile {} already exists.", profile.name));
}

Status remove_profile(store::Tx& tx, const InstanceProfile& profile) {
  if (!profile.role.empty()) {
    return fail(Errc::conflict, "DeleteConflict",
                "Cannot delete entity, must remove roles from instance profile first.");
  }
  TM_CHECK(drop_all_tags(tx, profile.entity()));
  TM_CHECK(tx.exec("DELETE FROM iam_instance_profiles WHERE account = $1 AND name = $2",
                   profile.account, profile.name));
  return {};
}

Status give_role(store::Tx& tx, const InstanceProfile& profile, const Role& role) {
  if (!profile.role.empty()) {
    return fail(Errc::conflict, "LimitExceeded",
                "Cannot exceed quota for InstanceSessionsPerInstanceProfile: 1");
  }
  return set_role(tx, profile, role.name);
}

Status take_role(store::Tx& tx, const InstanceProfile& profile, const Role& role) {
  if (profile.role == role.name) return set_role(tx, profile, "");
  return no_such_entity(fmt::format("The role with name {} cannot be found in Instance Profile {}.",
                                    role.name, profile.name));
}

}  // namespace tidemill::iam
