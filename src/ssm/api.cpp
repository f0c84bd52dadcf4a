// Parameters, one by one or several by their names.
#include "ssm/api.h"

#include "ssm/errors.h"

namespace tidemill::ssm {
namespace {

wire::Access to_put(const Caller& caller, const w::PutParameterRequest& request) {
  auto access = on_parameter(caller, *request.Name);
  access.conditions["ssm:Overwrite"] = request.Overwrite.value_or(false) ? "true" : "false";
  return access;
}

PutOrder order_of(const Caller& caller, w::PutParameterRequest request) {
  return {.key = {caller.scope, *std::move(request.Name)},
          .value = *std::move(request.Value),
          .type = std::move(request.Type),
          .key_id = std::move(request.KeyId),
          .description = std::move(request.Description),
          .allowed_pattern = std::move(request.AllowedPattern),
          .data_type = std::move(request.DataType),
          .tier = std::move(request.Tier).value_or(""),
          .overwrite = request.Overwrite.value_or(false),
          .tags = tags_given(request.Tags),
          .caller_arn = caller.arn};
}

}  // namespace

wire::Access on_parameter(const Caller& caller, std::string_view name) {
  return {.resource = parse_reference(caller.scope, name).key.arn()};
}

Tags tags_given(const std::optional<std::vector<w::Tag>>& tags) {
  Tags given;
  for (const auto& tag : tags.value_or(std::vector<w::Tag>())) given[*tag.Key] = *tag.Value;
  return given;
}

void Api::register_with(wire::Router& router) {
  router.on<w::op::PutParameter>(this, &Api::put, to_put);
  router.on<w::op::GetParameter>(this, &Api::get, by_name<w::GetParameterRequest>);
  router.on<w::op::GetParameters>(this, &Api::get_many,
                                  wire::asked_by_handler<w::GetParametersRequest>);
  router.on<w::op::DeleteParameter>(this, &Api::remove, by_name<w::DeleteParameterRequest>);
  router.on<w::op::DeleteParameters>(this, &Api::remove_many,
                                     wire::asked_by_handler<w::DeleteParametersRequest>);
  register_lists(router);
  register_marks(router);
}

Result<w::Parameter> Api::shown(const Parameter& parameter, bool decrypted) const {
  w::Parameter shown;
  TM_TRY(shown.Value, parameters_.value_of(parameter, decrypted));
  shown.Name = parameter.key.name;
  shown.Type = parameter.type;
  shown.Version = parameter.version;
  shown.LastModifiedDate = parameter.modified;
  shown.ARN = parameter.key.arn();
  shown.DataType = parameter.data_type;
  return shown;
}

/// Each of the names, since a request may have several.
Status Api::may(const Caller& caller, std::string_view action,
                const std::vector<std::string>& names) const {
  for (const auto& name : names) {
    TM_CHECK(authorizer_.authorize(caller, action, on_parameter(caller, name).resource));
  }
  return {};
}

Task<Result<w::PutParameterResult>> Api::put(const Caller& caller, w::PutParameterRequest request) {
  if (request.Policies) {
    co_return refuse("InvalidPolicyTypeException",
                     "Parameter policies aren't supported: leave Policies out, and delete the "
                     "parameter when it is to expire.");
  }
  if (request.Tags) {
    TM_CO_CHECK(may(caller, "ssm:AddTagsToResource", {*request.Name}));
  }
  const auto order = order_of(caller, std::move(request));
  auto change = [&](store::Tx& tx) { return parameters_.put(tx, order); };
  TM_CO_TRY(const auto written, co_await store_.write(change));
  w::PutParameterResult result;
  result.Version = written.version;
  result.Tier = written.tier;
  co_return result;
}

Task<Result<w::GetParameterResult>> Api::get(const Caller& caller, w::GetParameterRequest request) {
  const auto reference = parse_reference(caller.scope, *request.Name);
  auto query = [&](store::Tx& tx) { return require(tx, reference); };
  TM_CO_TRY(const auto parameter, co_await store_.read(query));
  w::GetParameterResult result;
  TM_CO_TRY(result.Parameter, shown(parameter, request.WithDecryption.value_or(false)));
  if (!reference.selector.empty()) result.Parameter->Selector = reference.selector;
  co_return result;
}

Task<Result<w::GetParametersResult>> Api::get_many(const Caller& caller,
                                                   w::GetParametersRequest request) {
  TM_CO_CHECK(may(caller, "ssm:GetParameters", *request.Names));
  w::GetParametersResult result;
  auto& found = result.Parameters.emplace();
  auto& missing = result.InvalidParameters.emplace();
  auto query = [&](store::Tx& tx) -> Status {
    for (const auto& name : *request.Names) {
      const auto reference = parse_reference(caller.scope, name);
      const auto parameter = require(tx, reference);
      if (!parameter && parameter.error().code != Errc::not_found) {
        return std::unexpected(parameter.error());
      }
      if (!parameter) {
        missing.push_back(name);
        continue;
      }
      TM_TRY(auto one, shown(*parameter, request.WithDecryption.value_or(false)));
      if (!reference.selector.empty()) one.Selector = reference.selector;
      found.push_back(std::move(one));
    }
    return {};
  };
  TM_CO_CHECK(co_await store_.read(query));
  co_return result;
}

Task<Result<w::DeleteParameterResult>> Api::remove(const Caller& caller,
                                                   w::DeleteParameterRequest request) {
  const auto key = parse_reference(caller.scope, *request.Name).key;
  auto change = [&](store::Tx& tx) { return parameters_.remove(tx, key); };
  TM_CO_TRY(const bool removed, co_await store_.write(change));
  if (!removed) co_return not_found(key.name);
  co_return w::DeleteParameterResult();
}

Task<Result<w::DeleteParametersResult>> Api::remove_many(const Caller& caller,
                                                         w::DeleteParametersRequest request) {
  TM_CO_CHECK(may(caller, "ssm:DeleteParameters", *request.Names));
  w::DeleteParametersResult result;
  auto& gone = result.DeletedParameters.emplace();
  auto& missing = result.InvalidParameters.emplace();
  auto change = [&](store::Tx& tx) -> Status {
    for (const auto& name : *request.Names) {
      TM_TRY(const bool removed, parameters_.remove(tx, parse_reference(caller.scope, name).key));
      (removed ? gone : missing).push_back(name);
    }
    return {};
  };
  TM_CO_CHECK(co_await store_.write(change));
  co_return result;
}

}  // namespace tidemill::ssm
