// The life of topics and subscriptions.
#include "sns/topics.h"

#include <fmt/format.h>

#include "base/encoding.h"
#include "sns/attributes.h"
#include "sns/errors.h"

namespace tidemill::sns {
namespace {

constexpr std::string_view key_place = "sns/signing-key";
constexpr std::size_t token_bytes = 64;
// A message goes to all of them in one transaction.
constexpr std::int64_t subscriptions_max = 10'000;
constexpr auto token_lasts = std::chrono::days(2);

/// Whether all of `given` is as `there` has it.
bool agrees(const Texts& given, const auto& there) {
  for (const auto& [name, value] : given) {
    const auto has = there.text(name);
    if (has != value && !(has.empty() && value == "false")) return false;
  }
  return true;
}

}  // namespace

Status Topics::load(store::Tx& tx) {
  TM_TRY(const auto stored,
         tx.one("SELECT private_key, certificate FROM sns_signing_key", [](const store::Row& row) {
           return std::pair(from_base64(row.bytes(0)).value_or(""), row.text(1));
         }));
  if (!stored) return {};
  TM_TRY(auto pem, parts_.sealer.open(stored->first, key_place));
  TM_TRY(auto key, SigningKey::load(Secret(std::move(pem)), stored->second));
  key_.store(std::make_shared<const SigningKey>(std::move(key)));
  return {};
}

Status Topics::reset(store::Tx& tx) {
  for (const auto* table : {"sns_deliveries", "sns_dedup", "sns_subscriptions", "sns_topics"}) {
    TM_CHECK(tx.exec(fmt::format("DELETE FROM {}", table)));
  }
  filters_.clear();
  return {};
}

Status Topics::adopt(store::Tx& tx, const SigningKey& key) {
  if (key_.load()) return {};
  TM_CHECK(tx.exec(
      "INSERT INTO sns_signing_key (id, private_key, certificate) VALUES (1, $1, $2)"
      " ON CONFLICT (id) DO NOTHING",
      to_base64(parts_.sealer.seal(key.private_pem().reveal(), key_place)), key.certificate()));
  tx.on_commit([this, key] {
    if (!key_.load()) key_.store(std::make_shared<const SigningKey>(key));
  });
  return {};
}

Result<Topic> Topics::create(store::Tx& tx, const TopicKey& key, const Texts& attributes,
                             const Texts& tags) {
  const bool is_fifo = text_or_empty(attributes, "FifoTopic") == "true";
  TM_CHECK(check_topic_name(key.name, is_fifo));
  TM_CHECK(check_topic_attributes(attributes, is_fifo));
  TM_TRY(auto there, find_topic(tx, key));
  if (there) {
    if (!agrees(attributes, *there)) {
      return invalid_parameter("Attributes Reason: Topic already exists with different attributes");
    }
    if (!tags.empty() && tags != there->tags) {
      return invalid_parameter("Tags Reason: Topic already exists with different tags");
    }
    return *std::move(there);
  }
  Topic topic;
  topic.key = key;
  topic.tags = tags;
  for (const auto& [name, value] : attributes) {
    const bool says_nothing = value.empty() || (name == "FifoTopic" && !is_fifo);
    if (!says_nothing) topic.attributes[name] = value;
  }
  TM_CHECK(insert_topic(tx, topic));
  return require_topic(tx, key);
}

Status Topics::remove(store::Tx& tx, const Topic& topic) {
  TM_TRY(const auto subscriptions, subscriptions_of(tx, topic));
  for (const auto& one : subscriptions) {
    filters_.erase(one.id);
    TM_CHECK(forget_deliveries(tx, one));
  }
  TM_CHECK(tx.exec("DELETE FROM sns_subscriptions WHERE topic = $1", topic.id));
  TM_CHECK(tx.exec("DELETE FROM sns_dedup WHERE topic = $1", topic.id));
  TM_CHECK(tx.exec("DELETE FROM sns_topics WHERE id = $1", topic.id));
  return {};
}

Result<Subscription> Topics::subscribe(store::Tx& tx, const Topic& topic,
                                       const SubscribeOrder& order) {
  TM_CHECK(check_endpoint(topic, order.protocol, order.endpoint));
  TM_CHECK(check_subscription_attributes(order.attributes, order.protocol));
  TM_TRY(auto there, find_subscription(tx, topic, order.protocol, order.endpoint));
  const auto now = parts_.clock.now();
  if (there) {
    if (!agrees(order.attributes, *there)) {
      return invalid_parameter(
          "Attributes Reason: Subscription already exists with different attributes");
    }
    if (there->confirmed) return *std::move(there);
    there->token_at = now;  // Who asks again is asked again.
    TM_CHECK(update_subscription(tx, *there));
    TM_CHECK(shake_hands(tx, topic, *there));
    return *std::move(there);
  }
  TM_TRY(const auto counts, count_subscriptions(tx, topic));
  if (counts.confirmed + counts.pending >= subscriptions_max) {
    return refuse("SubscriptionLimitExceeded",
                  fmt::format("A topic has at most {} subscriptions", subscriptions_max), 403);
  }
  Subscription made;
  made.topic = topic.id;
  made.topic_key = topic.key;
  made.uuid = random_uuid(parts_.random);
  made.protocol = order.protocol;
  made.endpoint = order.endpoint;
  made.owner = order.account;
  made.principal = order.principal;
  made.base_url = order.base_url;
  for (const auto& [name, value] : order.attributes) {
    if (!value.empty()) made.attributes[name] = value;
  }
  // A queue's policy says whether it takes from the topic.
  made.confirmed = made.authenticated = order.protocol == "sqs";
  made.token = random_hex(parts_.random, token_bytes);
  made.token_at = now;
  TM_CHECK(insert_subscription(tx, made));
  TM_TRY(auto stored, find_subscription(tx, topic, order.protocol, order.endpoint));
  TM_ASSERT(stored.has_value());
  if (!stored->confirmed) TM_CHECK(shake_hands(tx, topic, *stored));
  return *std::move(stored);
}

Result<Subscription> Topics::confirm(store::Tx& tx, const Topic& topic, std::string_view token,
                                     bool authenticated) {
  TM_TRY(const auto subscriptions, subscriptions_of(tx, topic));
  for (const auto& one : subscriptions) {
    if (!equal_constant_time(one.token, token)) continue;
    if (one.token_at.plus(token_lasts) < parts_.clock.now()) break;
    auto confirmed = one;
    confirmed.confirmed = true;
    if (!one.confirmed) confirmed.authenticated = authenticated;
    TM_CHECK(update_subscription(tx, confirmed));
    return confirmed;
  }
  return invalid_parameter("Token", "it isn't one of the topic's, or older than two days");
}

Status Topics::unsubscribe(store::Tx& tx, const Subscription& subscription) {
  filters_.erase(subscription.id);
  TM_CHECK(delete_subscription(tx, subscription));
  return forget_deliveries(tx, subscription);
}

Status Topics::may_publish(const Topic& topic, const iam::OnBehalf& who) const {
  const auto arn = topic.key.arn();
  auto conditions = iam::conditions_of(who);
  // The services that AWS lets in by a topic's default policy.
  if (who.service == "cloudwatch.amazonaws.com") {
    conditions["aws:sourceowner"] = std::string(who.account);
  }
  TM_TRY(const auto policy, iam::Policy::parse(topic.policy(), iam::Policy::Kind::resource));
  const iam::Question asked{"SNS:Publish", arn, conditions};
  if (parts_.authority.service_may(who.service, asked, policy)) return {};
  return fail(Errc::access_denied, "AuthorizationError",
              iam::no_policy_allows(who, asked, "topic"));
}

Result<std::string> Topics::publish(store::Tx& tx, std::string_view topic_arn,
                                    const Message& message, const iam::OnBehalf& who) {
  TM_TRY(const auto key, TopicKey::of_arn(topic_arn));
  TM_TRY(const auto topic, require_topic(tx, key));
  TM_CHECK(may_publish(topic, who));
  TM_TRY(auto published, publish(tx, topic, message, stamp()));
  return std::move(published.id);
}

}  // namespace tidemill::sns
