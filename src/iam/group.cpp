#include "iam/group.h"

#include <fmt/format.h>

namespace tidemill::iam {
namespace {

constexpr std::size_t groups_max = 10;  // Of a user.

Group read_group(const store::Row& row) {
  return {row.text(0), row.text(1), row.text(2), row.text(3), {row.integer(4)}};
}

Status as_exists(const Result<std::int64_t>& done, const Group& group) {
  if (!done && done.error().code == Errc::already_exists) {
    return fail(Errc::already_exists, "EntityAlreadyExists",
                fmt::format("Group with name {} already exists.", group.name));
  }
  TM_CHECK(done);
  return {};
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
  return as_exists(tx.exec("INSERT INTO iam_groups (account, name, id, path, created_ms)"
                           " VALUES ($1, $2, $3, $4, $5)",
                           group.account, group.name, group.id, group.path, group.created.ms),
                   group);
}

Status rename_group(store::Tx& tx, const Group& group, const Group& renamed) {
  TM_CHECK(as_exists(tx.exec("UPDATE iam_groups SET name = $3, path = $4"
                             " WHERE account = $1 AND name = $2",
                             group.account, group.name, renamed.name, renamed.path),
                     renamed));
  for (const auto* sql :
       {"UPDATE iam_memberships SET group_name = $3 WHERE account = $1 AND group_name = $2",
        "UPDATE iam_inline_policies SET owner = $3"
        " WHERE account = $1 AND kind = 'group' AND owner = $2",
        "UPDATE iam_attachments SET owner = $3"
        " WHERE account = $1 AND kind = 'group' AND owner = $2"}) {
    TM_CHECK(tx.exec(sql, group.account, group.name, renamed.name));
  }
  return {};
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
  const auto read = [](const store::Row& row) { return row.text(0); };
  TM_TRY(const auto names,
         tx.all("SELECT user_name FROM iam_memberships WHERE account = $1 AND group_name = $2"
                " ORDER BY user_name",
                read, group.account, group.name));
  std::vector<User> members;
  for (const auto& name : names) {
    TM_TRY(auto user, require_user(tx, group.account, name));
    members.push_back(std::move(user));
  }
  return members;
}

Result<std::vector<Group>> groups_of(store::Tx& tx, const User& user) {
  return tx.all(
      "SELECT g.account, g.name, g.id, g.path, g.created_ms FROM iam_memberships m"
      " JOIN iam_groups g ON g.account = m.account AND g.name = m.group_name"
      " WHERE m.account = $1 AND m.user_name = $2 ORDER BY g.name",
      read_group, user.account, user.name);
}

}  // namespace tidemill::iam
