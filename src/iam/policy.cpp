#include "iam/policy.h"

#include "base/arn.h"
#include "base/encoding.h"
#include "base/own_arn.h"
#include "iam/condition.h"

namespace tidemill::iam {
namespace {

constexpr std::size_t document_bytes_max = 131'072;

std::unexpected<Error> malformed(std::string message) {
  return fail(Errc::invalid_argument, "MalformedPolicyDocument", std::move(message));
}

char lower(char c) { return c >= 'A' && c <= 'Z' ? char(c + 32) : c; }

/// A text, or a list of texts.
Result<std::vector<std::string>> texts(const json::value& value) {
  std::vector<std::string> out;
  const auto add = [&](const json::value& v) {
    if (v.is_string()) {
      out.emplace_back(json::view(v.get_string()));
    } else if (v.is_bool()) {
      out.emplace_back(v.get_bool() ? "true" : "false");
    } else if (v.is_number()) {
      out.push_back(json::dump(v));
    } else {
      return false;
    }
    return true;
  };
  if (value.is_array()) {
    for (const auto& element : value.get_array()) {
      if (!add(element)) return malformed("Syntax errors in policy.");
    }
    return out;
  }
  if (!add(value)) return malformed("Syntax errors in policy.");
  return out;
}

Result<std::vector<std::string>> principals(const json::value& value) {
  if (!value.is_object()) return texts(value);
  std::vector<std::string> all;
  for (const auto& member : value.get_object()) {
    TM_TRY(auto some, texts(member.value()));
    all.insert(all.end(), some.begin(), some.end());
  }
  return all;
}

Result<std::vector<Test>> tests(const json::value& value) {
  if (!value.is_object()) return malformed("Syntax errors in policy.");
  std::vector<Test> out;
  for (const auto& block : value.get_object()) {
    if (!known_operator(block.key()) || !block.value().is_object()) {
      return malformed("Unrecognized condition operator: " + std::string(block.key()));
    }
    for (const auto& member : block.value().get_object()) {
      TM_TRY(auto values, texts(member.value()));
      out.push_back({std::string(block.key()), to_lower(member.key()), std::move(values)});
    }
  }
  return out;
}

/// One of NAME and NotNAME, where there is one.
Result<bool> either(const json::object& o, const std::string& name, bool& negated,
                    std::vector<std::string>& into) {
  const auto* plain = o.if_contains(name);
  const auto* negative = o.if_contains("Not" + name);
  if (plain != nullptr && negative != nullptr) return malformed("Syntax errors in policy.");
  if (plain == nullptr && negative == nullptr) return false;
  negated = plain == nullptr;
  const auto& value = negated ? *negative : *plain;
  TM_TRY(into, name == "Principal" ? principals(value) : texts(value));
  return true;
}

Result<Statement> parse_statement(const json::value& value, Policy::Kind kind) {
  if (!value.is_object()) return malformed("Syntax errors in policy.");
  const auto& o = value.get_object();
  Statement s;
  s.sid = json::text_or_empty(o, "Sid");
  const auto effect = json::text_or_empty(o, "Effect");
  if (effect != "Allow" && effect != "Deny") {
    return malformed(effect.empty() ? "Missing required field Effect"
                                    : "Invalid effect: " + std::string(effect));
  }
  s.allow = effect == "Allow";
  TM_TRY(const bool action, either(o, "Action", s.not_action, s.actions));
  if (!action) return malformed("Policy statement must contain actions.");
  TM_TRY(const bool resource, either(o, "Resource", s.not_resource, s.resources));
  TM_TRY(const bool principal, either(o, "Principal", s.not_principal, s.principals));
  if (kind == Policy::Kind::trust && resource) return malformed("Has prohibited field Resource");
  if (kind != Policy::Kind::identity) {
    if (!principal) return malformed("Missing required field Principal");
  } else {
    if (principal) return malformed("Policy document should not specify a principal.");
    if (!resource) return malformed("Policy statement must contain resources.");
  }
  if (const auto* condition = o.if_contains("Condition")) {
    TM_TRY(s.tests, tests(*condition));
  }
  return s;
}

bool any_action(const Statement& s, std::string_view action) {
  return std::ranges::any_of(
      s.actions, [&](const std::string& pattern) { return wildcard_match(pattern, action, true); });
}

bool any_resource(const Statement& s, const Question& q) {
  return std::ranges::any_of(s.resources, [&](const std::string& pattern) {
    const auto filled = fill_variables(pattern, q.conditions);
    return filled && wildcard_match(*filled, q.resource, false);
  });
}

bool any_principal(const Statement& s, std::string_view who) {
  return std::ranges::any_of(s.principals, [&](const std::string& principal) {
    if (principal == "*" || principal == who) return true;
    // An account stands for all of it: "123456789012" and "arn:aws:iam::123456789012:root".
    const auto arn = Arn::parse(who);
    return arn &&
           (principal == arn->account || principal == "arn:aws:iam::" + arn->account + ":root");
  });
}

bool applies(const Statement& s, const Question& q) {
  if (any_action(s, q.action) == s.not_action) return false;
  const bool says_resource = !s.resources.empty() || s.not_resource;
  if (says_resource && any_resource(s, q) == s.not_resource) return false;
  const bool says_principal = !s.principals.empty() || s.not_principal;
  if (says_principal && any_principal(s, q.principal) == s.not_principal) return false;
  return std::ranges::all_of(s.tests, [&](const Test& t) { return test_holds(t, q.conditions); });
}

}  // namespace

bool wildcard_match(std::string_view pattern, std::string_view text, bool fold_case) {
  std::size_t p = 0, t = 0, star = pattern.npos, resume = 0;
  const auto same = [&](char a, char b) { return fold_case ? lower(a) == lower(b) : a == b; };
  while (t < text.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      resume = t;
    } else if (p < pattern.size() && (pattern[p] == '?' || same(pattern[p], text[t]))) {
      ++p;
      ++t;
    } else if (star != pattern.npos) {
      p = star + 1;
      t = ++resume;
    } else {
      return false;
    }
  }
  while (p < pattern.size() && pattern[p] == '*') ++p;
  return p == pattern.size();
}

Result<Policy> Policy::parse(std::string_view document, Kind kind, std::string_view account) {
  if (document.size() > document_bytes_max) return malformed("The policy document is too long.");
  const auto parsed = json::parse_object(document);
  if (!parsed) return malformed("This policy contains invalid Json");
  const auto version = json::text_or_empty(*parsed, "Version");
  if (!version.empty() && version != "2012-10-17" && version != "2008-10-17") {
    return malformed("The policy must contain a valid version string");
  }
  const auto* statements = parsed->if_contains("Statement");
  if (statements == nullptr) return malformed("Missing required field Statement");
  Policy policy;
  const auto add = [&](const json::value& statement) -> Status {
    TM_TRY(auto one, parse_statement(statement, kind));
    for (auto& resource : one.resources) resource = own_arn(resource, account);
    policy.statements_.push_back(std::move(one));
    return {};
  };
  if (!statements->is_array()) {
    TM_CHECK(add(*statements));
    return policy;
  }
  for (const auto& statement : statements->get_array()) TM_CHECK(add(statement));
  return policy;
}

Policy::Effect Policy::evaluate(const Question& question) const {
  auto effect = Effect::none;
  for (const auto& statement : statements_) {
    if (!applies(statement, question)) continue;
    if (!statement.allow) return Effect::deny;
    effect = Effect::allow;
  }
  return effect;
}

}  // namespace tidemill::iam
