#include "sns/outbox.h"

#include <fmt/format.h>

#include "base/json.h"

namespace tidemill::sns {
namespace {

constexpr int forgotten_a_step = 1000;

std::string message_text(const Parcel& parcel) {
  return json::dump(
      json::object{{"body", parcel.body}, {"raw", parcel.raw}, {"subject", parcel.subject}});
}

Outgoing read_outgoing(const store::Row& row) {
  Outgoing out;
  out.id = row.integer(0);
  out.subscription.id = row.integer(1);
  out.type = row.text(2);
  out.message_id = row.text(3);
  const auto message = json::parse_object(row.bytes(4));
  TM_ASSERT(message.has_value());
  out.body = json::text_or_empty(*message, "body");
  out.subject = json::text_or_empty(*message, "subject");
  out.raw = message->at("raw").as_bool();
  out.tries = int(row.integer(5));
  return out;
}

}  // namespace

DeliveryPolicy Outgoing::policy() const {
  return delivery_policy(topic.text("DeliveryPolicy"), subscription.text("DeliveryPolicy"));
}

Result<std::vector<Outgoing>> due_deliveries(store::Tx& tx, const DueQuery& query) {
  std::vector<Outgoing> found;
  const store::RowFn take = [&](const store::Row& row) {
    if (!query.flying.contains(row.integer(0))) found.push_back(read_outgoing(row));
    return found.size() < query.count;
  };
  const auto& busy = query.busy;
  TM_CHECK(tx.each(
      "SELECT id, subscription, type, message_id, message, tries FROM sns_deliveries"
      " WHERE due_ms <= $1 AND subscription NOT IN ($2, $3, $4, $5, $6, $7, $8, $9)"
      " ORDER BY due_ms, id",
      take, query.now.ms, busy[0], busy[1], busy[2], busy[3], busy[4], busy[5], busy[6], busy[7]));
  for (auto& one : found) {
    TM_TRY(auto subscription, find_subscription(tx, one.subscription.id));
    TM_ASSERT(subscription.has_value());  // Who unsubscribes takes these with them.
    one.subscription = *std::move(subscription);
    TM_TRY(one.topic, require_topic(tx, one.subscription.topic_key));
  }
  return found;
}

Result<std::optional<TimeMs>> next_due(store::Tx& tx, TimeMs now) {
  TM_TRY(const auto next, tx.one(
                              "SELECT min(due_ms) FROM sns_deliveries WHERE due_ms > $1",
                              [](const store::Row& row) { return row.maybe_integer(0); }, now.ms));
  if (!next || !*next) return std::nullopt;
  return TimeMs{**next};
}

Status add_delivery(store::Tx& tx, const Subscription& subscription, const Parcel& parcel,
                    TimeMs now) {
  TM_CHECK(
      tx.exec("INSERT INTO sns_deliveries (subscription, subscription_arn, type, message_id,"
              " message, state, tries, due_ms, reason, created_ms)"
              " VALUES ($1, $2, $3, $4, $5, 'pending', 0, $6, '', $6)",
              subscription.id, subscription.arn(), parcel.type, parcel.message_id,
              message_text(parcel), now.ms));
  return {};
}

Status add_failure(store::Tx& tx, const Subscription& subscription, const Parcel& parcel,
                   const std::string& reason, TimeMs now) {
  TM_CHECK(
      tx.exec("INSERT INTO sns_deliveries (subscription, subscription_arn, type, message_id,"
              " message, state, tries, reason, created_ms, ended_ms)"
              " VALUES ($1, $2, $3, $4, $5, 'failed', 1, $6, $7, $7)",
              subscription.id, subscription.arn(), parcel.type, parcel.message_id,
              message_text(parcel), reason, now.ms));
  return {};
}

Status forget_deliveries(store::Tx& tx, const Subscription& subscription) {
  TM_CHECK(tx.exec("DELETE FROM sns_deliveries WHERE subscription = $1 AND state = 'pending'",
                   subscription.id));
  return {};
}

Result<bool> is_pending(store::Tx& tx, std::int64_t id) {
  TM_TRY(const auto found, tx.one(
                               "SELECT 1 FROM sns_deliveries WHERE id = $1 AND state = 'pending'",
                               [](const store::Row& row) { return row.integer(0); }, id));
  return found.has_value();
}

Status remove_delivery(store::Tx& tx, std::int64_t id) {
  TM_CHECK(tx.exec("DELETE FROM sns_deliveries WHERE id = $1", id));
  return {};
}

Status postpone_delivery(store::Tx& tx, std::int64_t id, TimeMs due, const std::string& reason) {
  TM_CHECK(
      tx.exec("UPDATE sns_deliveries SET tries = tries + 1, due_ms = $2, reason = $3"
              " WHERE id = $1",
              id, due.ms, reason));
  return {};
}

Status fail_delivery(store::Tx& tx, std::int64_t id, TimeMs now, const std::string& reason) {
  TM_CHECK(
      tx.exec("UPDATE sns_deliveries SET state = 'failed', tries = tries + 1, due_ms = NULL,"
              " reason = $3, ended_ms = $2 WHERE id = $1",
              id, now.ms, reason));
  return {};
}

Result<bool> forget_failures(store::Tx& tx, TimeMs time) {
  TM_TRY(const auto gone,
         tx.exec("DELETE FROM sns_deliveries WHERE id IN (SELECT id FROM sns_deliveries"
                 " WHERE ended_ms < $1 ORDER BY ended_ms LIMIT $2)",
                 time.ms, forgotten_a_step));
  return gone == forgotten_a_step;
}

}  // namespace tidemill::sns
