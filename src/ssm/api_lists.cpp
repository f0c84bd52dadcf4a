// Parameters by path, by filters, and the versions of one.
#include "base/encoding.h"
#include "ssm/api.h"
#include "ssm/check.h"
#include "ssm/errors.h"

namespace tidemill::ssm {
namespace {

constexpr int by_path_default = 10;
constexpr int list_default = 50;

wire::Access by_path(const Caller& caller, const w::GetParametersByPathRequest& request) {
  auto access = on_parameter(caller, *request.Path);
  access.conditions["ssm:Recursive"] = request.Recursive.value_or(false) ? "true" : "false";
  return access;
}

wire::Access on_all(const Caller& caller, const w::DescribeParametersRequest& /*request*/) {
  return {.resource = make_arn("ssm", caller.scope, "*")};
}

std::vector<Filter> filters_of(const std::optional<std::vector<w::ParameterStringFilter>>& given) {
  std::vector<Filter> filters;
  for (const auto& filter : given.value_or(std::vector<w::ParameterStringFilter>())) {
    filters.push_back({*filter.Key, filter.Option.value_or(""),
                       filter.Values.value_or(std::vector<std::string>())});
  }
  return filters;
}

/// Those of older clients: names by their beginning.
std::vector<Filter> filters_of(const std::vector<w::ParametersFilter>& given) {
  std::vector<Filter> filters;
  for (const auto& filter : given) {
    filters.push_back({*filter.Key, *filter.Key == "Name" ? "BeginsWith" : "", *filter.Values});
  }
  return filters;
}

/// A token is the last name (or version) of the page before.
Result<std::string> place_of(const std::optional<std::string>& token) {
  if (!token) return std::string();
  auto place = from_base64(*token);
  if (place && is_utf8(*place)) return *std::move(place);
  return refuse("InvalidNextToken", "The specified token isn't valid.");
}

w::ParameterMetadata described(const Parameter& p) {
  w::ParameterMetadata shown;
  shown.Name = p.key.name;
  shown.ARN = p.key.arn();
  shown.Type = p.type;
  if (!p.key_id.empty()) shown.KeyId = p.key_id;
  shown.LastModifiedDate = p.modified;
  shown.LastModifiedUser = p.modified_by;
  if (!p.description.empty()) shown.Description = p.description;
  if (!p.allowed_pattern.empty()) shown.AllowedPattern = p.allowed_pattern;
  shown.Version = p.version;
  shown.Tier = p.tier;
  shown.Policies.emplace();
  shown.DataType = p.data_type;
  return shown;
}

w::ParameterHistory told(const Parameter& p, std::vector<std::string> labels, std::string value) {
  w::ParameterHistory shown;
  shown.Name = p.key.name;
  shown.Type = p.type;
  if (!p.key_id.empty()) shown.KeyId = p.key_id;
  shown.LastModifiedDate = p.modified;
  shown.LastModifiedUser = p.modified_by;
  if (!p.description.empty()) shown.Description = p.description;
  shown.Value = std::move(value);
  if (!p.allowed_pattern.empty()) shown.AllowedPattern = p.allowed_pattern;
  shown.Version = p.version;
  shown.Labels = std::move(labels);
  shown.Tier = p.tier;
  shown.Policies.emplace();
  shown.DataType = p.data_type;
  return shown;
}

}  // namespace

void Api::register_lists(wire::Router& router) {
  router.on<w::op::GetParametersByPath>(this, &Api::get_by_path, by_path);
  router.on<w::op::DescribeParameters>(this, &Api::describe, on_all);
  router.on<w::op::GetParameterHistory>(this, &Api::history,
                                        by_name<w::GetParameterHistoryRequest>);
}

Task<Result<w::GetParametersByPathResult>> Api::get_by_path(const Caller& caller,
                                                            w::GetParametersByPathRequest request) {
  TM_CO_CHECK(check_path(*request.Path));
  ListQuery list{.scope = caller.scope,
                 .filters = filters_of(request.ParameterFilters),
                 .after = {},
                 .count = request.MaxResults.value_or(by_path_default)};
  TM_CO_CHECK(check_filters(list.filters, true));
  TM_CO_TRY(list.after, place_of(request.NextToken));
  list.filters.push_back({.key = "Path",
                          .option = request.Recursive.value_or(false) ? "Recursive" : "OneLevel",
                          .values = {*request.Path}});
  auto query = [&](store::Tx& tx) { return Parameters::list(tx, list); };
  TM_CO_TRY(const auto page, co_await store_.read(query));
  w::GetParametersByPathResult result;
  result.Parameters.emplace();
  for (const auto& parameter : page.parameters) {
    TM_CO_TRY(auto one, shown(parameter, request.WithDecryption.value_or(false)));
    result.Parameters->push_back(std::move(one));
  }
  if (!page.next.empty()) result.NextToken = to_base64(page.next);
  co_return result;
}

Task<Result<w::DescribeParametersResult>> Api::describe(const Caller& caller,
                                                        w::DescribeParametersRequest request) {
  if (request.Filters && request.ParameterFilters) {
    co_return invalid(
        "You can use either Filters or ParameterFilters in a single request, not both.");
  }
  ListQuery list{.scope = caller.scope,
                 .filters = request.Filters ? filters_of(*request.Filters)
                                            : filters_of(request.ParameterFilters),
                 .after = {},
                 .count = request.MaxResults.value_or(list_default)};
  TM_CO_CHECK(check_filters(list.filters, false));
  TM_CO_TRY(list.after, place_of(request.NextToken));
  auto query = [&](store::Tx& tx) { return Parameters::list(tx, list); };
  TM_CO_TRY(const auto page, co_await store_.read(query));
  w::DescribeParametersResult result;
  result.Parameters.emplace();
  for (const auto& parameter : page.parameters) {
    result.Parameters->push_back(described(parameter));
  }
  if (!page.next.empty()) result.NextToken = to_base64(page.next);
  co_return result;
}

Task<Result<w::GetParameterHistoryResult>> Api::history(const Caller& caller,
                                                        w::GetParameterHistoryRequest request) {
  const auto key = parse_reference(caller.scope, *request.Name).key;
  const auto count = request.MaxResults.value_or(list_default);
  TM_CO_TRY(const auto place, place_of(request.NextToken));
  const auto after = std::strtoll(place.c_str(), nullptr, 10);
  w::GetParameterHistoryResult result;
  auto& shown = result.Parameters.emplace();
  auto query = [&](store::Tx& tx) -> Status {
    TM_TRY(const auto newest, find(tx, key));
    if (!newest) return not_found(key.name);
    TM_TRY(const auto versions, versions_of(tx, newest->id, after, count + 1));
    for (const auto& version : versions) {
      if (int(shown.size()) == count) {
        result.NextToken = to_base64(std::to_string(*shown.back().Version));
        return {};
      }
      TM_TRY(auto labels, labels_of(tx, version.id, version.version));
      TM_TRY(auto value, parameters_.value_of(version, request.WithDecryption.value_or(false)));
      shown.push_back(told(version, std::move(labels), std::move(value)));
    }
    return {};
  };
  TM_CO_CHECK(co_await store_.read(query));
  co_return result;
}

}  // namespace tidemill::ssm
