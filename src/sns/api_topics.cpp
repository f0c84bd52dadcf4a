// Topics, their attributes, tags and policies.
#include <fmt/format.h>

#include "base/encoding.h"
#include "sns/api.h"
#include "sns/attributes.h"
#include "sns/errors.h"
#include "sns/permission.h"

namespace tidemill::sns {
namespace {

constexpr std::size_t tags_max = 50;

Error of_resource(Error error) {
  if (error.code != Errc::not_found) return error;
  error.name = "ResourceNotFound";
  error.message = "Resource does not exist";
  return error;
}

Result<Texts> tags_of(const std::optional<std::vector<w::Tag>>& given) {
  Texts tags;
  if (!given) return tags;
  for (const auto& tag : *given) {
    if (!tags.emplace(*tag.Key, *tag.Value).second) {
      return invalid_parameter("Duplicated keys are not allowed.");
    }
  }
  return tags;
}

Status check_count(const Texts& tags) {
  if (tags.size() <= tags_max) return {};
  return refuse("TagLimitExceeded",
                "Could not complete request: tag quota of per resource exceeded");
}

}  // namespace

Result<Topic> Api::open(store::Tx& tx, const Caller& caller, const TopicKey& key,
                        std::string_view action) const {
  TM_TRY(auto topic, find_topic(tx, key));
  const auto arn = key.arn();
  if (!topic) {
    TM_CHECK(authority_.authorize(caller, action, arn));
    return no_such_topic();
  }
  TM_TRY(const auto policy, iam::Policy::parse(topic->policy(), iam::Policy::Kind::resource));
  TM_CHECK(authority_.authorize(caller, action, arn, policy));
  return *std::move(topic);
}

void Api::register_with(wire::Router& router) {
  register_topics(router);
  register_subscriptions(router);
  register_publishing(router);
}

void Api::register_topics(wire::Router& router) {
  router.on<w::op::CreateTopic>(this, &Api::create,
                                [](const Caller& caller, const w::CreateTopicInput& request) {
                                  const TopicKey key{caller.scope, *request.Name};
                                  return wire::Access{.resource = key.arn()};
                                });
  router.on<w::op::ListTopics>(this, &Api::list,
                               [](const Caller& caller, const w::ListTopicsInput&) {
                                 return wire::Access{.resource = TopicKey{caller.scope, "*"}.arn()};
                               });
  router.on<w::op::DeleteTopic>(this, &Api::remove, asked_by_handler<w::DeleteTopicInput>);
  router.on<w::op::GetTopicAttributes>(this, &Api::attributes,
                                       asked_by_handler<w::GetTopicAttributesInput>);
  router.on<w::op::SetTopicAttributes>(this, &Api::set_attribute,
                                       asked_by_handler<w::SetTopicAttributesInput>);
  router.on<w::op::AddPermission>(this, &Api::permit, asked_by_handler<w::AddPermissionInput>);
  router.on<w::op::RemovePermission>(this, &Api::forbid,
                                     asked_by_handler<w::RemovePermissionInput>);
  router.on<w::op::TagResource>(this, &Api::tag, asked_by_handler<w::TagResourceRequest>);
  router.on<w::op::UntagResource>(this, &Api::untag, asked_by_handler<w::UntagResourceRequest>);
  router.on<w::op::ListTagsForResource>(this, &Api::tags,
                                        asked_by_handler<w::ListTagsForResourceRequest>);
}

Task<Status> Api::ensure_key() {
  if (topics_.key()) co_return Status();
  const auto generate = [] { return SigningKey::generate("sns.tidemill"); };
  TM_CO_TRY(const auto key, co_await pool_.run(generate));
  auto change = [&](store::Tx& tx) { return topics_.adopt(tx, key); };
  co_return co_await store_.write(change);
}

Task<Result<w::CreateTopicResponse>> Api::create(const Caller& caller,
                                                 w::CreateTopicInput request) {
  if (request.DataProtectionPolicy && !request.DataProtectionPolicy->empty()) {
    co_return invalid_parameter("DataProtectionPolicy", "topics here have none");
  }
  const TopicKey key{caller.scope, *request.Name};
  const auto given = texts(request.Attributes);
  TM_CO_TRY(const auto given_tags, tags_of(request.Tags));
  TM_CO_CHECK(check_count(given_tags));
  TM_CO_CHECK(co_await ensure_key());
  auto change = [&](store::Tx& tx) { return topics_.create(tx, key, given, given_tags); };
  TM_CO_TRY(const auto topic, co_await store_.write(change));
  w::CreateTopicResponse response;
  response.TopicArn = topic.key.arn();
  co_return response;
}

/// As AWS: well if it isn't there.
Task<Result<wire::Empty>> Api::remove(const Caller& caller, w::DeleteTopicInput request) {
  auto change = [&](store::Tx& tx, Topic& topic) { return topics_.remove(tx, topic); };
  auto removed = co_await with_topic(caller, *request.TopicArn, "SNS:DeleteTopic", change);
  if (!removed && removed.error().code == Errc::not_found) removed = Status();
  co_return done(std::move(removed));
}

Task<Result<w::ListTopicsResponse>> Api::list(const Caller& caller, w::ListTopicsInput request) {
  const auto after = from_base64(request.NextToken.value_or(""));
  if (!after) co_return invalid_parameter("NextToken");
  auto query = [&](store::Tx& tx) { return topic_names(tx, caller.scope, *after, page_max + 1); };
  TM_CO_TRY(auto names, co_await store_.read(query));
  w::ListTopicsResponse response;
  if (std::int64_t(names.size()) > page_max) {
    names.pop_back();
    response.NextToken = to_base64(names.back());
  }
  auto& topics = response.Topics.emplace();
  for (auto& name : names) {
    topics.emplace_back().TopicArn = TopicKey{caller.scope, std::move(name)}.arn();
  }
  co_return response;
}

Task<Result<w::GetTopicAttributesResponse>> Api::attributes(const Caller& caller,
                                                            w::GetTopicAttributesInput request) {
  auto query = [&](store::Tx& tx, const Topic& topic) -> Result<w::GetTopicAttributesResponse> {
    TM_TRY(const auto counts, count_subscriptions(tx, topic));
    const auto shown = shown_attributes(topic, counts);
    w::GetTopicAttributesResponse response;
    response.Attributes.emplace(shown.begin(), shown.end());
    return response;
  };
  co_return co_await with_snapshot(caller, *request.TopicArn, "SNS:GetTopicAttributes", query);
}

Task<Result<wire::Empty>> Api::set_attribute(const Caller& caller,
                                             w::SetTopicAttributesInput request) {
  const auto value = request.AttributeValue.value_or("");
  auto change = [&](store::Tx& tx, Topic& topic) -> Status {
    TM_CHECK(set_topic_attribute(topic, *request.AttributeName, value));
    return update_topic(tx, topic);
  };
  co_return done(co_await with_topic(caller, *request.TopicArn, "SNS:SetTopicAttributes", change));
}

Task<Result<wire::Empty>> Api::permit(const Caller& caller, w::AddPermissionInput request) {
  const iam::Grant asked{*request.Label, *request.AWSAccountId, *request.ActionName};
  auto change = [&](store::Tx& tx, Topic& topic) -> Status {
    TM_TRY(topic.attributes["Policy"], add_permission(topic.policy(), topic.key.arn(), asked));
    return update_topic(tx, topic);
  };
  co_return done(co_await with_topic(caller, *request.TopicArn, "SNS:AddPermission", change));
}

/// As AWS: well if there is no such statement.
Task<Result<wire::Empty>> Api::forbid(const Caller& caller, w::RemovePermissionInput request) {
  auto change = [&](store::Tx& tx, Topic& topic) -> Status {
    auto policy = iam::without_grant(topic.policy(), *request.Label);
    if (!policy) return {};
    TM_CHECK(set_topic_attribute(topic, "Policy", *policy));
    return update_topic(tx, topic);
  };
  co_return done(co_await with_topic(caller, *request.TopicArn, "SNS:RemovePermission", change));
}

Task<Result<w::TagResourceResponse>> Api::tag(const Caller& caller, w::TagResourceRequest request) {
  TM_CO_TRY(const auto given, tags_of(request.Tags));
  auto change = [&](store::Tx& tx, Topic& topic) -> Status {
    for (const auto& [key, value] : given) topic.tags[key] = value;
    TM_CHECK(check_count(topic.tags));
    return update_topic(tx, topic);
  };
  const auto tagged = co_await with_topic(caller, *request.ResourceArn, "SNS:TagResource", change);
  if (!tagged) co_return std::unexpected(of_resource(tagged.error()));
  co_return w::TagResourceResponse();
}

Task<Result<w::UntagResourceResponse>> Api::untag(const Caller& caller,
                                                  w::UntagResourceRequest request) {
  auto change = [&](store::Tx& tx, Topic& topic) -> Status {
    for (const auto& key : *request.TagKeys) topic.tags.erase(key);
    return update_topic(tx, topic);
  };
  const auto done = co_await with_topic(caller, *request.ResourceArn, "SNS:UntagResource", change);
  if (!done) co_return std::unexpected(of_resource(done.error()));
  co_return w::UntagResourceResponse();
}

Task<Result<w::ListTagsForResourceResponse>> Api::tags(const Caller& caller,
                                                       w::ListTagsForResourceRequest request) {
  auto query = [&](store::Tx&, const Topic& topic) -> Result<w::ListTagsForResourceResponse> {
    w::ListTagsForResourceResponse response;
    auto& tags = response.Tags.emplace();
    for (const auto& [key, value] : topic.tags) {
      auto& tag = tags.emplace_back();
      tag.Key = key;
      tag.Value = value;
    }
    return response;
  };
  auto shown =
      co_await with_snapshot(caller, *request.ResourceArn, "SNS:ListTagsForResource", query);
  if (!shown) co_return std::unexpected(of_resource(shown.error()));
  co_return shown;
}

}  // namespace tidemill::sns
