/// SNS's operations: each maps a request to the topics. Made once by the server; called on event
/// loops. Who may do what is decided here, in the transaction, because a topic's own policy counts
/// beside the caller's.
#pragma once

#include "base/caller.h"
#include "iam/authority.h"
#include "io/loops.h"
#include "sns/topics.h"
#include "store/store.h"
#include "wire/gen/sns.h"
#include "wire/router.h"

namespace tidemill::sns {

namespace w = wire::sns;
using wire::asked_by_handler;  // What Api::open asks.

class Api {
 public:
  /// All outlive the Api.
  struct Parts {
    store::Store& store;
    Topics& topics;
    const iam::Authority& authority;
    io::Pool& pool;
  };
  explicit Api(const Parts& parts)
      : store_(parts.store),
        topics_(parts.topics),
        authority_(parts.authority),
        pool_(parts.pool) {}

  void register_with(wire::Router& router);

  /// What a notification's links do, for whoever has them: JSON with the subscription's ARN.
  Task<Result<std::string>> confirm_by_link(std::string topic_arn, std::string token);
  /// Fails with AuthorizationError where only a signed request may end the subscription.
  Task<Result<std::string>> unsubscribe_by_link(std::string subscription_arn);

 private:
  using Done = Task<Result<wire::Empty>>;
  template <class Response>
  using Reply = Task<Result<Response>>;

  void register_topics(wire::Router& router);
  void register_subscriptions(wire::Router& router);
  void register_publishing(wire::Router& router);

  Reply<w::CreateTopicResponse> create(const Caller& caller, w::CreateTopicInput request);
  Done remove(const Caller& caller, w::DeleteTopicInput request);
  Reply<w::ListTopicsResponse> list(const Caller& caller, w::ListTopicsInput request);
  Reply<w::GetTopicAttributesResponse> attributes(const Caller& caller,
                                                  w::GetTopicAttributesInput request);
  Done set_attribute(const Caller& caller, w::SetTopicAttributesInput request);
  Done permit(const Caller& caller, w::AddPermissionInput request);
  Done forbid(const Caller& caller, w::RemovePermissionInput request);
  Reply<w::TagResourceResponse> tag(const Caller& caller, w::TagResourceRequest request);
  Reply<w::UntagResourceResponse> untag(const Caller& caller, w::UntagResourceRequest request);
  Reply<w::ListTagsForResourceResponse> tags(const Caller& caller,
                                             w::ListTagsForResourceRequest request);

  Reply<w::SubscribeResponse> subscribe(const Caller& caller, w::SubscribeInput request);
  Reply<w::ConfirmSubscriptionResponse> confirm(const Caller& caller,
                                                w::ConfirmSubscriptionInput request);
  Done unsubscribe(const Caller& caller, w::UnsubscribeInput request);
  Reply<w::ListSubscriptionsResponse> list_all(const Caller& caller,
                                               w::ListSubscriptionsInput request);
  Reply<w::ListSubscriptionsByTopicResponse> list_of_topic(
      const Caller& caller, w::ListSubscriptionsByTopicInput request);
  Reply<w::GetSubscriptionAttributesResponse> subscription_attributes(
      const Caller& caller, w::GetSubscriptionAttributesInput request);
  Done set_subscription(const Caller& caller, w::SetSubscriptionAttributesInput request);

  Reply<w::PublishResponse> publish(const Caller& caller, w::PublishInput request);
  Reply<w::PublishBatchResponse> publish_batch(const Caller& caller, w::PublishBatchInput request);

  /// Signs in the pool what the topic's subscribers, as they are now, will get; whoever comes in
  /// between is signed for in the transaction.
  Task<Status> sign_ahead(std::string arn, const std::vector<Message>& messages,
                          std::vector<Stamp>& stamps);
  /// There is a key before there is a topic.
  Task<Status> ensure_key();
  /// The topic, if it is there and `caller` may do `action` to it.
  [[nodiscard]] Result<Topic> open(store::Tx& tx, const Caller& caller, const TopicKey& key,
                                   std::string_view action) const;
  /// Runs `change(tx, topic)` in a commit, with the topic opened.
  template <class Change, class R = std::invoke_result_t<Change, store::Tx&, Topic&>>
  Task<R> with_topic(const Caller& caller, std::string_view arn, std::string_view action,
                     Change change) {
    TM_CO_TRY(const auto key, TopicKey::of_arn(arn));
    auto write = [&](store::Tx& tx) -> R {
      TM_TRY(auto topic, open(tx, caller, key, action));
      return change(tx, topic);
    };
    co_return co_await store_.write(write);
  }
  /// As with_topic, without changing anything.
  template <class Query, class R = std::invoke_result_t<Query, store::Tx&, const Topic&>>
  Task<R> with_snapshot(const Caller& caller, std::string_view arn, std::string_view action,
                        Query query) {
    TM_CO_TRY(const auto key, TopicKey::of_arn(arn));
    auto read = [&](store::Tx& tx) -> R {
      TM_TRY(const auto topic, open(tx, caller, key, action));
      return query(tx, topic);
    };
    co_return co_await store_.read(read);
  }

  store::Store& store_;
  Topics& topics_;
  const iam::Authority& authority_;
  io::Pool& pool_;
};

constexpr std::int64_t page_max = 100;

/// What a Task<Status> operation answers.
[[nodiscard]] inline Result<wire::Empty> done(Status status) {
  if (!status) return std::unexpected(std::move(status).error());
  return wire::Empty();
}

[[nodiscard]] inline Texts texts(const std::optional<std::map<std::string, std::string>>& given) {
  return given ? Texts(given->begin(), given->end()) : Texts();
}

}  // namespace tidemill::sns
