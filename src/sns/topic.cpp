#include "sns/topic.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/json.h"
#include "sns/errors.h"

namespace tidemill::sns {
namespace {

constexpr std::string_view topic_columns =
    "id, account, region, name, attributes, tags, unsubscribed";
constexpr std::string_view subscription_columns =
    "s.id, s.topic, t.account, t.region, t.name, s.uuid, s.protocol, s.endpoint, s.owner,"
    " s.principal, s.base_url, s.attributes, s.confirmed, s.authenticated, s.token, s.token_ms"
    " FROM sns_subscriptions s JOIN sns_topics t ON t.id = s.topic";

Topic read_topic(const store::Row& row) {
  Topic topic;
  topic.id = row.integer(0);
  topic.key = {{row.text(1), row.text(2)}, row.text(3)};
  topic.attributes = of_json(row.bytes(4));
  topic.tags = of_json(row.bytes(5));
  topic.unsubscribed = row.integer(6);
  return topic;
}

Subscription read_subscription(const store::Row& row) {
  Subscription s;
  s.id = row.integer(0);
  s.topic = row.integer(1);
  s.topic_key = {{row.text(2), row.text(3)}, row.text(4)};
  s.uuid = row.text(5);
  s.protocol = row.text(6);
  s.endpoint = row.text(7);
  s.owner = row.text(8);
  s.principal = row.text(9);
  s.base_url = row.text(10);
  s.attributes = of_json(row.bytes(11));
  s.confirmed = row.integer(12) != 0;
  s.authenticated = row.integer(13) != 0;
  s.token = row.text(14);
  s.token_at = {row.integer(15)};
  return s;
}

/// An ARN's parts; the resource keeps its colons.
Result<Arn> parse_arn(std::string_view text, std::string_view parameter) {
  const auto parts = std::min<std::ptrdiff_t>(6, std::ranges::count(text, ':') + 1);
  if (parts < 6) {
    return invalid_parameter(
        fmt::format("{} Reason: An ARN must have at least 6 elements, not {}", parameter, parts));
  }
  auto arn = Arn::parse(text);
  if (!arn || arn->service != "sns") return invalid_parameter(parameter);
  return *std::move(arn);
}

}  // namespace

Result<TopicKey> TopicKey::of_arn(std::string_view text) {
  TM_TRY(auto arn, parse_arn(text, "TopicArn"));
  if (arn.resource.contains(':')) return invalid_parameter("TopicArn");
  return TopicKey{{std::move(arn.account), std::move(arn.region)}, std::move(arn.resource)};
}

std::string Topic::policy() const {
  if (const auto own = text("Policy"); !own.empty()) return std::string(own);
  json::array actions;
  for (const auto action : topic_actions) actions.emplace_back(fmt::format("SNS:{}", action));
  const json::object owner{{"AWS:SourceOwner", key.scope.account}};
  const json::object statement{{"Sid", "__default_statement_ID"},
                               {"Effect", "Allow"},
                               {"Principal", json::object{{"AWS", "*"}}},
                               {"Action", std::move(actions)},
                               {"Resource", key.arn()},
                               {"Condition", json::object{{"StringEquals", owner}}}};
  return json::dump(json::object{
      {"Version", "2008-10-17"}, {"Id", default_policy_id}, {"Statement", json::array{statement}}});
}

std::string Subscription::dead_letter_arn() const {
  const auto policy = json::parse_object(text("RedrivePolicy"));
  return policy ? std::string(json::text_or_empty(*policy, "deadLetterTargetArn")) : std::string();
}

Result<std::optional<Topic>> find_topic(store::Tx& tx, const TopicKey& key) {
  static const std::string sql = fmt::format(
      "SELECT {} FROM sns_topics WHERE account = $1 AND region = $2 AND name = $3", topic_columns);
  return tx.one(sql, read_topic, key.scope.account, key.scope.region, key.name);
}

Result<Topic> require_topic(store::Tx& tx, const TopicKey& key) {
  TM_TRY(auto found, find_topic(tx, key));
  if (!found) return no_such_topic();
  return *std::move(found);
}

Status insert_topic(store::Tx& tx, const Topic& topic) {
  TM_CHECK(
      tx.exec("INSERT INTO sns_topics (account, region, name, attributes, tags, unsubscribed,"
              " sequence) VALUES ($1, $2, $3, $4, $5, 0, 0)",
              topic.key.scope.account, topic.key.scope.region, topic.key.name,
              to_json(topic.attributes), to_json(topic.tags)));
  return {};
}

Status update_topic(store::Tx& tx, const Topic& topic) {
  TM_CHECK(tx.exec("UPDATE sns_topics SET attributes = $2, tags = $3 WHERE id = $1", topic.id,
                   to_json(topic.attributes), to_json(topic.tags)));
  return {};
}

Result<std::vector<std::string>> topic_names(store::Tx& tx, const Scope& scope,
                                             std::string_view after, std::int64_t count) {
  return tx.all(
      "SELECT name FROM sns_topics WHERE account = $1 AND region = $2 AND name > $3"
      " ORDER BY name LIMIT $4",
      [](const store::Row& row) { return row.text(0); }, scope.account, scope.region, after, count);
}

Result<std::int64_t> next_sequence(store::Tx& tx, const Topic& topic) {
  TM_TRY(const auto number,
         tx.one(
             "UPDATE sns_topics SET sequence = sequence + 1 WHERE id = $1 RETURNING sequence",
             [](const store::Row& row) { return row.integer(0); }, topic.id));
  TM_ASSERT(number.has_value());
  return *number;
}

Result<std::optional<Subscription>> find_subscription(store::Tx& tx, std::string_view arn) {
  TM_TRY(const auto parsed, parse_arn(arn, "SubscriptionArn"));
  constexpr std::size_t uuid_length = 36;
  const auto colon = parsed.resource.find(':');
  if (colon == std::string::npos || parsed.resource.size() - colon - 1 != uuid_length) {
    return invalid_parameter("SubscriptionId");
  }
  static const std::string sql = fmt::format("SELECT {} WHERE s.uuid = $1", subscription_columns);
  TM_TRY(auto found, tx.one(sql, read_subscription, parsed.resource.substr(colon + 1)));
  if (found && found->arn() != arn) found.reset();
  return found;
}

Result<std::optional<Subscription>> find_subscription(store::Tx& tx, std::int64_t id) {
  static const std::string sql = fmt::format("SELECT {} WHERE s.id = $1", subscription_columns);
  return tx.one(sql, read_subscription, id);
}

Result<std::optional<Subscription>> find_subscription(store::Tx& tx, const Topic& topic,
                                                      std::string_view protocol,
                                                      std::string_view endpoint) {
  static const std::string sql = fmt::format(
      "SELECT {} WHERE s.topic = $1 AND s.protocol = $2 AND s.endpoint = $3", subscription_columns);
  return tx.one(sql, read_subscription, topic.id, protocol, endpoint);
}

Result<std::vector<Subscription>> subscriptions_of(store::Tx& tx, const Topic& topic) {
  static const std::string sql =
      fmt::format("SELECT {} WHERE s.topic = $1 ORDER BY s.id", subscription_columns);
  return tx.all(sql, read_subscription, topic.id);
}

Result<std::vector<Subscription>> list_subscriptions(store::Tx& tx,
                                                     const SubscriptionQuery& query) {
  static const std::string sql = fmt::format(
      "SELECT {} WHERE t.account = $1 AND t.region = $2 AND ($3 = 0 OR s.topic = $3) AND s.id > $4"
      " ORDER BY s.id LIMIT $5",
      subscription_columns);
  return tx.all(sql, read_subscription, query.scope.account, query.scope.region,
                query.topic.value_or(0), query.after, query.count);
}

Result<SubscriptionCounts> count_subscriptions(store::Tx& tx, const Topic& topic) {
  TM_TRY(
      const auto counts,
      tx.one(
          "SELECT coalesce(sum(confirmed), 0), coalesce(sum(1 - confirmed), 0)"
          " FROM sns_subscriptions WHERE topic = $1",
          [](const store::Row& row) { return SubscriptionCounts{row.integer(0), row.integer(1)}; },
          topic.id));
  return *counts;
}

Status insert_subscription(store::Tx& tx, const Subscription& s) {
  TM_CHECK(tx.exec(
      "INSERT INTO sns_subscriptions (topic, uuid, protocol, endpoint, owner, principal, base_url,"
      " attributes, confirmed, authenticated, token, token_ms)"
      " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)",
      s.topic, s.uuid, s.protocol, s.endpoint, s.owner, s.principal, s.base_url,
      to_json(s.attributes), s.confirmed ? 1 : 0, s.authenticated ? 1 : 0, s.token, s.token_at.ms));
  return {};
}

Status update_subscription(store::Tx& tx, const Subscription& s) {
  TM_CHECK(
      tx.exec("UPDATE sns_subscriptions SET attributes = $2, confirmed = $3, authenticated = $4,"
              " token = $5, token_ms = $6 WHERE id = $1",
              s.id, to_json(s.attributes), s.confirmed ? 1 : 0, s.authenticated ? 1 : 0, s.token,
              s.token_at.ms));
  return {};
}

Status delete_subscription(store::Tx& tx, const Subscription& s) {
  TM_CHECK(tx.exec("DELETE FROM sns_subscriptions WHERE id = $1", s.id));
  TM_CHECK(tx.exec("UPDATE sns_topics SET unsubscribed = unsubscribed + 1 WHERE id = $1", s.topic));
  return {};
}

}  // namespace tidemill::sns
