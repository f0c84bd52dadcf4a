/// Roles and their inline policies as the store keeps them. Functions take the open transaction.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/time.h"
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
};

/// Fails with AWS's NoSuchEntity.
[[nodiscard]] Result<Role> require_role(store::Tx& tx, std::string_view account,
                                        std::string_view name);
/// In the order of their names; those whose path begins with `path_prefix`.
[[nodiscard]] Result<std::vector<Role>> list_roles(store::Tx& tx, std::string_view account,
                                                   std::string_view path_prefix);
/// Fails with EntityAlreadyExists.
[[nodiscard]] Status add_role(store::Tx& tx, const Role& role);
/// Fails with DeleteConflict while it has policies.
[[nodiscard]] Status remove_role(store::Tx& tx, const Role& role);

[[nodiscard]] Result<std::vector<std::string>> policy_names(store::Tx& tx, const Role& role);
/// Fails with NoSuchEntity.
[[nodiscard]] Result<std::string> policy_document(store::Tx& tx, const Role& role,
                                                  std::string_view name);
[[nodiscard]] Status save_policy(store::Tx& tx, const Role& role, std::string_view name,
                                 std::string_view document);
[[nodiscard]] Status remove_policy(store::Tx& tx, const Role& role, std::string_view name);

}  // namespace tidemill::iam
