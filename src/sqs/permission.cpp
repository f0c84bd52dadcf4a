#include "sqs/permission.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>

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
                                   iam::Grant asked) {
  if (asked.accounts.empty()) return missing_parameter("AWSAccountIds");
  if (asked.actions.empty()) return missing_parameter("Actions");
  asked.resource = queue_arn;
  for (auto& action : asked.actions) {
    if (std::ranges::find(grantable, action) == grantable.end()) {
      return invalid_value("SQS:" + action, "ActionName",
                           "Please refer to the appropriate WSDL for a list of valid actions. ");
    }
    action.insert(0, "SQS:");
  }
  auto made = iam::with_grant(policy, fmt::format("{}/SQSDefaultPolicy", queue_arn), asked);
  if (!made) return invalid_value(asked.sid, "Label", "Already exists.");
  return *std::move(made);
}

Result<std::string> remove_permission(std::string_view policy, std::string_view label) {
  auto made = iam::without_grant(policy, label);
  if (!made) return invalid_value(label, "Label", "can't find label.");
  return *std::move(made);
}

}  // namespace tidemill::sqs
