// Messages in: checks, order, deduplication.
#include <algorithm>

#include <fmt/format.h>

#include "base/digest.h"
#include "base/encoding.h"
#include "base/failpoint.h"
#include "sqs/errors.h"
#include "sqs/queues.h"
#include "sqs/row.h"

namespace tidemill::sqs {
namespace {

constexpr auto dedup_window = std::chrono::minutes(5);
constexpr std::int64_t delay_s_max = 900;
constexpr int expired_per_step = 500;

std::string sequence_text(std::int64_t seq) { return fmt::format("{:020}", seq); }

/// Letters, digits and punctuation of ASCII, 1 to 128.
bool is_token(std::string_view text) {
  constexpr std::size_t length_max = 128;
  return !text.empty() && text.size() <= length_max &&
         std::ranges::all_of(text, [](char c) { return c > ' ' && c < 0x7f; });
}

Status check_token(std::string_view text, std::string_view parameter) {
  if (is_token(text)) return {};
  return invalid_value(
      text, parameter,
      fmt::format(
          "{} can only include alphanumeric and punctuation characters. 1 to 128 in length.",
          parameter));
}

std::optional<std::string> unless_empty(const std::string& text) {
  return text.empty() ? std::nullopt : std::optional(text);
}

}  // namespace

Status Queues::check_sending(const Queue& queue, const Message& message) const {
  TM_CHECK(check_message(message));
  const auto bytes_max = std::size_t(queue.number("MaximumMessageSize"));
  if (size_of(message) > bytes_max) {
    return invalid_parameter(
        fmt::format("One or more parameters are invalid. Reason: Message must be shorter than {} "
                    "bytes.",
                    bytes_max));
  }
  if (!message.group_id.empty()) TM_CHECK(check_token(message.group_id, "MessageGroupId"));
  if (!message.dedup_id.empty()) TM_CHECK(check_token(message.dedup_id, "MessageDeduplicationId"));
  const auto delay = message.delay_s.value_or(0);
  if (delay < 0 || delay > delay_s_max) {
    return invalid_value(std::to_string(delay), "DelaySeconds",
                         "DelaySeconds must be >= 0 and <= 900.");
  }
  constexpr std::string_view not_of_this_type =
      "The request include parameter that is not valid for this queue type.";
  if (!queue.is_fifo()) {
    if (message.dedup_id.empty()) return {};
    return invalid_value(message.dedup_id, "MessageDeduplicationId", not_of_this_type);
  }
  if (delay != 0) return invalid_value(std::to_string(delay), "DelaySeconds", not_of_this_type);
  if (message.group_id.empty()) return missing_parameter("MessageGroupId");
  if (message.dedup_id.empty() && queue.text("ContentBasedDeduplication") != "true") {
    return invalid_parameter(
        "The queue should either have ContentBasedDeduplication enabled or MessageDeduplicationId "
        "provided explicitly");
  }
  return {};
}

Result<Sent> Queues::send(store::Tx& tx, const Queue& queue, const Message& message,
                          std::string_view sender) {
  TM_CHECK(check_sending(queue, message));
  const auto now = parts_.clock.now();
  // A FIFO queue's messages are delayed alike, or they would overtake one another.
  const auto delay_s =
      message.delay_s && !queue.is_fifo() ? *message.delay_s : queue.number("DelaySeconds");
  Row row;
  row.seq = next_number();
  row.box = queue.box;
  row.id = ordered_uuid(parts_.random, now);
  row.sent = now;
  row.visible = now.plus(std::chrono::seconds(delay_s));
  row.sender = sender;
  row.group_id = message.group_id;
  row.dedup_id = message.dedup_id;
  row.trace = message.trace;
  row.attributes = encode(message.attributes);
  row.body = message.body;
  count(tx, queue, "NumberOfMessagesSent", 1);
  if (queue.is_fifo()) return send_in_order(tx, queue, message, std::move(row));
  TM_CHECK(insert(tx, row));
  announce(tx, queue, row.visible);
  return Sent{std::move(row.id), {}};
}

Result<Sent> Queues::send_in_order(store::Tx& tx, const Queue& queue, const Message& message,
                                   Row row) {
  if (row.dedup_id.empty()) row.dedup_id = sha256_hex(message.body);
  const std::string space = queue.dedup_by_group ? row.group_id : std::string();
  TM_CHECK(tx.exec("DELETE FROM sqs_dedup WHERE until_ms <= $1", row.sent.ms));
  TM_TRY(const auto before,
         tx.one(
             "SELECT message_id, seq FROM sqs_dedup WHERE box = $1 AND lane = $2 AND dedup_id = $3",
             [](const store::Row& r) { return Sent{r.text(0), sequence_text(r.integer(1))}; },
             row.box, space, row.dedup_id));
  if (before) return *before;
  TM_CHECK(
      tx.exec("INSERT INTO sqs_dedup (box, lane, dedup_id, message_id, seq, until_ms)"
              " VALUES ($1, $2, $3, $4, $5, $6)",
              row.box, space, row.dedup_id, row.id, row.seq, row.sent.plus(dedup_window).ms));
  row.lane = row.group_id;
  TM_CHECK(insert(tx, row));
  TM_TRY(const auto added, tx.exec("INSERT INTO sqs_lanes (box, lane, ready_ms, head) VALUES ($1,"
                                   " $2, $3, $4) ON CONFLICT (box, lane) DO NOTHING",
                                   row.box, row.group_id, row.visible.ms, row.seq));
  if (added > 0) announce(tx, queue, row.visible);
  return Sent{std::move(row.id), sequence_text(row.seq)};
}

Status Queues::insert(store::Tx& tx, const Row& row) const {
  TM_FAILPOINT_CHECK("sqs.send");
  TM_CHECK(
      tx.exec("INSERT INTO sqs_messages (seq, box, id, lane, sent_ms, visible_ms, receipt,"
              " receives, sender, group_id, dedup_id, trace, attributes, body)"
              " VALUES ($1, $2, $3, $4, $5, $6, 0, 0, $7, $8, $9, $10, $11, $12)",
              row.seq, row.box, row.id, row.lane, row.sent.ms, row.visible.ms, row.sender,
              unless_empty(row.group_id), unless_empty(row.dedup_id), unless_empty(row.trace),
              row.attributes, row.body));
  return {};
}

Status Queues::may_send(const Queue& queue, const iam::OnBehalf& who) const {
  const auto arn = queue.key.arn();
  const auto conditions = iam::conditions_of(who);
  const iam::Question asked{"sqs:SendMessage", arn, conditions};
  iam::Policy policy;
  if (const auto document = queue.text("Policy"); !document.empty()) {
    TM_TRY(policy, iam::Policy::parse(document, iam::Policy::Kind::resource));
  }
  if (parts_.authority.service_may(who.service, asked, policy)) return {};
  return fail(Errc::access_denied, "AccessDeniedException",
              iam::no_policy_allows(who, asked, "queue"));
}

Result<std::string> Queues::send(store::Tx& tx, std::string_view queue_arn, const Message& message,
                                 const iam::OnBehalf& who) {
  TM_TRY(const auto queue, find_queue(tx, queue_arn));
  if (!queue) return no_such_queue();
  TM_CHECK(may_send(*queue, who));
  TM_TRY(auto sent, send(tx, *queue, message, who.service));
  return std::move(sent.id);
}

Status Queues::expire(store::Tx& tx, const Queue& queue) {
  std::vector<std::string> lanes;
  const store::RowFn row = [&lanes](const store::Row& r) {
    if (!r.null(0)) lanes.push_back(r.text(0));
    return true;
  };
  TM_CHECK(
      tx.each("DELETE FROM sqs_messages WHERE seq IN (SELECT seq FROM sqs_messages"
              " WHERE box = $1 AND sent_ms <= $2 ORDER BY sent_ms LIMIT $3) RETURNING lane",
              row, queue.box, queue.expired_until(parts_.clock.now()).ms, expired_per_step));
  std::ranges::sort(lanes);
  lanes.erase(std::ranges::unique(lanes).begin(), lanes.end());
  for (const auto& lane : lanes) TM_CHECK(refresh_lane(tx, queue, lane));
  return {};
}

Status Queues::refresh_lane(store::Tx& tx, const Queue& queue, std::string_view lane) const {
  struct Head {
    std::int64_t seq, visible_ms;
  };
  TM_TRY(
      const auto head,
      tx.one(
          "SELECT seq, visible_ms FROM sqs_messages WHERE box = $1 AND lane = $2"
          " ORDER BY seq LIMIT 1",
          [](const store::Row& r) { return Head{r.integer(0), r.integer(1)}; }, queue.box, lane));
  if (!head) {
    TM_CHECK(tx.exec("DELETE FROM sqs_lanes WHERE box = $1 AND lane = $2", queue.box, lane));
    return {};
  }
  TM_CHECK(
      tx.exec("INSERT INTO sqs_lanes (box, lane, ready_ms, head) VALUES ($1, $2, $3, $4)"
              " ON CONFLICT (box, lane) DO UPDATE SET ready_ms = $3, head = $4",
              queue.box, lane, head->visible_ms, head->seq));
  announce(tx, queue, {head->visible_ms});
  return {};
}

}  // namespace tidemill::sqs
