/// What AddPermission and RemovePermission do to the policy of a queue or a topic, PutPermission to
/// that of a bus: a statement more or less. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"

namespace tidemill::iam {

struct Grant {
  std::string_view sid;
  std::vector<std::string> accounts, actions;
  std::string_view resource = {};
};

/// `policy` with a statement more, or, where it is empty, a policy of that id with this one.
/// nullopt if the statement's sid is taken.
[[nodiscard]] std::optional<std::string> with_grant(std::string_view policy, std::string_view id,
                                                    const Grant& grant);
/// As with_grant, with a statement that is ready. `blank`: the new policy's other members.
[[nodiscard]] std::optional<std::string> with_statement(std::string_view policy, json::object blank,
                                                        json::object statement);
/// Without that statement, "" where no other is left; nullopt if there is none of that sid.
[[nodiscard]] std::optional<std::string> without_grant(std::string_view policy,
                                                       std::string_view sid);

}  // namespace tidemill::iam
