// Log groups, their retention and tags.
#include "logs/api.h"
#include "logs/names.h"

namespace tidemill::logs {
namespace {

w::LogGroup to_wire(const Scope& scope, const Group& group) {
  const auto arn = group_arn({scope, group.name});
  w::LogGroup shown;
  shown.logGroupName = group.name;
  shown.creationTime = group.created.ms;
  if (group.retention_days)
    shown.retentionInDays = static_cast<std::int32_t>(*group.retention_days);
  shown.metricFilterCount = static_cast<std::int32_t>(group.metric_filters);
  shown.arn = arn + ":*";
  shown.storedBytes = group.stored_bytes;
  shown.kmsKeyId = group.kms_key;
  shown.logGroupClass = group.log_class;
  shown.logGroupArn = arn;
  if (group.is_protected) shown.deletionProtectionEnabled = true;
  return shown;
}

Result<GroupQuery> to_query(const Caller& caller, w::DescribeLogGroupsRequest& request) {
  if (request.logGroupNamePrefix && request.logGroupNamePattern) {
    return invalid_parameter(
        "LogGroup name prefix and LogGroup name pattern are mutually exclusive parameters.");
  }
  GroupQuery query;
  query.scope = caller.scope;
  query.prefix = request.logGroupNamePrefix.value_or("");
  query.part = request.logGroupNamePattern.value_or("");
  query.log_class = request.logGroupClass.value_or("");
  query.token = std::move(request.nextToken);
  query.limit = request.limit.value_or(query.limit);
  for (const auto& identifier : request.logGroupIdentifiers.value_or(std::vector<std::string>())) {
    TM_TRY(auto key, group_of_identifier(caller.scope, identifier));
    if (key.scope == caller.scope) query.names.push_back(std::move(key.name));
  }
  return query;
}

wire::Access access_to_arn(const std::optional<std::string>& arn) {
  std::string_view resource = *arn;
  if (resource.ends_with(":*")) resource.remove_suffix(2);
  return {.resource = std::string(resource)};
}

}  // namespace

Result<GroupKey> group_of_request(const Caller& caller, const std::optional<std::string>& name,
                                  const std::optional<std::string>& identifier) {
  if (name.has_value() == identifier.has_value()) {
    return invalid_parameter(
        name ? "LogGroup name and LogGroup identifier are mutually exclusive parameters."
             : "Either LogGroup name or LogGroup identifier must be specified.");
  }
  if (name) return GroupKey{caller.scope, *name};
  return group_of_identifier(caller.scope, *identifier);
}

wire::Access access_to(const Caller& caller, const std::optional<std::string>& name,
                       const std::optional<std::string>& identifier,
                       const std::optional<std::string>& stream) {
  GroupKey group{caller.scope, name.value_or("")};
  if (!name && identifier) {
    if (auto named = group_of_identifier(caller.scope, *identifier)) group = *std::move(named);
  }
  return {.resource = stream_arn({std::move(group), stream.value_or("")})};
}

void Api::register_with(wire::Router& router) {
  register_groups(router);
  register_tags(router);
  register_streams(router);
  register_filters(router);
}

void Api::register_groups(wire::Router& router) {
  const auto named = [](const Caller& caller, const auto& request) {
    return access_to(caller, request.logGroupName);
  };
  router.on<w::op::CreateLogGroup>(this, &Api::create_group, named);
  router.on<w::op::DeleteLogGroup>(this, &Api::delete_group, named);
  router.on<w::op::PutRetentionPolicy>(this, &Api::put_retention, named);
  router.on<w::op::DeleteRetentionPolicy>(this, &Api::delete_retention, named);
  router.on<w::op::DescribeLogGroups>(this, &Api::describe_groups,
                                      [](const Caller& caller, const w::DescribeLogGroupsRequest&) {
                                        return access_to(caller, std::nullopt);
                                      });
}

void Api::register_tags(wire::Router& router) {
  const auto by_arn = [](const Caller&, const auto& request) {
    return access_to_arn(request.resourceArn);
  };
  const auto named = [](const Caller& caller, const auto& request) {
    return access_to(caller, request.logGroupName);
  };
  router.on<w::op::TagResource>(this, &Api::tag, by_arn);
  router.on<w::op::UntagResource>(this, &Api::untag, by_arn);
  router.on<w::op::ListTagsForResource>(this, &Api::list_tags, by_arn);
  router.on<w::op::TagLogGroup>(this, &Api::tag_group, named);
  router.on<w::op::UntagLogGroup>(this, &Api::untag_group, named);
  router.on<w::op::ListTagsLogGroup>(this, &Api::list_group_tags, named);
}

Task<Result<wire::Empty>> Api::create_group(const Caller& caller,
                                            w::CreateLogGroupRequest request) {
  const GroupKey key{caller.scope, *request.logGroupName};
  GroupSettings settings;
  settings.log_class = request.logGroupClass.value_or(settings.log_class);
  settings.kms_key = request.kmsKeyId;
  settings.is_protected = request.deletionProtectionEnabled.value_or(false);
  settings.tags = request.tags.value_or(Tags());
  auto change = [&](store::Tx& tx) { return ledger_.create_group(tx, key, settings); };
  co_return co_await commit(change);
}

Task<Result<wire::Empty>> Api::delete_group(const Caller& caller,
                                            w::DeleteLogGroupRequest request) {
  const GroupKey key{caller.scope, *request.logGroupName};
  auto change = [&](store::Tx& tx) { return ledger_.delete_group(tx, key); };
  co_return co_await commit(change);
}

Task<Result<w::DescribeLogGroupsResponse>> Api::describe_groups(
    const Caller& caller, w::DescribeLogGroupsRequest request) {
  TM_CO_TRY(const auto query, to_query(caller, request));
  auto ask = [&](store::Tx& tx) { return ledger_.groups(tx, query); };
  TM_CO_TRY(auto page, co_await store_.read(ask));
  w::DescribeLogGroupsResponse response;
  response.logGroups.emplace();
  for (const auto& group : page.groups) {
    response.logGroups->push_back(to_wire(caller.scope, group));
  }
  response.nextToken = std::move(page.token);
  co_return response;
}

Task<Result<wire::Empty>> Api::put_retention(const Caller& caller,
                                             w::PutRetentionPolicyRequest request) {
  const GroupKey key{caller.scope, *request.logGroupName};
  const std::int64_t days = *request.retentionInDays;
  auto change = [&](store::Tx& tx) { return ledger_.set_retention(tx, key, days); };
  co_return co_await commit(change);
}

Task<Result<wire::Empty>> Api::delete_retention(const Caller& caller,
                                                w::DeleteRetentionPolicyRequest request) {
  const GroupKey key{caller.scope, *request.logGroupName};
  auto change = [&](store::Tx& tx) { return ledger_.set_retention(tx, key, std::nullopt); };
  co_return co_await commit(change);
}

Task<Result<wire::Empty>> Api::tag(const Caller&, w::TagResourceRequest request) {
  TM_CO_TRY(const auto key, group_of_arn(*request.resourceArn));
  auto change = [&](store::Tx& tx) { return ledger_.tag(tx, key, *request.tags); };
  co_return co_await commit(change);
}

Task<Result<wire::Empty>> Api::untag(const Caller&, w::UntagResourceRequest request) {
  TM_CO_TRY(const auto key, group_of_arn(*request.resourceArn));
  auto change = [&](store::Tx& tx) { return ledger_.untag(tx, key, *request.tagKeys); };
  co_return co_await commit(change);
}

Task<Result<w::ListTagsForResourceResponse>> Api::list_tags(const Caller&,
                                                            w::ListTagsForResourceRequest request) {
  TM_CO_TRY(const auto key, group_of_arn(*request.resourceArn));
  auto ask = [&](store::Tx& tx) { return ledger_.tags(tx, key); };
  w::ListTagsForResourceResponse response;
  TM_CO_TRY(response.tags, co_await store_.read(ask));
  co_return response;
}

Task<Result<wire::Empty>> Api::tag_group(const Caller& caller, w::TagLogGroupRequest request) {
  const GroupKey key{caller.scope, *request.logGroupName};
  auto change = [&](store::Tx& tx) { return ledger_.tag(tx, key, *request.tags); };
  co_return co_await commit(change);
}

Task<Result<wire::Empty>> Api::untag_group(const Caller& caller, w::UntagLogGroupRequest request) {
  const GroupKey key{caller.scope, *request.logGroupName};
  auto change = [&](store::Tx& tx) { return ledger_.untag(tx, key, *request.tags); };
  co_return co_await commit(change);
}

Task<Result<w::ListTagsLogGroupResponse>> Api::list_group_tags(const Caller& caller,
                                                               w::ListTagsLogGroupRequest request) {
  const GroupKey key{caller.scope, *request.logGroupName};
  auto ask = [&](store::Tx& tx) { return ledger_.tags(tx, key); };
  w::ListTagsLogGroupResponse response;
  TM_CO_TRY(response.tags, co_await store_.read(ask));
  co_return response;
}

}  // namespace tidemill::logs
