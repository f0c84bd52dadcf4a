// Messages out: receive, delete, visibility; and to the dead letters.
#include <algorithm>

#include <fmt/format.h>

#include "base/failpoint.h"
#include "sqs/errors.h"
#include "sqs/handle.h"
#include "sqs/queues.h"
#include "sqs/row.h"

namespace tidemill::sqs {
namespace {

constexpr std::int64_t in_flight_max = 120'000, in_flight_max_fifo = 20'000;
constexpr std::int64_t visibility_s_max = 43'200;
/// Letters that one receive lays to the dead; the next ones go with the next receive.
constexpr int buried_max = 1000;

std::int64_t random_receipt(Random& random) {
  std::array<std::uint8_t, 7> bytes;
  random.fill(bytes);
  std::int64_t number = 1;
  for (const auto byte : bytes) number = number << 8 | byte;
  return number;
}

}  // namespace

/// One receive on its way.
struct Queues::Receiving {
  const Queue& queue;
  const ReceiveOrder& order;
  TimeMs now, visible_again;
  std::optional<Redrive> redrive = {};
  std::optional<Queue> dead_letters = {};
  int buried = 0;
  Taken taken = {};

  [[nodiscard]] int room() const { return order.count - int(taken.messages.size()); }
  [[nodiscard]] bool is_dead(const Row& row) const {
    return dead_letters && row.receives >= redrive->receives_max;
  }
};

Result<std::int64_t> Queues::in_flight(store::Tx& tx, const Queue& queue) {
  const auto limit = queue.is_fifo() ? in_flight_max_fifo : in_flight_max;
  auto& flying = flying_.try_emplace(queue.box, Flying{.counted = limit}).first->second;
  if (flying.bound() < limit) return flying.bound();
  // Some may have come back or been deleted since.
  TM_TRY(
      const auto counted,
      tx.one(
          "SELECT count(*) FROM sqs_messages WHERE box = $1 AND visible_ms > $2"
          " AND receipt <> 0",
          [](const store::Row& row) { return row.integer(0); }, queue.box, parts_.clock.now().ms));
  tx.on_commit([this, box = queue.box, count = *counted, at = flying.handed_out] {
    const auto known = flying_.find(box);
    if (known == flying_.end()) return;  // Purged or deleted since.
    known->second.counted = count;
    known->second.counted_at = at;
  });
  return *counted;
}

Result<Taken> Queues::receive(store::Tx& tx, const Queue& queue, const ReceiveOrder& order) {
  TM_CHECK(expire(tx, queue));
  TM_TRY(const auto flying, in_flight(tx, queue));
  if (flying >= in_flight_max && !queue.is_fifo()) {
    return refuse(
        "OverLimit",
        fmt::format("Too many messages are in flight; delete some of the {} first.", in_flight_max),
        403);
  }
  const auto now = parts_.clock.now();
  const auto seconds = order.visibility_s.value_or(queue.number("VisibilityTimeout"));
  Receiving receiving{queue, order, now, now.plus(std::chrono::seconds(seconds))};
  receiving.redrive = queue.redrive();
  if (receiving.redrive) {
    TM_TRY(receiving.dead_letters, find_queue(tx, receiving.redrive->target_arn));
  }
  if (!queue.is_fifo()) {
    TM_CHECK(receive_any(tx, receiving));
  } else if (flying < in_flight_max_fifo) {
    TM_CHECK(receive_in_order(tx, receiving));
  }
  auto& taken = receiving.taken;
  flying_[queue.box].handed_out += std::int64_t(taken.messages.size());
  count(tx, queue, "NumberOfMessagesReceived", std::int64_t(taken.messages.size()));
  if (taken.messages.empty()) count(tx, queue, "NumberOfEmptyReceives", 1);
  if (taken.messages.empty()) {
    constexpr std::string_view first_message =
        "SELECT min(visible_ms) FROM sqs_messages WHERE box = $1 AND visible_ms > $2";
    constexpr std::string_view first_lane =
        "SELECT min(ready_ms) FROM sqs_lanes WHERE box = $1 AND ready_ms > $2";
    TM_TRY(const auto next,
           tx.one(
               queue.is_fifo() ? first_lane : first_message,
               [](const store::Row& row) { return row.maybe_integer(0); }, queue.box, now.ms));
    if (next && *next) taken.next = TimeMs{**next};
  } else if (receiving.room() == 0) {
    announce(tx, queue, now);  // There may be more for who waits.
  }
  return std::move(taken);
}

Status Queues::receive_any(store::Tx& tx, Receiving& receiving) {
  static const std::string sql = fmt::format(
      "SELECT {} FROM sqs_messages WHERE box = $1 AND visible_ms <= $2 AND sent_ms > $3"
      " ORDER BY visible_ms, seq LIMIT $4",
      Row::columns);
  const auto& queue = receiving.queue;
  const auto expired = queue.expired_until(receiving.now);
  bool more = true;
  while (more && receiving.room() > 0 && receiving.buried < buried_max) {
    const int count = receiving.room();
    TM_TRY(auto rows, tx.all(sql, Row::read, queue.box, receiving.now.ms, expired.ms, count));
    for (auto& row : rows) TM_CHECK(hand_over(tx, receiving, row));
    // With a time-out of 0 those that were taken are visible still.
    more = int(rows.size()) == count && receiving.visible_again > receiving.now;
  }
  return {};
}

Status Queues::receive_in_order(store::Tx& tx, Receiving& receiving) {
  const auto& queue = receiving.queue;
  while (receiving.room() > 0 && receiving.buried < buried_max) {
    TM_TRY(const auto lanes, tx.all(
                                 "SELECT lane FROM sqs_lanes WHERE box = $1 AND ready_ms <= $2"
                                 " ORDER BY ready_ms, head LIMIT $3",
                                 [](const store::Row& row) { return row.text(0); }, queue.box,
                                 receiving.now.ms, receiving.room()));
    bool progress = false;
    for (const auto& lane : lanes) {
      if (receiving.room() == 0) break;
      TM_TRY(const bool took, receive_from_lane(tx, receiving, lane));
      progress |= took;
    }
    if (!progress || receiving.visible_again <= receiving.now) return {};
  }
  return {};
}

/// The lane's messages from the first one on, up to one that is in flight. Whether there was any.
Result<bool> Queues::receive_from_lane(store::Tx& tx, Receiving& receiving,
                                       const std::string& lane) {
  static const std::string sql =
      fmt::format("SELECT {} FROM sqs_messages WHERE box = $1 AND lane = $2 ORDER BY seq LIMIT $3",
                  Row::columns);
  TM_TRY(auto rows, tx.all(sql, Row::read, receiving.queue.box, lane, receiving.room()));
  bool took = false;
  for (auto& row : rows) {
    if (row.visible > receiving.now) break;
    TM_CHECK(hand_over(tx, receiving, row));
    took = true;
  }
  TM_CHECK(refresh_lane(tx, receiving.queue, lane));
  return took;
}

/// To the receiver; or to the dead letters, if it has been received often enough.
Status Queues::hand_over(store::Tx& tx, Receiving& receiving, Row& row) {
  const auto& queue = receiving.queue;
  TM_FAILPOINT_CHECK("sqs.receive");
  if (receiving.is_dead(row)) {
    ++receiving.buried;
    return relocate(tx, row, {queue, *receiving.dead_letters});
  }
  const Handle handle{queue.id, queue.box, row.seq, random_receipt(parts_.random)};
  row.first_received = row.first_received.value_or(receiving.now.ms);
  TM_CHECK(
      tx.exec("UPDATE sqs_messages SET visible_ms = $2, receipt = $3, receives = receives + 1,"
              " first_received_ms = $4 WHERE seq = $1",
              row.seq, receiving.visible_again.ms, handle.receipt, row.first_received));
  if (!queue.is_fifo()) announce(tx, queue, receiving.visible_again);
  receiving.taken.messages.push_back({.seq = row.seq,
                                      .id = std::move(row.id),
                                      .handle = text_of(handle),
                                      .body = std::move(row.body),
                                      .attributes = decode_attributes(row.attributes),
                                      .sender = std::move(row.sender),
                                      .sent = row.sent,
                                      .first_received = {*row.first_received},
                                      .receives = row.receives + 1,
                                      .group_id = std::move(row.group_id),
                                      .dedup_id = std::move(row.dedup_id),
                                      .trace = std::move(row.trace),
                                      .source_arn = std::move(row.source_arn)});
  return {};
}

Status Queues::relocate(store::Tx& tx, const Row& row, const Place& to) {
  const auto now = parts_.clock.now();
  const auto lane = to.to.is_fifo() ? std::optional(row.group_id) : std::nullopt;
  // A standard queue's dead letter expires as if it had stayed where it was.
  const auto sent = to.as_new || to.to.is_fifo() ? now : row.sent;
  const auto source = to.as_new ? std::nullopt : std::optional(to.from.key.arn());
  TM_CHECK(
      tx.exec("UPDATE sqs_messages SET seq = $2, box = $3, lane = $4, sent_ms = $5,"
              " visible_ms = $6, receipt = 0, source_arn = $7 WHERE seq = $1",
              row.seq, next_number(), to.to.box, lane, sent.ms, now.ms, source));
  if (to.as_new) {
    TM_CHECK(
        tx.exec("UPDATE sqs_messages SET id = $2, receives = 0, first_received_ms = NULL"
                " WHERE seq = $1",
                last_number_, ordered_uuid(parts_.random, now)));
  }
  if (row.lane) TM_CHECK(refresh_lane(tx, to.from, *row.lane));
  if (lane) return refresh_lane(tx, to.to, *lane);
  announce(tx, to.to, now);
  return {};
}

Status Queues::remove_message(store::Tx& tx, const Queue& queue, std::string_view text) {
  TM_TRY(const auto handle, parse_handle(text));
  if (handle.queue != queue.id) return invalid_handle(text);
  if (queue.is_fifo()) {
    // Whoever was too slow mustn't delete what another one may be working on.
    TM_TRY(const auto late, tx.one(
                                "SELECT 1 FROM sqs_messages WHERE seq = $1 AND box = $2"
                                " AND (receipt <> $3 OR visible_ms <= $4)",
                                [](const store::Row& row) { return row.integer(0); }, handle.seq,
                                handle.box, handle.receipt, parts_.clock.now().ms));
    if (late) return invalid_value(text, "ReceiptHandle", "The receipt handle has expired.");
  }
  std::optional<std::string> lane;
  const store::RowFn row = [&lane](const store::Row& r) {
    lane = r.maybe_text(0);
    return true;
  };
  TM_FAILPOINT_CHECK("sqs.delete");
  TM_CHECK(
      tx.each("DELETE FROM sqs_messages WHERE seq = $1 AND box = $2 AND receipt = $3"
              " RETURNING lane",
              row, handle.seq, handle.box, handle.receipt));
  count(tx, queue, "NumberOfMessagesDeleted", 1);
  if (!lane) return {};
  return refresh_lane(tx, queue, *lane);
}

Status Queues::change_visibility(store::Tx& tx, const Queue& queue, std::string_view text,
                                 std::int64_t seconds) {
  if (seconds < 0 || seconds > visibility_s_max) {
    return invalid_value(std::to_string(seconds), "VisibilityTimeout",
                         "Must be >= 0 and <= 43200, if provided.");
  }
  TM_TRY(const auto handle, parse_handle(text));
  if (handle.queue != queue.id) return invalid_handle(text);
  const auto now = parts_.clock.now();
  const auto until = now.plus(std::chrono::seconds(seconds));
  std::optional<std::string> lane;
  bool found = false;
  const store::RowFn row = [&](const store::Row& r) {
    lane = r.maybe_text(0);
    return found = true;
  };
  TM_CHECK(
      tx.each("UPDATE sqs_messages SET visible_ms = $5 WHERE seq = $1 AND box = $2"
              " AND receipt = $3 AND visible_ms > $4 RETURNING lane",
              row, handle.seq, handle.box, handle.receipt, now.ms, until.ms));
  if (!found) {
    return invalid_value(text, "ReceiptHandle",
                         "Message does not exist or is not available for visibility timeout "
                         "change.");
  }
  if (lane) return refresh_lane(tx, queue, *lane);
  announce(tx, queue, until);
  return {};
}

}  // namespace tidemill::sqs
