/// Users and their access keys as the store keeps them. Functions over an open transaction.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/log.h"
#include "base/time.h"
#include "iam/entity.h"
#include "store/store.h"

namespace tidemill::iam {

struct User {
  std::string account, name;
  std::string id;    ///< AIDA…
  std::string path;  ///< "/" or "/a/b/"
  TimeMs created;

  [[nodiscard]] std::string arn() const {
    return "arn:aws:iam::" + account + ":user" + path + name;
  }
  [[nodiscard]] Entity entity() const { return {account, "user", name}; }
};

struct AccessKey {
  std::string id;  ///< AKIA…
  std::string account, user;
  Secret secret;
  bool active = true;
  TimeMs created;
};

/// Of account, name, id, path and created_ms.
[[nodiscard]] User read_user(const store::Row& row);
/// Fails with NoSuchEntity.
[[nodiscard]] Result<User> require_user(store::Tx& tx, std::string_view account,
                                        std::string_view name);
/// In the order of their names.
[[nodiscard]] Result<std::vector<User>> list_users(store::Tx& tx, std::string_view account);
/// Fails with EntityAlreadyExists.
[[nodiscard]] Status add_user(store::Tx& tx, const User& user);
/// Gives the user another name and path; what it has goes with it.
[[nodiscard]] Status rename_user(store::Tx& tx, const User& user, const User& renamed);
/// Fails with DeleteConflict while it has policies or keys, or is in a group.
[[nodiscard]] Status remove_user(store::Tx& tx, const User& user);

/// In the order of their making.
[[nodiscard]] Result<std::vector<AccessKey>> keys_of(store::Tx& tx, const User& user);
/// Fails with LimitExceeded above two.
[[nodiscard]] Status add_key(store::Tx& tx, const User& user, const AccessKey& key);
/// Fails with NoSuchEntity.
[[nodiscard]] Status set_key_active(store::Tx& tx, const User& user, std::string_view id,
                                    bool active);
[[nodiscard]] Status remove_key(store::Tx& tx, const User& user, std::string_view id);
/// Every key of every user.
[[nodiscard]] Result<std::vector<AccessKey>> all_keys(store::Tx& tx);

}  // namespace tidemill::iam
