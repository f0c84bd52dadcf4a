#include "events/bus_policy.h"

#include <fmt/format.h>

#include "base/json.h"
#include "base/own_arn.h"
#include "iam/grant.h"

namespace tidemill::events {
namespace {

constexpr std::string_view put_events = "events:PutEvents";
constexpr std::string_view arn_prefix = "arn:aws:events:";

std::unexpected<Error> invalid(std::string message) {
  return fail(Errc::invalid_argument, "ValidationException", std::move(message));
}

/// `bus`: its ARN.
Result<iam::Policy> parse_policy(std::string_view bus, std::string_view document) {
  const auto arn = Arn::parse(bus);
  TM_ASSERT(arn.has_value());
  return iam::Policy::parse(document, iam::Policy::Kind::resource, arn->account);
}

/// The ARN of the bus that the resource is, or is on; empty for what is neither.
std::string bus_of(std::string_view resource) {
  if (const auto rule = parse_rule_arn(resource)) return rule->bus.arn();
  const auto arn = Arn::parse(resource);
  return arn && arn->resource.starts_with("event-bus/") ? std::string(resource) : std::string();
}

/// Whether a statement may name the resource: the bus, or rules on it.
Status check_resource(std::string_view given, const BusKey& bus) {
  const auto resource = own_arn(given, bus.scope.account);
  if (iam::wildcard_match(resource, bus.arn(), false)) return {};
  const auto arn = Arn::parse(resource);
  if (!arn || arn->service != "events") {
    return invalid(fmt::format("The resource \"{}\" in the policy is not the ARN of event bus {}.",
                               given, bus.bus));
  }
  const auto& id = arn->resource;
  const bool is_here = arn->account == bus.scope.account && arn->region == bus.scope.region;
  const auto rules = "rule/" + bus.bus;
  const bool is_rule =
      bus.bus == "default" ? id.starts_with("rule/") : id == rules || id.starts_with(rules + "/");
  if (is_here && is_rule) return {};
  return invalid(fmt::format("The relative-id \"{}\" is invalid for ARN \"{}\"", id, bus.arn()));
}

Status check_statement(const json::value& statement, const BusKey& bus) {
  const auto& object = statement.get_object();  // The policy was parsed.
  const auto* resource = object.if_contains("Resource");
  if (resource == nullptr) {
    return object.contains("NotResource") ? Status() : invalid("Missing required field Resource");
  }
  if (resource->is_string()) return check_resource(json::view(resource->get_string()), bus);
  for (const auto& one : resource->get_array()) {
    if (one.is_string()) TM_CHECK(check_resource(json::view(one.get_string()), bus));
  }
  return {};
}

}  // namespace

std::string with_permission(std::string_view policy, const BusKey& bus,
                            const Permission& permission) {
  json::object statement{{"Sid", permission.statement_id}, {"Effect", "Allow"}};
  if (permission.principal == "*") {
    statement["Principal"] = "*";
  } else {
    statement["Principal"] =
        json::object{{"AWS", fmt::format("arn:aws:iam::{}:root", permission.principal)}};
  }
  statement["Action"] = permission.action;
  statement["Resource"] = bus.arn();
  if (const auto& condition = permission.condition) {
    statement["Condition"] =
        json::object{{condition->type, json::object{{condition->key, condition->value}}}};
  }
  const auto others = iam::without_grant(policy, permission.statement_id);
  return *iam::with_statement(others ? *others : policy, {{"Version", "2012-10-17"}},
                              std::move(statement));
}

Status check_bus_policy(std::string_view policy, const BusKey& bus) {
  if (policy.size() > bus_policy_bytes_max) {
    return fail(Errc::invalid_argument, "PolicyLengthExceededException",
                fmt::format("The policy of event bus {} has {} bytes; it may have {}.", bus.bus,
                            policy.size(), bus_policy_bytes_max));
  }
  const auto parsed = parse_policy(bus.arn(), policy);
  if (!parsed) return invalid(parsed.error().message);
  TM_TRY(const auto document, json::parse_object(policy));
  const auto& statements = document.at("Statement");
  if (!statements.is_array()) return check_statement(statements, bus);
  if (statements.get_array().empty()) {
    return invalid("Could not parse the policy: Statement is empty!");
  }
  for (const auto& statement : statements.get_array()) TM_CHECK(check_statement(statement, bus));
  return {};
}

BusPolicies::BusPolicies(const iam::Authority& authority, const wire::Authorizer& next)
    : authority_(authority), next_(next), policies_(parse_policy) {}

Status BusPolicies::load(store::Tx& tx) {
  return policies_.load(tx, "SELECT bus_arn, policy FROM bus_policies");
}

Status BusPolicies::save(store::Tx& tx, const BusKey& bus,
                         const std::optional<std::string>& policy) {
  const auto arn = bus.arn();
  if (policy) {
    TM_CHECK(
        tx.exec("INSERT INTO bus_policies (bus_arn, policy) VALUES ($1, $2)"
                " ON CONFLICT (bus_arn) DO UPDATE SET policy = $2",
                arn, *policy));
  } else {
    TM_CHECK(tx.exec("DELETE FROM bus_policies WHERE bus_arn = $1", arn));
  }
  return policies_.change(tx, arn, policy);
}

Status BusPolicies::reset(store::Tx& tx) {
  TM_CHECK(tx.exec("DELETE FROM bus_policies"));
  policies_.reset(tx);
  return {};
}

Status BusPolicies::authorize(const Caller& caller, std::string_view action,
                              std::string_view resource) const {
  const bool may_have = resource.starts_with(arn_prefix) && !policies_.empty();
  const auto policy = may_have ? policies_.find(bus_of(resource)) : nullptr;
  if (!policy) return next_.authorize(caller, action, resource);
  return authority_.authorize(caller, action, resource, *policy);
}

std::optional<RoleDecision> BusPolicies::decide(const Delivery& delivery) const {
  using Effect = iam::Policy::Effect;
  const auto policy = policies_.find(delivery.target_arn);
  if (!policy || authority_.options().test_mode) return std::nullopt;
  iam::Conditions conditions{{"aws:sourcearn", delivery.rule_arn},
                             {"aws:sourceaccount", delivery.scope.account},
                             {"events:source", delivery.event_source},
                             {"events:detail-type", delivery.event_detail_type}};
  iam::Question asked{put_events, delivery.target_arn, conditions};
  const auto says = [&](std::string_view principal) {
    asked.principal = principal;
    return policy->evaluate(asked);
  };
  if (!delivery.role_arn.empty()) {
    if (says(delivery.role_arn) != Effect::deny) return std::nullopt;
  } else {
    // EventBridge itself sends, for the account.
    const auto account = fmt::format("arn:aws:iam::{}:root", delivery.scope.account);
    const auto effects = {says("events.amazonaws.com"), says(account)};
    if (std::ranges::max(effects) == Effect::none) return std::nullopt;
    if (std::ranges::max(effects) == Effect::allow) return RoleDecision{.allowed = true};
  }
  return RoleDecision{.code = "NO_PERMISSIONS",
                      .reason = fmt::format("{} is not authorized to perform: {} on resource: {} "
                                            "with an explicit deny in a resource-based policy",
                                            delivery.rule_arn, put_events, delivery.target_arn),
                      .is_final = true};
}

Result<std::optional<std::string>> find_bus_policy(store::Tx& tx, const BusKey& bus) {
  return tx.one(
      "SELECT policy FROM bus_policies WHERE bus_arn = $1",
      [](const store::Row& row) { return row.text(0); }, bus.arn());
}

}  // namespace tidemill::events
