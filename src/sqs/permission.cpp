#include "sqs/permission.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "iam/grant.h"
#include "sqs/errors.h"

namespace tidemill::sqs {
namespace {

constexpr std::array grantable = {
    std::string_view("*"),
    std::string_view("SendMessage"),
    std::string_view("ReceiveMessage"),
    std::string_view("DeleteMessage"),
    std::string_view("ChangeMessageVisibility"),
    std::string_view("GetQueueAttributes"),
    std::string_view("GetQueueUrl"),
};

}  // namespace

Result<std::string> add_permission(std::string_view policy, std::string_view queue_arn,
                                   const Permission& permission) {
  if (permission.accounts.empty()) return missing_parameter("AWSAccountIds");
  if (permission.actions.empty()) return missing_parameter("Actions");
  iam::Grant grant{.sid = permission.label, .resource = queue_arn};
  for (const auto& account : permission.accounts) {
    grant.principals.push_back(fmt::format("arn:aws:iam::{}:root", account));
  }
  for (const auto& action : permission.actions) {
    if (std::ranges::find(grantable, action) == grantable.end()) {
      return invalid_value("SQS:" + action, "ActionName",
                           "Please refer to the appropriate WSDL for a list of valid actions. ");
    }
    grant.actions.push_back("SQS:" + action);
  }
  auto made = iam::with_grant(policy, fmt::format("{}/SQSDefaultPolicy", queue_arn), grant);
  if (!made) return invalid_value(permission.label, "Label", "Already exists.");
  return *std::move(made);
}

Result<std::string> remove_permission(std::string_view policy, std::string_view label) {
  auto made = iam::without_grant(policy, label);
  if (!made) return invalid_value(label, "Label", "can't find label.");
  return *std::move(made);
}

}  // namespace tidemill::sqs
