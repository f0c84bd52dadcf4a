#include "iam/group.h"

#include <fmt/format.h>

namespace tidemill::iam {
namespace {

constexpr std::size_t groups_max = 10;  // Of a user.

Group read_group(const store::Row& row) {
  return {row.text(0), row.text(1), row.text(2), row.text(3), {row.integer(4)}};
}

std::string exists(const Group& group) {
  return fmt::format("Group with name {} already exists.", group.name);
}

}  // namespace

Result<Group> require_group(store::Tx& tx, std::string_view account, std::string_view name) {
  TM_TRY(auto group, tx.one("SELECT account, name, id, path, created_ms FROM iam_groups"
                            " WHERE account = $1 AND name = $2",
                            read_group, account, name));
  if (group) return *std::move(group);
  return no_such_entity(fmt::format("The group with name {} cannot be found.", name));
}

Result<std::vector<Group>> list_groups(store::Tx& tx, std::string_view account) {
  return tx.all(
      "SELECT account, name, id, path, created_ms FROM iam_groups WHERE account = $1"
      " ORDER BY name",
      read_group, account);
}

Status add_group(store::Tx& tx, const Group& group) {
  return unless_taken(tx.exec("INSERT INTO iam_groups (account, name, id, path, created_ms)"
                              " VALUES ($1, $2, $3, $4, $5)",
                              group.account, group.name, group.id, group.path, group.created.ms),
                      exists(group));
}

Status rename_group(store::Tx& tx, const Group& group, const Group& renamed) {
  TM_CHECK(unless_taken(tx.exec("UPDATE iam_groups SET name = $3, path = $4"
                                " WHERE account = $1 AND name = $2",
                                group.account, group.name, renamed.name, renamed.path),
                        exists(renamed)));
  TM_CHECK(
      tx.exec("UPDATE iam_memberships SET group_name = $3 WHERE account = $1 AND group_name = $2",
              group.account, group.name, renamed.name));
  return rename_owner(tx, group.entity(), renamed.name);
}

Status remove_group(store::Tx& tx, const Group& group) {
  TM_TRY(const auto members, members_of(tx, group));
  if (!members.empty()) {
    return fail(Errc::conflict, "DeleteConflict",
                "Cannot delete entity, must remove users from group first.");
  }
  TM_CHECK(require_bare(tx, group.entity()));
  TM_CHECK(tx.exec("DELETE FROM iam_groups WHERE account = $1 AND name = $2", group.account,
                   group.name));
  return {};
}

Status add_member(store::Tx& tx, const Group& group, const User& user) {
  TM_CHECK(
      tx.exec("INSERT INTO iam_memberships (account, group_name, user_name) VALUES ($1, $2, $3)"
              " ON CONFLICT DO NOTHING",
              group.account, group.name, user.name));
  TM_TRY(const auto groups, groups_of(tx, user));
  if (groups.size() <= groups_max) return {};
  return fail(Errc::conflict, "LimitExceeded",
              fmt::format("Cannot exceed quota for GroupsPerUser: {}", groups_max));
}

Status remove_member(store::Tx& tx, const Group& group, const User& user) {
  TM_TRY(const auto removed, tx.exec("DELETE FROM iam_memberships"
                                     " WHERE account = $1 AND group_name = $2 AND user_name = $3",
                                     group.account, group.name, user.name));
  if (removed > 0) return {};
  return no_such_entity(fmt::format(
      "The user with name {} cannot be found in the group with name {}.", user.name, group.name));
}

Result<std::vector<User>> members_of(store::Tx& tx, const Group& group) {
  return tx.all(
      "SELECT u.account, u.name, u.id, u.path, u.created_ms FROM iam_memberships m"
      " JOIN iam_users u ON u.account = m.account AND u.name = m.user_name"
      " WHERE m.account = $1 AND m.group_name = $2 ORDER BY u.name",
      read_user, group.account, group.name);
}

Result<std::vector<Group>> groups_of(store::Tx& tx, const User& user) {
  return tx.all(
      "SELECT g.account, g.name, g.id, g.path, g.created_ms FROM iam_memberships m"
      " JOIN iam_groups g ON g.account = m.account AND g.name = m.group_name"
      " WHERE m.account = $1 AND m.user_name = $2 ORDER BY g.name",
      read_group, user.account, user.name);
}

}  // namespace tidemill::iam
