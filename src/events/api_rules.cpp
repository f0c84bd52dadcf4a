// Rules: put, describe, list, enable, disable, delete.
#include <fmt/format.h>

#include "calendar/expression.h"
#include "events/api.h"
#include "events/quotas.h"
#include "pattern/pattern.h"

namespace tidemill::events {
namespace {

Status check_schedule(const w::PutRuleRequest& request, const BusKey& key) {
  if (!request.ScheduleExpression) return {};
  if (key.bus != "default") {
    return fail(Errc::invalid_argument, "ValidationException",
                "ScheduleExpression is supported only on the default event bus.");
  }
  TM_TRY([[maybe_unused]] const auto read,
         calendar::parse_expression(*request.ScheduleExpression, calendar::Dialect::rule));
  return {};
}

Status check_rule(const w::PutRuleRequest& request, const BusKey& key, pattern::Options options) {
  TM_CHECK(check_schedule(request, key));
  if (request.EventPattern) {
    TM_TRY([[maybe_unused]] const auto compiled,
           pattern::Pattern::compile(*request.EventPattern, options));
  } else if (!request.ScheduleExpression) {
    return fail(Errc::invalid_argument, "ValidationException",
                "Parameter(s) EventPattern or ScheduleExpression must be specified.");
  }
  return {};
}

std::optional<std::string> unless_empty(const std::string& text) {
  return text.empty() ? std::nullopt : std::optional(text);
}

std::string_view state_name(const Rule& rule) { return rule.enabled ? "ENABLED" : "DISABLED"; }

w::Rule shown(const Rule& rule) {
  w::Rule out;
  out.Name = rule.name;
  out.Arn = rule.arn();
  out.EventPattern = unless_empty(rule.pattern);
  out.ScheduleExpression = unless_empty(rule.schedule);
  out.State = state_name(rule);
  out.Description = rule.description;
  out.RoleArn = rule.role_arn;
  out.EventBusName = rule.key.bus;
  return out;
}

template <class Request>
wire::Access rule_access(const Caller& caller, const Request& request) {
  return {.resource = bus_key(caller, request.EventBusName).rule_arn(request.Name.value_or(""))};
}

}  // namespace

BusKey bus_key(const Caller& caller, const std::optional<std::string>& name) {
  BusKey key{caller.scope, "default"};
  if (!name) return key;
  if (const auto arn = Arn::parse(*name)) {
    key.scope = {arn->account, arn->region};
    key.bus = arn->resource.substr(arn->resource.find('/') + 1);
  } else {
    key.bus = *name;
  }
  return key;
}

void Api::register_rules(wire::Router& router) {
  router.on<w::op::PutRule>(this, &Api::put_rule, rule_access<w::PutRuleRequest>);
  router.on<w::op::DescribeRule>(this, &Api::describe_rule, rule_access<w::DescribeRuleRequest>);
  router.on<w::op::DeleteRule>(this, &Api::delete_rule, rule_access<w::DeleteRuleRequest>);
  router.on<w::op::EnableRule>(this, &Api::enable_rule, rule_access<w::EnableRuleRequest>);
  router.on<w::op::DisableRule>(this, &Api::disable_rule, rule_access<w::DisableRuleRequest>);
  router.on<w::op::ListRules>(
      this, &Api::list_rules, [](const Caller& caller, const w::ListRulesRequest& request) {
        return wire::Access{.resource = bus_key(caller, request.EventBusName).rule_arn("*")};
      });
}

Task<Result<w::PutRuleResponse>> Api::put_rule(const Caller& caller, w::PutRuleRequest request) {
  const auto key = bus_key(caller, request.EventBusName);
  TM_CO_CHECK(check_rule(request, key, {.strict_aws = strict_aws_}));
  if (request.RoleArn) TM_CO_CHECK(pass_role_(caller, *request.RoleArn));
  Rule rule;
  rule.key = key;
  rule.name = *request.Name;
  rule.pattern = request.EventPattern.value_or("");
  rule.schedule = request.ScheduleExpression.value_or("");
  rule.enabled = request.State != "DISABLED";
  rule.description = request.Description;
  rule.role_arn = request.RoleArn;
  rule.created_by = caller.scope.account;
  rule.modified = clock_.now();
  auto change = [&](store::Tx& tx) -> Result<w::PutRuleResponse> {
    TM_CHECK(require_bus(tx, rule.key));
    if (strict_aws_) TM_CHECK(check_quotas(tx, rule));
    TM_TRY(const auto saved, save_rule(tx, rule));
    // Tags of an existing rule are left alone, as AWS does.
    if (saved.created == rule.modified) TM_CHECK(save_tags(tx, saved.arn(), request.Tags));
    TM_CHECK(refresh_rule(tx, hub_.rules(), saved));
    TM_CHECK(schedules_.changed(tx, saved));
    w::PutRuleResponse response;
    response.RuleArn = saved.arn();
    return response;
  };
  co_return co_await store_.write(change);
}

Task<Result<w::DescribeRuleResponse>> Api::describe_rule(const Caller& caller,
                                                         w::DescribeRuleRequest request) {
  const auto key = bus_key(caller, request.EventBusName);
  auto query = [&](store::Tx& tx) -> Result<w::DescribeRuleResponse> {
    TM_TRY(const auto rule, require_rule(tx, key, *request.Name));
    w::DescribeRuleResponse out;
    out.Name = rule.name;
    out.Arn = rule.arn();
    out.EventPattern = unless_empty(rule.pattern);
    out.ScheduleExpression = unless_empty(rule.schedule);
    out.State = state_name(rule);
    out.Description = rule.description;
    out.RoleArn = rule.role_arn;
    out.EventBusName = rule.key.bus;
    out.CreatedBy = rule.created_by;
    return out;
  };
  co_return co_await store_.read(query);
}

Task<Result<w::ListRulesResponse>> Api::list_rules(const Caller& caller,
                                                   w::ListRulesRequest request) {
  const auto key = bus_key(caller, request.EventBusName);
  auto query = [&](store::Tx& tx) -> Result<w::ListRulesResponse> {
    TM_CHECK(require_bus(tx, key));
    TM_TRY(auto rules, events::list_rules(tx, key,
                                          {.prefix = request.NamePrefix.value_or(""),
                                           .after = request.NextToken.value_or(""),
                                           .count = request.Limit.value_or(limit_default) + 1}));
    w::ListRulesResponse response;
    TM_TRY(const auto page, page_of(
                                std::move(rules), request.NextToken, request.Limit,
                                [](const Rule& rule) { return rule.name; }, response.NextToken));
    auto& shown_rules = response.Rules.emplace();
    for (const auto& rule : page) shown_rules.push_back(shown(rule));
    return response;
  };
  co_return co_await store_.read(query);
}

Task<Result<wire::Empty>> Api::delete_rule(const Caller& caller, w::DeleteRuleRequest request) {
  const auto key = bus_key(caller, request.EventBusName);
  auto change = [&](store::Tx& tx) -> Result<wire::Empty> {
    TM_CHECK(require_bus(tx, key));
    TM_TRY(const auto rule, find_rule(tx, key, *request.Name));
    if (!rule) return wire::Empty();
    TM_TRY(const auto targets, target_definitions(tx, rule->id));
    if (!targets.empty()) {
      return fail(Errc::invalid_argument, "ValidationException",
                  "Rule can't be deleted since it has targets.");
    }
    TM_CHECK(schedules_.removed(tx, *rule));
    TM_CHECK(remove_rule(tx, *rule, clock_.now()));
    TM_CHECK(forget_rule(tx, hub_.rules(), *rule));
    return wire::Empty();
  };
  co_return co_await store_.write(change);
}

Task<Result<wire::Empty>> Api::set_enabled(const Caller&, BusKey key, std::string name,
                                           bool enabled) {
  auto change = [&](store::Tx& tx) -> Result<wire::Empty> {
    TM_TRY(auto rule, require_rule(tx, key, name));
    rule.enabled = enabled;
    rule.modified = clock_.now();
    TM_TRY(const auto saved, save_rule(tx, rule));
    TM_CHECK(refresh_rule(tx, hub_.rules(), saved));
    TM_CHECK(schedules_.changed(tx, saved));
    return wire::Empty();
  };
  co_return co_await store_.write(change);
}

Task<Result<wire::Empty>> Api::enable_rule(const Caller& caller, w::EnableRuleRequest request) {
  return set_enabled(caller, bus_key(caller, request.EventBusName), *request.Name, true);
}

Task<Result<wire::Empty>> Api::disable_rule(const Caller& caller, w::DisableRuleRequest request) {
  return set_enabled(caller, bus_key(caller, request.EventBusName), *request.Name, false);
}

}  // namespace tidemill::events
