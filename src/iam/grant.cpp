#include "iam/grant.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/json.h"

namespace tidemill::iam {
namespace {

std::vector<std::string> roots_of(const std::vector<std::string>& accounts) {
  std::vector<std::string> arns;
  for (const auto& account : accounts) arns.push_back(fmt::format("arn:aws:iam::{}:root", account));
  return arns;
}

/// One as a text, several as a list.
json::value one_or_list(const std::vector<std::string>& texts) {
  if (texts.size() == 1) return json::value(texts.front());
  json::array list;
  for (const auto& text : texts) list.emplace_back(text);
  return list;
}

/// The policy as an object whose Statement is a list; `blank` with none where there is no policy.
json::object opened(std::string_view policy, json::object blank) {
  auto parsed = json::parse_object(policy);
  auto& document = parsed ? *parsed : blank;
  auto& statements = document["Statement"];
  if (statements.is_null()) statements = json::array();
  if (!statements.is_array()) statements = json::array{std::move(statements)};
  return std::move(document);
}

auto find(json::array& statements, std::string_view sid) {
  return std::ranges::find_if(statements, [sid](const json::value& statement) {
    return statement.is_object() && json::text_or_empty(statement.get_object(), "Sid") == sid;
  });
}

}  // namespace

std::optional<std::string> with_grant(std::string_view policy, std::string_view id,
                                      const Grant& grant) {
  return with_statement(
      policy, {{"Version", "2008-10-17"}, {"Id", id}},
      {{"Sid", grant.sid},
       {"Effect", "Allow"},
       {"Principal", json::object{{"AWS", one_or_list(roots_of(grant.accounts))}}},
       {"Action", one_or_list(grant.actions)},
       {"Resource", grant.resource}});
}

std::optional<std::string> with_statement(std::string_view policy, json::object blank,
                                          json::object statement) {
  auto document = opened(policy, std::move(blank));
  auto& statements = document["Statement"].get_array();
  const auto sid = json::text_or_empty(statement, "Sid");
  if (find(statements, sid) != statements.end()) return std::nullopt;
  statements.push_back(std::move(statement));
  return json::dump(document);
}

std::optional<std::string> without_grant(std::string_view policy, std::string_view sid) {
  auto document = opened(policy, {});
  auto& statements = document["Statement"].get_array();
  const auto found = find(statements, sid);
  if (found == statements.end()) return std::nullopt;
  statements.erase(found);
  return statements.empty() ? std::string() : json::dump(document);
}

}  // namespace tidemill::iam
