/// A topic and a subscription as their rows have them: names, attributes as they were set.
/// Functions take the open transaction.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/arn.h"
#include "base/texts.h"
#include "base/time.h"
#include "store/store.h"

namespace tidemill::sns {

/// What a topic's policy may let others do, as AWS's default policy lists it.
inline constexpr std::array<std::string_view, 8> topic_actions = {"GetTopicAttributes",
                                                                  "SetTopicAttributes",
                                                                  "AddPermission",
                                                                  "RemovePermission",
                                                                  "DeleteTopic",
                                                                  "Subscribe",
                                                                  "ListSubscriptionsByTopic",
                                                                  "Publish"};
constexpr std::string_view default_policy_id = "__default_policy_ID";

struct TopicKey {
  Scope scope;
  std::string name;

  [[nodiscard]] std::string arn() const { return make_arn("sns", scope, name); }
  /// Fails with InvalidParameter where `arn` isn't a topic's.
  [[nodiscard]] static Result<TopicKey> of_arn(std::string_view arn);
  bool operator==(const TopicKey&) const = default;
};

struct Topic {
  std::int64_t id = 0;
  TopicKey key;
  Texts attributes, tags;
  std::int64_t unsubscribed = 0;

  [[nodiscard]] bool is_fifo() const { return key.name.ends_with(".fifo"); }
  /// The attribute as it was set, or "".
  [[nodiscard]] std::string_view text(std::string_view attribute) const {
    return text_or_empty(attributes, attribute);
  }
  /// Its Policy, or AWS's default: the account's own services that name their owner may publish.
  [[nodiscard]] std::string policy() const;
};

struct Subscription {
  std::int64_t id = 0, topic = 0;
  TopicKey topic_key;
  std::string uuid;
  std::string protocol, endpoint;
  std::string owner, principal, base_url;
  Texts attributes;
  bool confirmed = false, authenticated = false;
  std::string token;
  TimeMs token_at;

  [[nodiscard]] std::string arn() const { return topic_key.arn() + ":" + uuid; }
  /// The attribute as it was set, or "".
  [[nodiscard]] std::string_view text(std::string_view attribute) const {
    return text_or_empty(attributes, attribute);
  }
  [[nodiscard]] bool is_raw() const { return text("RawMessageDelivery") == "true"; }
  /// The dead-letter queue of its RedrivePolicy, or "".
  [[nodiscard]] std::string dead_letter_arn() const;
};

[[nodiscard]] Result<std::optional<Topic>> find_topic(store::Tx& tx, const TopicKey& key);
/// Fails with NotFound.
[[nodiscard]] Result<Topic> require_topic(store::Tx& tx, const TopicKey& key);
[[nodiscard]] Status insert_topic(store::Tx& tx, const Topic& topic);
/// Attributes and tags.
[[nodiscard]] Status update_topic(store::Tx& tx, const Topic& topic);
/// The names in `scope` that follow `after`, in order, at most `count`.
[[nodiscard]] Result<std::vector<std::string>> topic_names(store::Tx& tx, const Scope& scope,
                                                           std::string_view after,
                                                           std::int64_t count);
/// The next number of a FIFO topic's messages.
[[nodiscard]] Result<std::int64_t> next_sequence(store::Tx& tx, const Topic& topic);

/// By TOPIC_ARN:UUID. Fails with InvalidParameter where it isn't one's ARN.
[[nodiscard]] Result<std::optional<Subscription>> find_subscription(store::Tx& tx,
                                                                    std::string_view arn);
[[nodiscard]] Result<std::optional<Subscription>> find_subscription(store::Tx& tx, std::int64_t id);
[[nodiscard]] Result<std::optional<Subscription>> find_subscription(store::Tx& tx,
                                                                    const Topic& topic,
                                                                    std::string_view protocol,
                                                                    std::string_view endpoint);
/// All of a topic, in the order in which they were made.
[[nodiscard]] Result<std::vector<Subscription>> subscriptions_of(store::Tx& tx, const Topic& topic);

struct SubscriptionQuery {
  Scope scope;
  std::optional<std::int64_t> topic;  ///< Else of all topics in `scope`.
  std::int64_t after = 0;             ///< The id at which the page before ended.
  std::int64_t count = 100;
};
[[nodiscard]] Result<std::vector<Subscription>> list_subscriptions(store::Tx& tx,
                                                                   const SubscriptionQuery& query);

struct SubscriptionCounts {
  std::int64_t confirmed = 0, pending = 0;
};
[[nodiscard]] Result<SubscriptionCounts> count_subscriptions(store::Tx& tx, const Topic& topic);

[[nodiscard]] Status insert_subscription(store::Tx& tx, const Subscription& subscription);
/// Attributes, confirmation and token.
[[nodiscard]] Status update_subscription(store::Tx& tx, const Subscription& subscription);
[[nodiscard]] Status delete_subscription(store::Tx& tx, const Subscription& subscription);

}  // namespace tidemill::sns
