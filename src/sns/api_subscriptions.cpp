// Subscriptions: made, confirmed, ended, looked at.
#include <charconv>

#include <fmt/format.h>

#include "base/encoding.h"
#include "sns/api.h"
#include "sns/attributes.h"
#include "sns/errors.h"

namespace tidemill::sns {
namespace {

constexpr std::string_view pending = "PendingConfirmation";

/// The number at which the page before ended; 0 at the first.
Result<std::int64_t> page_after(const std::optional<std::string>& token) {
  std::int64_t after = 0;
  if (!token) return after;
  const auto* end = token->data() + token->size();
  const auto read = std::from_chars(token->data(), end, after);
  if (read.ec != std::errc() || read.ptr != end) return invalid_parameter("NextToken");
  return after;
}

template <class Response>
Response page_of(std::vector<Subscription> found) {
  Response response;
  if (std::int64_t(found.size()) > page_max) {
    found.pop_back();
    response.NextToken = std::to_string(found.back().id);
  }
  auto& shown = response.Subscriptions.emplace();
  for (const auto& one : found) {
    auto& s = shown.emplace_back();
    s.SubscriptionArn = one.confirmed ? one.arn() : std::string(pending);
    s.Owner = one.owner;
    s.Protocol = one.protocol;
    s.Endpoint = one.endpoint;
    s.TopicArn = one.topic_key.arn();
  }
  return response;
}

Result<Subscription> require_subscription(store::Tx& tx, std::string_view arn) {
  TM_TRY(auto found, find_subscription(tx, arn));
  if (!found) return no_such_subscription();
  return *std::move(found);
}

}  // namespace

void Api::register_subscriptions(wire::Router& router) {
  router.on<w::op::Subscribe>(this, &Api::subscribe, asked_by_handler<w::SubscribeInput>);
  router.on<w::op::ConfirmSubscription>(this, &Api::confirm,
                                        asked_by_handler<w::ConfirmSubscriptionInput>);
  router.on<w::op::Unsubscribe>(this, &Api::unsubscribe, asked_by_handler<w::UnsubscribeInput>);
  router.on<w::op::ListSubscriptions>(
      this, &Api::list_all, [](const Caller& caller, const w::ListSubscriptionsInput&) {
        return wire::Access{.resource = TopicKey{caller.scope, "*"}.arn()};
      });
  router.on<w::op::ListSubscriptionsByTopic>(this, &Api::list_of_topic,
                                             asked_by_handler<w::ListSubscriptionsByTopicInput>);
  router.on<w::op::GetSubscriptionAttributes>(this, &Api::subscription_attributes,
                                              asked_by_handler<w::GetSubscriptionAttributesInput>);
  router.on<w::op::SetSubscriptionAttributes>(this, &Api::set_subscription,
                                              asked_by_handler<w::SetSubscriptionAttributesInput>);
}

Task<Result<w::SubscribeResponse>> Api::subscribe(const Caller& caller, w::SubscribeInput request) {
  const SubscribeOrder order{.protocol = *request.Protocol,
                             .endpoint = request.Endpoint.value_or(""),
                             .attributes = texts(request.Attributes),
                             .account = caller.scope.account,
                             .principal = caller.arn,
                             .base_url = caller.endpoint};
  Caller asking = caller;  // Policies may look at what is to be subscribed.
  asking.conditions["sns:protocol"] = order.protocol;
  asking.conditions["sns:endpoint"] = order.endpoint;
  auto change = [&](store::Tx& tx, Topic& topic) { return topics_.subscribe(tx, topic, order); };
  TM_CO_TRY(const auto made,
            co_await with_topic(asking, *request.TopicArn, "SNS:Subscribe", change));
  w::SubscribeResponse response;
  const bool tell = made.confirmed || request.ReturnSubscriptionArn.value_or(false);
  response.SubscriptionArn = tell ? made.arn() : "pending confirmation";
  co_return response;
}

Task<Result<w::ConfirmSubscriptionResponse>> Api::confirm(const Caller& caller,
                                                          w::ConfirmSubscriptionInput request) {
  const bool guarded = iequals(request.AuthenticateOnUnsubscribe.value_or("false"), "true");
  auto change = [&](store::Tx& tx, Topic& topic) {
    return topics_.confirm(tx, topic, *request.Token, guarded);
  };
  TM_CO_TRY(const auto confirmed,
            co_await with_topic(caller, *request.TopicArn, "SNS:ConfirmSubscription", change));
  w::ConfirmSubscriptionResponse response;
  response.SubscriptionArn = confirmed.arn();
  co_return response;
}

Task<Result<std::string>> Api::confirm_by_link(std::string topic_arn, std::string token) {
  TM_CO_TRY(const auto key, TopicKey::of_arn(topic_arn));
  auto change = [&](store::Tx& tx) -> Result<Subscription> {
    TM_TRY(const auto topic, require_topic(tx, key));
    return topics_.confirm(tx, topic, token, false);
  };
  TM_CO_TRY(const auto confirmed, co_await store_.write(change));
  co_return confirmed.arn();
}

/// As AWS: well if it isn't there.
Task<Result<wire::Empty>> Api::unsubscribe(const Caller& caller, w::UnsubscribeInput request) {
  auto change = [&](store::Tx& tx) -> Status {
    TM_TRY(const auto found, find_subscription(tx, *request.SubscriptionArn));
    if (!found) return {};
    // Who subscribed may end it, whatever the topic's policy says.
    if (found->principal != caller.arn) {
      TM_TRY(const auto topic, open(tx, caller, found->topic_key, "SNS:Unsubscribe"));
    }
    return topics_.unsubscribe(tx, *found);
  };
  co_return done(co_await store_.write(change));
}

Task<Result<std::string>> Api::unsubscribe_by_link(std::string subscription_arn) {
  auto change = [&](store::Tx& tx) -> Status {
    TM_TRY(const auto found, require_subscription(tx, subscription_arn));
    if (found.authenticated) {
      return fail(Errc::access_denied, "AuthorizationError",
                  "This subscription is ended by a signed request only: aws sns unsubscribe");
    }
    return topics_.unsubscribe(tx, found);
  };
  TM_CO_CHECK(co_await store_.write(change));
  co_return subscription_arn;
}

Task<Result<w::ListSubscriptionsResponse>> Api::list_all(const Caller& caller,
                                                         w::ListSubscriptionsInput request) {
  TM_CO_TRY(const auto after, page_after(request.NextToken));
  auto query = [&](store::Tx& tx) {
    return list_subscriptions(tx, {.scope = caller.scope, .after = after, .count = page_max + 1});
  };
  TM_CO_TRY(auto found, co_await store_.read(query));
  co_return page_of<w::ListSubscriptionsResponse>(std::move(found));
}

Task<Result<w::ListSubscriptionsByTopicResponse>> Api::list_of_topic(
    const Caller& caller, w::ListSubscriptionsByTopicInput request) {
  TM_CO_TRY(const auto after, page_after(request.NextToken));
  auto query = [&](store::Tx& tx, const Topic& topic) {
    return list_subscriptions(
        tx, {.scope = topic.key.scope, .topic = topic.id, .after = after, .count = page_max + 1});
  };
  TM_CO_TRY(auto found, co_await with_snapshot(caller, *request.TopicArn,
                                               "SNS:ListSubscriptionsByTopic", query));
  co_return page_of<w::ListSubscriptionsByTopicResponse>(std::move(found));
}

Task<Result<w::GetSubscriptionAttributesResponse>> Api::subscription_attributes(
    const Caller& caller, w::GetSubscriptionAttributesInput request) {
  auto query = [&](store::Tx& tx) -> Result<w::GetSubscriptionAttributesResponse> {
    TM_TRY(const auto found, require_subscription(tx, *request.SubscriptionArn));
    TM_TRY(const auto topic, open(tx, caller, found.topic_key, "SNS:GetSubscriptionAttributes"));
    const auto shown = shown_attributes(found, topic);
    w::GetSubscriptionAttributesResponse response;
    response.Attributes.emplace(shown.begin(), shown.end());
    return response;
  };
  co_return co_await store_.read(query);
}

Task<Result<wire::Empty>> Api::set_subscription(const Caller& caller,
                                                w::SetSubscriptionAttributesInput request) {
  const auto value = request.AttributeValue.value_or("");
  auto change = [&](store::Tx& tx) -> Status {
    TM_TRY(auto found, require_subscription(tx, *request.SubscriptionArn));
    TM_TRY(const auto topic, open(tx, caller, found.topic_key, "SNS:SetSubscriptionAttributes"));
    TM_CHECK(set_subscription_attribute(found, *request.AttributeName, value));
    return update_subscription(tx, found);
  };
  co_return done(co_await store_.write(change));
}

}  // namespace tidemill::sns
