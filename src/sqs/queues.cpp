// The life of queues.
#include "sqs/queues.h"

#include <algorithm>
#include <climits>

#include <fmt/format.h>

#include "base/json.h"
#include "sqs/attributes.h"
#include "sqs/errors.h"
#include "sqs/row.h"

namespace tidemill::sqs {
namespace {

constexpr std::int64_t purge_pause_ms = 60'000;
constexpr std::int64_t receives_max_max = 1000;

std::int64_t integer(const store::Row& row) { return row.integer(0); }

/// Whether a dead-letter queue takes letters from `source`.
bool takes_from(const Queue& dead, const std::string& source) {
  const auto allow = json::parse_object(dead.text("RedriveAllowPolicy"));
  if (!allow) return true;
  const auto permission = json::text_or_empty(*allow, "redrivePermission");
  if (permission == "denyAll") return false;
  if (permission != "byQueue") return true;
  const auto* arns = allow->if_contains("sourceQueueArns");
  return arns != nullptr && arns->is_array() &&
         std::ranges::any_of(arns->get_array(), [&](const json::value& arn) {
           return arn.is_string() && json::view(arn.get_string()) == source;
         });
}

Status check_redrive_form(std::string_view policy, const std::optional<Redrive>& redrive) {
  const auto refuse_for = [&](std::string_view reason) {
    return invalid_value(policy, "RedrivePolicy", reason);
  };
  if (!redrive) return refuse_for("Redrive policy is not a valid JSON map.");
  const auto given = json::parse_object(policy);
  for (const auto* name : {"deadLetterTargetArn", "maxReceiveCount"}) {
    if (!given->contains(name)) {
      return refuse_for(
          fmt::format("Redrive policy does not contain mandatory attribute: {}.", name));
    }
  }
  if (redrive->receives_max < 1 || redrive->receives_max > receives_max_max) {
    return refuse_for(
        fmt::format("Invalid value for maxReceiveCount: {}, valid values are from 1 to {} both "
                    "inclusive.",
                    redrive->receives_max, receives_max_max));
  }
  return {};
}

}  // namespace

Queues::Queues(const Parts& parts, Options options) : parts_(parts), options_(std::move(options)) {}

Status Queues::load(store::Tx& tx) {
  TM_TRY(const auto message, tx.one("SELECT coalesce(max(seq), 0) FROM sqs_messages", integer));
  TM_TRY(const auto box, tx.one("SELECT coalesce(max(box), 0) FROM sqs_queues", integer));
  // A FIFO queue's last message may be gone; its number isn't used again.
  TM_TRY(const auto sent, tx.one("SELECT coalesce(max(seq), 0) FROM sqs_dedup", integer));
  last_number_ = std::max({last_number_, *message, *box, *sent});
  return {};
}

Status Queues::reset(store::Tx& tx) {
  for (const auto* table :
       {"sqs_queues", "sqs_messages", "sqs_lanes", "sqs_dedup", "sqs_moves", "sqs_garbage"}) {
    TM_CHECK(tx.exec(fmt::format("DELETE FROM {}", table)));
  }
  return {};
}

std::int64_t Queues::next_number() {
  // By the clock, so that it grows over restarts too, whatever has been deleted.
  constexpr int bits_a_millisecond = 20;
  const auto by_clock = parts_.clock.now().ms << bits_a_millisecond;
  last_number_ = std::max(last_number_ + 1, by_clock);
  return last_number_;
}

void Queues::announce(store::Tx& tx, const Queue& queue, TimeMs at, int count) const {
  if (!options_.visible) return;
  tx.on_commit([this, id = queue.id, at, count] { options_.visible(id, at, count); });
}

void Queues::announce_work(store::Tx& tx, TimeMs at) const {
  if (!options_.due) return;
  tx.on_commit([this, at] { options_.due(at); });
}

void Queues::count(store::Tx& tx, const Queue& queue, std::string_view metric,
                   std::int64_t times) const {
  if (options_.meter == nullptr || times == 0) return;
  tx.on_commit([this, key = queue.key, metric, times] {
    const std::pair<std::string_view, std::string_view> dimensions[] = {{"QueueName", key.name}};
    options_.meter->measure({key.scope, "AWS/SQS", metric, dimensions, double(times)});
  });
}

/// A redrive policy names a queue that is there, of the same kind, and that takes its letters.
Status Queues::check_redrive(store::Tx& tx, const QueueKey& key, const Texts& attributes) const {
  const auto given = attributes.find("RedrivePolicy");
  if (given == attributes.end() || given->second.empty()) return {};
  const auto& policy = given->second;
  const auto redrive = parse_redrive(policy);
  TM_CHECK(check_redrive_form(policy, redrive));
  TM_TRY(const auto dead, find_queue(tx, redrive->target_arn));
  if (!dead || dead->key == key) {
    return invalid_value(policy, "RedrivePolicy", "Dead letter target does not exist.");
  }
  if (dead->is_fifo() != key.name.ends_with(".fifo")) {
    return invalid_value(policy, "RedrivePolicy",
                         "Dead-letter queue must be same type of queue as the source.");
  }
  if (!takes_from(*dead, key.arn())) {
    return invalid_value(policy, "RedrivePolicy",
                         "The dead-letter queue's redrive allow policy doesn't allow this queue.");
  }
  return {};
}

Result<Queue> Queues::create(store::Tx& tx, const QueueKey& key, const Texts& attributes,
                             const Texts& tags) {
  const auto fifo = attributes.find("FifoQueue");
  const bool is_fifo = fifo != attributes.end() && fifo->second == "true";
  TM_CHECK(check_name(key.name, is_fifo));
  TM_CHECK(check_attributes(attributes, is_fifo));
  TM_TRY(auto there, find_queue(tx, key));
  if (there) {
    const auto other = differing(*there, attributes);
    if (other.empty()) return *std::move(there);
    return refuse("QueueNameExists",
                  fmt::format("A queue already exists with the same name and a different value for "
                              "attribute {}",
                              other));
  }
  TM_CHECK(check_redrive(tx, key, attributes));
  Queue queue;
  queue.key = key;
  queue.box = next_number();
  queue.tags = tags;
  queue.created = queue.modified = parts_.clock.now();
  set_attributes(queue, attributes);
  queue.dedup_by_group = queue.text("DeduplicationScope") == "messageGroup";
  TM_CHECK(insert_queue(tx, queue));
  return require_queue(tx, key);
}

/// What is in `box` belongs to nobody any more.
Status Queues::discard(store::Tx& tx, std::int64_t box) {
  TM_CHECK(tx.exec("INSERT INTO sqs_garbage (box) VALUES ($1)", box));
  flying_.erase(box);
  announce_work(tx, parts_.clock.now());
  return {};
}

Status Queues::remove(store::Tx& tx, const Queue& queue) {
  TM_CHECK(tx.exec("DELETE FROM sqs_queues WHERE id = $1", queue.id));
  TM_CHECK(
      tx.exec("UPDATE sqs_moves SET state = 'FAILED', failure = $2 WHERE state = 'RUNNING'"
              " AND (source_arn = $1 OR destination_arn = $1)",
              queue.key.arn(), "AWS.SimpleQueueService.NonExistentQueue"));
  announce(tx, queue, parts_.clock.now(), INT_MAX);  // Who waits for messages is to know.
  return discard(tx, queue.box);
}

Status Queues::purge(store::Tx& tx, Queue queue) {
  const auto now = parts_.clock.now();
  if (queue.purged && now.ms - queue.purged->ms < purge_pause_ms) {
    return refuse("PurgeQueueInProgress",
                  fmt::format("Only one PurgeQueue operation on {} is allowed every 60 seconds.",
                              queue.key.name),
                  403);
  }
  TM_CHECK(discard(tx, queue.box));
  queue.box = next_number();
  queue.purged = now;
  return update_queue(tx, queue);
}

Status Queues::set(store::Tx& tx, Queue queue, const Texts& attributes) {
  const auto fifo = attributes.find("FifoQueue");
  if (fifo != attributes.end() && (fifo->second == "true") != queue.is_fifo()) {
    return refuse("InvalidAttributeValue",
                  "Invalid value for the parameter FifoQueue. Reason: Modifying queue type is not "
                  "supported.");
  }
  TM_CHECK(check_attributes(attributes, queue.is_fifo()));
  TM_CHECK(check_redrive(tx, queue.key, attributes));
  set_attributes(queue, attributes);
  queue.modified = parts_.clock.now();
  TM_CHECK(update_queue(tx, queue));
  // What is visible may have changed with the retention; who waits looks again.
  announce(tx, queue, queue.modified);
  return {};
}

Result<Depths> Queues::depths(store::Tx& tx, const Queue& queue) const {
  const auto now = parts_.clock.now();
  TM_TRY(const auto found, tx.one(
                               "SELECT coalesce(sum(visible_ms <= $2), 0),"
                               " coalesce(sum(visible_ms > $2 AND receipt <> 0), 0),"
                               " coalesce(sum(visible_ms > $2 AND receipt = 0), 0)"
                               " FROM sqs_messages WHERE box = $1 AND sent_ms > $3",
                               [](const store::Row& row) {
                                 return Depths{row.integer(0), row.integer(1), row.integer(2)};
                               },
                               queue.box, now.ms, queue.expired_until(now).ms));
  return *found;
}

Result<Texts> Queues::attributes(store::Tx& tx, const Queue& queue) const {
  auto shown = shown_attributes(queue);
  TM_TRY(const auto depths, this->depths(tx, queue));
  shown["ApproximateNumberOfMessages"] = std::to_string(depths.visible);
  shown["ApproximateNumberOfMessagesNotVisible"] = std::to_string(depths.not_visible);
  shown["ApproximateNumberOfMessagesDelayed"] = std::to_string(depths.delayed);
  return shown;
}

Status Queues::measure_depths(store::Tx& tx, TimeMs at, Meter& meter) const {
  const store::RowFn row = [&](const store::Row& r) {
    const Scope scope{r.text(0), r.text(1)};
    const std::pair<std::string_view, std::string_view> dimensions[] = {{"QueueName", r.bytes(2)}};
    const auto add = [&](std::string_view name, int column) {
      meter.measure({scope, "AWS/SQS", name, dimensions, r.real(column), "Count", at});
    };
    add("ApproximateNumberOfMessagesVisible", 3);
    add("ApproximateNumberOfMessagesNotVisible", 4);
    add("ApproximateNumberOfMessagesDelayed", 5);
    return true;
  };
  return tx.each(
      "SELECT q.account, q.region, q.name, coalesce(sum(m.visible_ms <= $1), 0),"
      " coalesce(sum(m.visible_ms > $1 AND m.receipt <> 0), 0),"
      " coalesce(sum(m.visible_ms > $1 AND m.receipt = 0), 0)"
      " FROM sqs_queues q LEFT JOIN sqs_messages m ON m.box = q.box"
      " AND m.sent_ms > $1 - q.retention_s * 1000 GROUP BY q.id ORDER BY q.id",
      row, parts_.clock.now().ms);
}

}  // namespace tidemill::sqs
