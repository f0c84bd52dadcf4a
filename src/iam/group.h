/// Groups and who is in them. Functions over an open transaction.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/time.h"
#include "iam/entity.h"
#include "iam/user.h"
#include "store/store.h"

namespace tidemill::iam {

struct Group {
  std::string account, name;
  std::string id;    ///< AGPA…
  std::string path;  ///< "/" or "/a/b/"
  TimeMs created;

  [[nodiscard]] std::string arn() const {
    return "arn:aws:iam::" + account + ":group" + path + name;
  }
  [[nodiscard]] Entity entity() const { return {account, "group", name}; }
};

/// Fails with NoSuchEntity.
[[nodiscard]] Result<Group> require_group(store::Tx& tx, std::string_view account,
                                          std::string_view name);
/// In the order of their names.
[[nodiscard]] Result<std::vector<Group>> list_groups(store::Tx& tx, std::string_view account);
/// Fails with EntityAlreadyExists.
[[nodiscard]] Status add_group(store::Tx& tx, const Group& group);
/// Gives the group another name and path; what it has goes with it.
[[nodiscard]] Status rename_group(store::Tx& tx, const Group& group, const Group& renamed);
/// Fails with DeleteConflict while it has users or policies.
[[nodiscard]] Status remove_group(store::Tx& tx, const Group& group);

/// Well where the user is in it already. Fails with LimitExceeded above ten groups of a user.
[[nodiscard]] Status add_member(store::Tx& tx, const Group& group, const User& user);
/// Fails with NoSuchEntity where the user isn't in it.
[[nodiscard]] Status remove_member(store::Tx& tx, const Group& group, const User& user);
/// In the order of their names.
[[nodiscard]] Result<std::vector<User>> members_of(store::Tx& tx, const Group& group);
[[nodiscard]] Result<std::vector<Group>> groups_of(store::Tx& tx, const User& user);

}  // namespace tidemill::iam
