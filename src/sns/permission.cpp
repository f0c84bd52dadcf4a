#include "sns/permission.h"

#include <algorithm>

#include "sns/errors.h"
#include "sns/topic.h"

namespace tidemill::sns {

Result<std::string> add_permission(std::string_view policy, std::string_view topic_arn,
                                   iam::Grant asked) {
  if (asked.accounts.empty()) return invalid_parameter("AWSAccountId");
  if (asked.actions.empty()) return invalid_parameter("ActionName");
  asked.resource = topic_arn;
  for (auto& action : asked.actions) {
    if (std::ranges::find(topic_actions, action) == topic_actions.end()) {
      return invalid_parameter("Policy statement action out of service scope!");
    }
    action.insert(0, "SNS:");
  }
  auto made = iam::with_grant(policy, default_policy_id, asked);
  if (!made) return invalid_parameter("Statement already exists");
  return *std::move(made);
}

}  // namespace tidemill::sns
