// Labels of versions, tags of parameters.
#include <fmt/format.h>

#include "ssm/api.h"
#include "ssm/errors.h"

namespace tidemill::ssm {
namespace {

template <class Request>
wire::Access by_resource(const Caller& caller, const Request& request) {
  return on_parameter(caller, *request.ResourceId);
}

Status check_is_parameter(std::string_view resource_type) {
  if (resource_type == "Parameter") return {};
  return refuse("InvalidResourceType",
                fmt::format("The resource type is not valid: {}. Only resources of the type "
                            "Parameter are here.",
                            resource_type));
}

}  // namespace

void Api::register_marks(wire::Router& router) {
  router.on<w::op::LabelParameterVersion>(this, &Api::label,
                                          by_name<w::LabelParameterVersionRequest>);
  router.on<w::op::UnlabelParameterVersion>(this, &Api::unlabel,
                                            by_name<w::UnlabelParameterVersionRequest>);
  router.on<w::op::AddTagsToResource>(this, &Api::tag, by_resource<w::AddTagsToResourceRequest>);
  router.on<w::op::RemoveTagsFromResource>(this, &Api::untag,
                                           by_resource<w::RemoveTagsFromResourceRequest>);
  router.on<w::op::ListTagsForResource>(this, &Api::list_tags,
                                        by_resource<w::ListTagsForResourceRequest>);
}

Task<Result<w::LabelParameterVersionResult>> Api::label(const Caller& caller,
                                                        w::LabelParameterVersionRequest request) {
  const auto key = parse_reference(caller.scope, *request.Name).key;
  auto change = [&](store::Tx& tx) {
    return parameters_.label(tx, key, request.ParameterVersion.value_or(0), *request.Labels);
  };
  TM_CO_TRY(auto done, co_await store_.write(change));
  w::LabelParameterVersionResult result;
  result.InvalidLabels = std::move(done.invalid);
  result.ParameterVersion = done.version;
  co_return result;
}

Task<Result<w::UnlabelParameterVersionResult>> Api::unlabel(
    const Caller& caller, w::UnlabelParameterVersionRequest request) {
  const auto key = parse_reference(caller.scope, *request.Name).key;
  auto change = [&](store::Tx& tx) {
    return Parameters::unlabel(tx, key, *request.ParameterVersion, *request.Labels);
  };
  TM_CO_TRY(auto done, co_await store_.write(change));
  w::UnlabelParameterVersionResult result;
  result.RemovedLabels = std::move(done.removed);
  result.InvalidLabels = std::move(done.invalid);
  co_return result;
}

Task<Result<w::AddTagsToResourceResult>> Api::tag(const Caller& caller,
                                                  w::AddTagsToResourceRequest request) {
  TM_CO_CHECK(check_is_parameter(*request.ResourceType));
  const auto key = parse_reference(caller.scope, *request.ResourceId).key;
  auto change = [&](store::Tx& tx) { return Parameters::tag(tx, key, tags_given(request.Tags)); };
  TM_CO_CHECK(co_await store_.write(change));
  co_return w::AddTagsToResourceResult();
}

Task<Result<w::RemoveTagsFromResourceResult>> Api::untag(const Caller& caller,
                                                         w::RemoveTagsFromResourceRequest request) {
  TM_CO_CHECK(check_is_parameter(*request.ResourceType));
  const auto key = parse_reference(caller.scope, *request.ResourceId).key;
  auto change = [&](store::Tx& tx) { return Parameters::untag(tx, key, *request.TagKeys); };
  TM_CO_CHECK(co_await store_.write(change));
  co_return w::RemoveTagsFromResourceResult();
}

Task<Result<w::ListTagsForResourceResult>> Api::list_tags(const Caller& caller,
                                                          w::ListTagsForResourceRequest request) {
  TM_CO_CHECK(check_is_parameter(*request.ResourceType));
  const auto key = parse_reference(caller.scope, *request.ResourceId).key;
  auto query = [&](store::Tx& tx) { return Parameters::tags(tx, key); };
  TM_CO_TRY(const auto tags, co_await store_.read(query));
  w::ListTagsForResourceResult result;
  result.TagList.emplace();
  for (const auto& [name, value] : tags) result.TagList->push_back({name, value});
  co_return result;
}

}  // namespace tidemill::ssm
