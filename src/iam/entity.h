/// What roles, users, instance profiles and customer policies have in common: tags; and what roles,
/// users and groups do: inline and attached policies. Functions over an open transaction.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "store/store.h"

namespace tidemill::iam {

/// Names a role, a user, a group, an instance profile or a customer's policy of an account.
struct Entity {
  std::string account;
  std::string kind;  ///< "role", "user", "group", …, as AWS's messages say it.
  std::string name;
};

using Tags = std::map<std::string, std::string>;

[[nodiscard]] std::unexpected<Error> no_such_entity(std::string message);
/// What writing an entity's row came to: EntityAlreadyExists where its name is taken.
[[nodiscard]] Status unless_taken(const Result<std::int64_t>& written, std::string message);

[[nodiscard]] Result<std::vector<std::string>> inline_policies(store::Tx& tx, const Entity& owner);
/// Fails with NoSuchEntity.
[[nodiscard]] Result<std::string> inline_policy(store::Tx& tx, const Entity& owner,
                                                std::string_view name);
/// Fails with MalformedPolicyDocument.
[[nodiscard]] Status save_inline_policy(store::Tx& tx, const Entity& owner, std::string_view name,
                                        std::string_view document);
[[nodiscard]] Status drop_inline_policy(store::Tx& tx, const Entity& owner, std::string_view name);

/// Policies' ARNs, in order.
[[nodiscard]] Result<std::vector<std::string>> attached_policies(store::Tx& tx,
                                                                 const Entity& owner);
/// Fails with NoSuchEntity unless there is such a policy, and with LimitExceeded above ten.
[[nodiscard]] Status attach_policy(store::Tx& tx, const Entity& owner, const std::string& arn);
[[nodiscard]] Status detach_policy(store::Tx& tx, const Entity& owner, const std::string& arn);

[[nodiscard]] Result<Tags> tags_of(store::Tx& tx, const Entity& owner);
/// Fails with LimitExceeded above fifty.
[[nodiscard]] Status add_tags(store::Tx& tx, const Entity& owner, const Tags& tags);
[[nodiscard]] Status drop_tags(store::Tx& tx, const Entity& owner,
                               const std::vector<std::string>& keys);
[[nodiscard]] Status drop_all_tags(store::Tx& tx, const Entity& owner);

/// The owner is called `name` now: its policies and tags go with it.
[[nodiscard]] Status rename_owner(store::Tx& tx, const Entity& owner, std::string_view name);
/// Fails with DeleteConflict while the owner has policies.
[[nodiscard]] Status require_bare(store::Tx& tx, const Entity& owner);

/// Test mode: empties every table.
[[nodiscard]] Status reset(store::Tx& tx);

}  // namespace tidemill::iam
