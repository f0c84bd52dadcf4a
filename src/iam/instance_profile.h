/// Instance profiles: what hands a role to a machine on AWS. Kept and shown, since trees of
/// Terraform have them; no machine here asks for one. Functions over an open transaction.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/time.h"
#include "iam/entity.h"
#include "iam/role.h"
#include "store/store.h"

namespace tidemill::iam {

struct InstanceProfile {
  std::string account, name;
  std::string id;    ///< AIPA…
  std::string path;  ///< "/" or "/a/b/"
  std::string role;  ///< Its role's name, or "".
  TimeMs created;

  [[nodiscard]] std::string arn() const {
    return "arn:aws:iam::" + account + ":instance-profile" + path + name;
  }
  [[nodiscard]] Entity entity() const { return {account, "instance-profile", name}; }
};

/// Fails with NoSuchEntity.
[[nodiscard]] Result<InstanceProfile> require_profile(store::Tx& tx, std::string_view account,
                                                      std::string_view name);
/// In the order of their names.
[[nodiscard]] Result<std::vector<InstanceProfile>> list_profiles(store::Tx& tx,
                                                                 std::string_view account);
[[nodiscard]] Result<std::vector<InstanceProfile>> profiles_of(store::Tx& tx, const Role& role);
/// Fails with EntityAlreadyExists.
[[nodiscard]] Status add_profile(store::Tx& tx, const InstanceProfile& profile);
/// Fails with DeleteConflict while it has a role.
[[nodiscard]] Status remove_profile(store::Tx& tx, const InstanceProfile& profile);
/// Fails with LimitExceeded where it has one.
[[nodiscard]] Status give_role(store::Tx& tx, const InstanceProfile& profile, const Role& role);
/// Fails with NoSuchEntity where it has not that one.
[[nodiscard]] Status take_role(store::Tx& tx, const InstanceProfile& profile, const Role& role);

}  // namespace tidemill::iam
