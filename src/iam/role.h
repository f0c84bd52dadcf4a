/// Roles as the store keeps them. Functions take the open transaction.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/time.h"
#include "iam/entity.h"
#include "store/store.h"

namespace tidemill::iam {

struct Role {
  std::string account, name;
  std::string id;    ///< AROA…
  std::string path;  ///< "/" or "/a/b/"
  std::string trust;
  std::optional<std::string> description;
  int session_seconds = 3600;
  TimeMs created;

  [[nodiscard]] std::string arn() const {
    return "arn:aws:iam::" + account + ":role" + path + name;
  }
  [[nodiscard]] Entity entity() const { return {account, "role", name}; }
};

/// Fails with AWS's NoSuchEntity.
[[nodiscard]] Result<Role> require_role(store::Tx& tx, std::string_view account,
                                        std::string_view name);
/// In the order of their names.
[[nodiscard]] Result<std::vector<Role>> list_roles(store::Tx& tx, std::string_view account);
/// Of every account.
[[nodiscard]] Result<std::vector<Role>> all_roles(store::Tx& tx);
/// Fails with EntityAlreadyExists.
[[nodiscard]] Status add_role(store::Tx& tx, const Role& role);
/// Description and longest session.
[[nodiscard]] Status update_role(store::Tx& tx, const Role& role);
[[nodiscard]] Status set_trust(store::Tx& tx, const Role& role, std::string_view document);
/// Fails with DeleteConflict while it has policies, or an instance profile has it.
[[nodiscard]] Status remove_role(store::Tx& tx, const Role& role);

}  // namespace tidemill::iam
