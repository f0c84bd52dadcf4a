// Metric filters and resource policies.
#include "iam/policy.h"
#include "logs/api.h"
#include "logs/names.h"

namespace tidemill::logs {
namespace {

constexpr std::size_t policy_bytes_max = 5120;

json::object transformation_of(const w::MetricTransformation& given) {
  json::object kept{{"metricName", given.metricName.value_or("")},
                    {"metricNamespace", given.metricNamespace.value_or("")},
                    {"metricValue", given.metricValue.value_or("")}};
  if (given.defaultValue) kept["defaultValue"] = *given.defaultValue;
  if (given.unit) kept["unit"] = *given.unit;
  if (given.dimensions && !given.dimensions->empty()) {
    auto& dimensions = kept["dimensions"].emplace_object();
    for (const auto& [name, value] : *given.dimensions) dimensions[name] = value;
  }
  return kept;
}

w::MetricTransformation to_wire(const json::object& kept) {
  const auto text = [&kept](std::string_view name) {
    return std::string(json::text_or_empty(kept, name));
  };
  w::MetricTransformation shown;
  shown.metricName = text("metricName");
  shown.metricNamespace = text("metricNamespace");
  shown.metricValue = text("metricValue");
  if (const auto* otherwise = kept.if_contains("defaultValue")) {
    shown.defaultValue = otherwise->to_number<double>();
  }
  if (kept.contains("unit")) shown.unit = text("unit");
  if (const auto* dimensions = kept.if_contains("dimensions")) {
    shown.dimensions.emplace();
    for (const auto& [name, value] : dimensions->as_object()) {
      (*shown.dimensions)[std::string(name)] = std::string(json::view(value.as_string()));
    }
  }
  return shown;
}

w::MetricFilter to_wire(const ListedFilter& filter) {
  w::MetricFilter shown;
  shown.filterName = filter.settings.name;
  shown.filterPattern = filter.settings.pattern;
  shown.metricTransformations = {to_wire(filter.settings.transformation)};
  shown.creationTime = filter.created.ms;
  shown.logGroupName = filter.group;
  shown.applyOnTransformedLogs = false;
  return shown;
}

w::ResourcePolicy to_wire(const LogPolicy& policy) {
  w::ResourcePolicy shown;
  shown.policyName = policy.name;
  shown.policyDocument = policy.document;
  shown.lastUpdatedTime = policy.changed.ms;
  return shown;
}

Result<std::string> policy_name(const std::optional<std::string>& name,
                                const std::optional<std::string>& resource) {
  if (resource) {
    return invalid_parameter(
        "Policies of a single resource aren't served: name the policy with policyName, without "
        "resourceArn.");
  }
  if (!name || name->empty()) return invalid_parameter("policyName must be specified.");
  return *name;
}

}  // namespace

void Api::register_filters(wire::Router& router) {
  const auto named = [](const Caller& caller, const auto& request) {
    return access_to(caller, request.logGroupName);
  };
  const auto all = [](const Caller&, const auto&) { return wire::Access{}; };
  router.on<w::op::PutMetricFilter>(this, &Api::put_filter, named);
  router.on<w::op::DeleteMetricFilter>(this, &Api::delete_filter, named);
  router.on<w::op::DescribeMetricFilters>(this, &Api::describe_filters, named);
  router.on<w::op::TestMetricFilter>(this, &Api::test_filter, all);
  router.on<w::op::PutResourcePolicy>(this, &Api::put_policy, all);
  router.on<w::op::DeleteResourcePolicy>(this, &Api::delete_policy, all);
  router.on<w::op::DescribeResourcePolicies>(this, &Api::describe_policies, all);
}

Task<Result<wire::Empty>> Api::put_filter(const Caller& caller, w::PutMetricFilterRequest request) {
  const GroupKey key{caller.scope, *request.logGroupName};
  if (request.fieldSelectionCriteria || request.emitSystemFieldDimensions ||
      request.applyOnTransformedLogs.value_or(false)) {
    co_return invalid_parameter(
        "fieldSelectionCriteria, emitSystemFieldDimensions and applyOnTransformedLogs aren't "
        "served: leave them out.");
  }
  const MetricFilterSettings settings{*request.filterName, *request.filterPattern,
                                      transformation_of(request.metricTransformations->front())};
  auto change = [&](store::Tx& tx) { return ledger_.put_filter(tx, key, settings); };
  co_return co_await commit(change);
}

Task<Result<wire::Empty>> Api::delete_filter(const Caller& caller,
                                             w::DeleteMetricFilterRequest request) {
  const GroupKey key{caller.scope, *request.logGroupName};
  auto change = [&](store::Tx& tx) { return ledger_.delete_filter(tx, key, *request.filterName); };
  co_return co_await commit(change);
}

Task<Result<w::DescribeMetricFiltersResponse>> Api::describe_filters(
    const Caller& caller, w::DescribeMetricFiltersRequest request) {
  if (request.metricName.has_value() != request.metricNamespace.has_value()) {
    co_return invalid_parameter("metricName and metricNamespace must be specified together.");
  }
  FilterListQuery query;
  query.scope = caller.scope;
  query.group = request.logGroupName.value_or("");
  query.prefix = request.filterNamePrefix.value_or("");
  query.space = request.metricNamespace.value_or("");
  query.metric = request.metricName.value_or("");
  query.token = std::move(request.nextToken);
  query.limit = request.limit.value_or(query.limit);
  auto ask = [&](store::Tx& tx) { return ledger_.filters(tx, query); };
  TM_CO_TRY(auto list, co_await store_.read(ask));
  w::DescribeMetricFiltersResponse response;
  response.metricFilters.emplace();
  for (const auto& filter : list.filters) response.metricFilters->push_back(to_wire(filter));
  response.nextToken = std::move(list.token);
  co_return response;
}

Task<Result<w::TestMetricFilterResponse>> Api::test_filter(const Caller&,
                                                           w::TestMetricFilterRequest request) {
  TM_CO_TRY(const auto pattern, FilterPattern::compile(*request.filterPattern));
  w::TestMetricFilterResponse response;
  response.matches.emplace();
  std::int64_t number = 0;
  for (const auto& message : *request.logEventMessages) {
    ++number;
    if (!pattern.matches(message)) continue;
    w::MetricFilterMatchRecord match;
    match.eventNumber = number;
    match.eventMessage = message;
    match.extractedValues.emplace();
    for (auto& [name, value] : pattern.values(message)) (*match.extractedValues)[name] = value;
    response.matches->push_back(std::move(match));
  }
  co_return response;
}

Task<Result<w::PutResourcePolicyResponse>> Api::put_policy(const Caller& caller,
                                                           w::PutResourcePolicyRequest request) {
  TM_CO_TRY(const auto name, policy_name(request.policyName, request.resourceArn));
  const auto document = request.policyDocument.value_or("");
  if (document.size() > policy_bytes_max) {
    co_return invalid_parameter("policyDocument must have at most 5120 characters.");
  }
  const auto parsed = iam::Policy::parse(document, iam::Policy::Kind::resource);
  if (!parsed) {
    co_return invalid_parameter("The policyDocument is not valid: " + parsed.error().message);
  }
  auto change = [&](store::Tx& tx) { return ledger_.put_policy(tx, caller.scope, name, document); };
  TM_CO_TRY(const auto policy, co_await store_.write(change));
  w::PutResourcePolicyResponse response;
  response.resourcePolicy = to_wire(policy);
  co_return response;
}

Task<Result<wire::Empty>> Api::delete_policy(const Caller& caller,
                                             w::DeleteResourcePolicyRequest request) {
  TM_CO_TRY(const auto name, policy_name(request.policyName, request.resourceArn));
  auto change = [&](store::Tx& tx) { return Ledger::delete_policy(tx, caller.scope, name); };
  co_return co_await commit(change);
}

Task<Result<w::DescribeResourcePoliciesResponse>> Api::describe_policies(
    const Caller& caller, w::DescribeResourcePoliciesRequest request) {
  w::DescribeResourcePoliciesResponse response;
  response.resourcePolicies.emplace();
  if (request.resourceArn || request.policyScope == "RESOURCE") co_return response;
  std::string after;
  if (request.nextToken) {
    TM_CO_TRY(after, parse_list_token(*request.nextToken));
  }
  const int limit = request.limit.value_or(50);
  auto ask = [&](store::Tx& tx) { return Ledger::policies(tx, caller.scope, after, limit + 1); };
  TM_CO_TRY(auto policies, co_await store_.read(ask));
  if (policies.size() > std::size_t(limit)) {
    policies.pop_back();
    response.nextToken = list_token(policies.back().name);
  }
  for (const auto& policy : policies) response.resourcePolicies->push_back(to_wire(policy));
  co_return response;
}

}  // namespace tidemill::logs
