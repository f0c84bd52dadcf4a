// From a message to those who subscribed.
#include <fmt/format.h>

#include "base/digest.h"
#include "base/encoding.h"
#include "base/failpoint.h"
#include "base/json.h"
#include "base/log.h"
#include "sns/errors.h"
#include "sns/topics.h"

namespace tidemill::sns {
namespace {

constexpr auto dedup_window = std::chrono::minutes(5);

std::string sequence_text(std::int64_t number) {
  constexpr std::uint64_t first = 10'000'000'000'000'000'000U;
  return fmt::format("{}", first + std::uint64_t(number));
}

QueueMessage message_for(const std::string& queue_arn, const Topic& topic, const Parcel& parcel) {
  return {.queue_arn = queue_arn,
          .body = parcel.body,
          .attributes = parcel.attributes,
          .group_id = parcel.group_id,
          .dedup_id = parcel.dedup_id,
          .topic_arn = topic.key.arn(),
          .scope = topic.key.scope};
}

}  // namespace

/// A FIFO topic gives the message its place; or, where it had the same one less than five minutes
/// ago, what it said then.
Result<std::optional<Published>> Topics::enter(store::Tx& tx, const Topic& topic,
                                               std::string_view dedup_id, Notification& sent) {
  const bool by_group = topic.text("FifoThroughputScope") == "MessageGroup";
  const std::string lane = by_group ? sent.message.group_id : std::string();
  TM_CHECK(tx.exec("DELETE FROM sns_dedup WHERE until_ms <= $1", sent.time.ms));
  TM_TRY(auto before,
         tx.one(
             "SELECT message_id, sequence FROM sns_dedup WHERE topic = $1 AND lane = $2"
             " AND dedup_id = $3",
             [](const store::Row& row) {
               return Published{row.text(0), sequence_text(row.integer(1))};
             },
             topic.id, lane, dedup_id));
  if (before) return before;
  TM_TRY(const auto number, next_sequence(tx, topic));
  sent.sequence = sequence_text(number);
  TM_CHECK(
      tx.exec("INSERT INTO sns_dedup (topic, lane, dedup_id, message_id, sequence, until_ms)"
              " VALUES ($1, $2, $3, $4, $5, $6)",
              topic.id, lane, dedup_id, sent.id, number, sent.time.plus(dedup_window).ms));
  return std::nullopt;
}

Result<Filter::Verdict> Topics::judge(const Subscription& subscription, const Message& message) {
  const auto policy = subscription.text("FilterPolicy");
  if (policy.empty()) return Filter::Verdict::passes;
  const auto scope = filter_scope(subscription.attributes);
  auto cached = filters_.find(subscription.id);
  if (cached == filters_.end() || cached->second.policy != policy ||
      cached->second.filter.scope() != scope) {
    TM_TRY(auto filter, Filter::compile(policy, scope));
    filters_.erase(subscription.id);
    cached = filters_.emplace(subscription.id, CachedFilter{std::string(policy), std::move(filter)})
                 .first;
  }
  return cached->second.filter.judge(message.attributes, message.text);
}

Stamp Topics::stamp() const {
  return {random_uuid(parts_.random), parts_.clock.now(), Signer(key_.load())};
}

Result<Published> Topics::publish(store::Tx& tx, const Topic& topic, const Message& message,
                                  Stamp stamp) {
  TM_CHECK(check_message(topic, message));
  TM_FAILPOINT_CHECK("sns.publish");
  Notification sent{.id = std::move(stamp.id), .time = stamp.time, .message = message};
  std::string dedup_id = message.dedup_id;
  if (topic.is_fifo()) {
    if (dedup_id.empty()) dedup_id = sha256_hex(message.text);
    TM_TRY(auto before, enter(tx, topic, dedup_id, sent));
    if (before) return *std::move(before);
  }
  count(tx, topic, "NumberOfMessagesPublished");
  count(tx, topic, "PublishSize", double(size_of(message)), "Bytes");
  TM_TRY(const auto subscriptions, subscriptions_of(tx, topic));
  for (const auto& one : subscriptions) {
    if (!one.confirmed) continue;
    TM_TRY(const auto verdict, judge(one, message));
    if (verdict != Filter::Verdict::passes) {
      count_filtered(tx, topic, verdict, filter_scope(one.attributes));
      continue;
    }
    auto parcel = pack(topic, one, sent, stamp.signer);
    parcel.dedup_id = dedup_id;
    TM_CHECK(deliver(tx, topic, one, parcel));
  }
  return Published{std::move(sent.id), std::move(sent.sequence)};
}

Parcel Topics::pack(const Topic& topic, const Subscription& subscription, const Notification& sent,
                    Signer& signer) {
  const auto& message = sent.message;
  Parcel parcel{.type = std::string(notification_type),
                .message_id = sent.id,
                .group_id = message.group_id,
                .subject = message.subject.value_or(""),
                .raw = subscription.is_raw()};
  if (subscription.protocol == "email") {
    parcel.body = mail_text(subscription, text_for(message, subscription.protocol));
  } else if (parcel.raw) {
    parcel.body = text_for(message, subscription.protocol);
    parcel.attributes = message.attributes;
  } else {
    parcel.body = envelope(topic, subscription, sent, signer);
  }
  return parcel;
}

Status Topics::deliver(store::Tx& tx, const Topic& topic, const Subscription& subscription,
                       const Parcel& parcel) {
  if (subscription.protocol != "sqs") return post(tx, subscription, parcel);
  TM_TRY(const auto against,
         parts_.queues.send(tx, message_for(subscription.endpoint, topic, parcel)));
  if (!against) {
    count(tx, topic, "NumberOfNotificationsDelivered");
    return {};
  }
  TM_TRY(const auto left, bury(tx, topic, subscription, parcel, *against));
  return left ? add_failure(tx, subscription, parcel, *left, parts_.clock.now()) : Status();
}

Result<std::optional<std::string>> Topics::bury(store::Tx& tx, const Topic& topic,
                                                const Subscription& subscription,
                                                const Parcel& parcel, const std::string& reason) {
  TM_FAILPOINT_CHECK("sns.bury");
  auto why = reason;
  if (parcel.type == notification_type) count(tx, topic, "NumberOfNotificationsFailed");
  const auto dead = subscription.dead_letter_arn();
  if (!dead.empty() && parcel.type == notification_type) {
    TM_TRY(const auto against, parts_.queues.send(tx, message_for(dead, topic, parcel)));
    count(tx, topic,
          against ? "NumberOfNotificationsFailedToRedriveToDlq"
                  : "NumberOfNotificationsRedrivenToDlq");
    if (!against) return std::nullopt;
    why += fmt::format("; nor to its dead-letter queue: {}", *against);
  }
  tx.on_commit([arn = subscription.arn(), id = parcel.message_id, why] {
    TM_LOG(warn, "sns", "notification not delivered",
           {{"subscription", arn}, {"message", id}, {"reason", why}});
  });
  return why;
}

Status Topics::post(store::Tx& tx, const Subscription& subscription, const Parcel& parcel) {
  const auto now = parts_.clock.now();
  TM_CHECK(add_delivery(tx, subscription, parcel, now));
  if (options_.due) tx.on_commit([this, now] { options_.due(now); });
  return {};
}

Status Topics::settle(store::Tx& tx, const Outgoing& delivery, const Attempt& attempt) {
  TM_FAILPOINT_CHECK("sns.settle");
  TM_TRY(const bool is_wanted, is_pending(tx, delivery.id));
  if (!is_wanted) return {};  // Its subscription has ended meanwhile.
  const auto now = parts_.clock.now();
  if (attempt.end == Attempt::End::delivered) {
    if (delivery.type == notification_type) {
      count(tx, delivery.topic, "NumberOfNotificationsDelivered");
    }
    return remove_delivery(tx, delivery.id);
  }
  const auto pause = next_pause(delivery.policy().retry, delivery.tries + 1);
  if (attempt.end == Attempt::End::again && pause) {
    const auto due = now.plus(*pause);
    TM_CHECK(postpone_delivery(tx, delivery.id, due, attempt.reason));
    if (options_.due) tx.on_commit([this, due] { options_.due(due); });
    return {};
  }
  const Parcel parcel{.type = delivery.type,
                      .message_id = delivery.message_id,
                      .body = delivery.body,
                      .subject = delivery.subject,
                      .raw = delivery.raw};
  TM_TRY(const auto left, bury(tx, delivery.topic, delivery.subscription, parcel, attempt.reason));
  return left ? fail_delivery(tx, delivery.id, now, *left) : remove_delivery(tx, delivery.id);
}

Status Topics::shake_hands(store::Tx& tx, const Topic& topic, const Subscription& subscription) {
  if (subscription.protocol.starts_with("email") && !options_.has_mail) {
    tx.on_commit([arn = subscription.arn(), to = subscription.endpoint] {
      TM_LOG(warn, "sns", "subscription stays PendingConfirmation: no mail is sent without --smtp",
             {{"subscription", arn}, {"address", to}});
    });
    return {};
  }
  Signer signer(key_.load());
  const Handshake handshake{random_uuid(parts_.random), parts_.clock.now()};
  const bool to_person = subscription.protocol == "email";
  return post(tx, subscription,
              {.type = std::string(confirmation_type),
               .message_id = handshake.id,
               .body = to_person ? mail_question(subscription)
                                 : envelope(topic, subscription, handshake, signer),
               .subject = "AWS Notification - Subscription Confirmation"});
}

void Topics::count(store::Tx& tx, const Topic& topic, std::string_view metric, double value,
                   std::string_view unit) const {
  if (options_.meter == nullptr) return;
  tx.on_commit([this, key = topic.key, metric, value, unit] {
    const std::pair<std::string_view, std::string_view> dimensions[] = {{"TopicName", key.name}};
    options_.meter->measure({key.scope, "AWS/SNS", metric, dimensions, value, unit});
  });
}

void Topics::count_filtered(store::Tx& tx, const Topic& topic, Filter::Verdict verdict,
                            FilterScope scope) const {
  count(tx, topic, "NumberOfNotificationsFilteredOut");
  count(tx, topic,
        scope == FilterScope::body ? "NumberOfNotificationsFilteredOut-MessageBody"
                                   : "NumberOfNotificationsFilteredOut-MessageAttributes");
  if (verdict == Filter::Verdict::no_attributes) {
    count(tx, topic, "NumberOfNotificationsFilteredOut-NoMessageAttributes");
  } else if (verdict == Filter::Verdict::invalid_body) {
    count(tx, topic, "NumberOfNotificationsFilteredOut-InvalidMessageBody");
  }
}

}  // namespace tidemill::sns
