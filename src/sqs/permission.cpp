#include "sqs/permission.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "base/encoding.h"
#include "base/json.h"
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

/// One as a text, several as a list.
json::value one_or_list(const std::vector<std::string>& texts) {
  if (texts.size() == 1) return json::value(texts.front());
  json::array list;
  for (const auto& text : texts) list.emplace_back(text);
  return list;
}

bool is_labelled(const json::value& statement, std::string_view label) {
  return statement.is_object() && json::text_or_empty(statement.get_object(), "Sid") == label;
}

/// The policy as an object whose Statement is a list.
json::object opened(std::string_view policy, std::string_view queue_arn) {
  auto parsed = json::parse_object(policy);
  if (!parsed) {
    return {{"Version", "2008-10-17"},
            {"Id", fmt::format("{}/SQSDefaultPolicy", queue_arn)},
            {"Statement", json::array()}};
  }
  auto& statements = (*parsed)["Statement"];
  if (!statements.is_array()) statements = json::array{std::move(statements)};
  return *std::move(parsed);
}

}  // namespace

Result<std::string> add_permission(std::string_view policy, std::string_view queue_arn,
                                   const Permission& permission) {
  if (permission.accounts.empty()) return missing_parameter("AWSAccountIds");
  if (permission.actions.empty()) return missing_parameter("Actions");
  auto document = opened(policy, queue_arn);
  auto& statements = document["Statement"].get_array();
  if (std::ranges::any_of(statements,
                          [&](const auto& s) { return is_labelled(s, permission.label); })) {
    return invalid_value(permission.label, "Label", "Already exists.");
  }
  std::vector<std::string> principals, actions;
  for (const auto& account : permission.accounts) {
    principals.push_back(fmt::format("arn:aws:iam::{}:root", account));
  }
  for (const auto& action : permission.actions) {
    if (std::ranges::find(grantable, action) == grantable.end()) {
      return invalid_value("SQS:" + action, "ActionName",
                           "Please refer to the appropriate WSDL for a list of valid actions. ");
    }
    actions.push_back("SQS:" + action);
  }
  statements.push_back(json::object{{"Sid", permission.label},
                                    {"Effect", "Allow"},
                                    {"Principal", json::object{{"AWS", one_or_list(principals)}}},
                                    {"Action", one_or_list(actions)},
                                    {"Resource", queue_arn}});
  return json::dump(document);
}

Result<std::string> remove_permission(std::string_view policy, std::string_view label) {
  auto document = opened(policy, "");
  auto& statements = document["Statement"].get_array();
  const auto found =
      std::ranges::find_if(statements, [&](const auto& s) { return is_labelled(s, label); });
  if (found == statements.end()) return invalid_value(label, "Label", "can't find label.");
  statements.erase(found);
  return statements.empty() ? std::string() : json::dump(document);
}

}  // namespace tidemill::sqs
