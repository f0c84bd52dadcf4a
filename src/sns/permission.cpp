#include "sns/permission.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "iam/grant.h"
#include "sns/errors.h"

namespace tidemill::sns {
namespace {

constexpr std::array grantable = {
    std::string_view("Publish"),
    std::string_view("Subscribe"),
    std::string_view("GetTopicAttributes"),
    std::string_view("SetTopicAttributes"),
    std::string_view("AddPermission"),
    std::string_view("RemovePermission"),
    std::string_view("DeleteTopic"),
    std::string_view("ListSubscriptionsByTopic"),
};

}  // namespace

Result<std::string> add_permission(std::string_view policy, std::string_view topic_arn,
                                   const Permission& permission) {
  if (permission.accounts.empty()) return invalid_parameter("AWSAccountId");
  if (permission.actions.empty()) return invalid_parameter("ActionName");
  iam::Grant grant{.sid = permission.label, .resource = topic_arn};
  for (const auto& account : permission.accounts) {
    grant.principals.push_back(fmt::format("arn:aws:iam::{}:root", account));
  }
  for (const auto& action : permission.actions) {
    if (std::ranges::find(grantable, action) == grantable.end()) {
      return invalid_parameter("Policy statement action out of service scope!");
    }
    grant.actions.push_back("SNS:" + action);
  }
  auto made = iam::with_grant(policy, "__default_policy_ID", grant);
  if (!made) return invalid_parameter("Statement already exists");
  return *std::move(made);
}

}  // namespace tidemill::sns
