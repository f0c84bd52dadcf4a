#include "sqs/queue.h"

#include <charconv>

#include <fmt/format.h>

#include "base/json.h"
#include "sqs/attributes.h"
#include "sqs/errors.h"

namespace tidemill::sqs {
namespace {

constexpr std::string_view columns =
    "id, box, account, region, name, attributes, tags, dedup_by_group, created_ms, modified_ms, "
    "purged_ms";

Queue read_queue(const store::Row& row) {
  Queue queue;
  queue.id = row.integer(0);
  queue.box = row.integer(1);
  queue.key = {{row.text(2), row.text(3)}, row.text(4)};
  queue.attributes = of_json(row.bytes(5));
  queue.tags = of_json(row.bytes(6));
  queue.dedup_by_group = row.integer(7) != 0;
  queue.created = {row.integer(8)};
  queue.modified = {row.integer(9)};
  queue.purged = row.maybe_time(10);
  return queue;
}

std::optional<std::string> dead_letter_arn(const Queue& queue) {
  const auto redrive = queue.redrive();
  return redrive ? std::optional(redrive->target_arn) : std::nullopt;
}

}  // namespace

std::optional<QueueKey> QueueKey::of_arn(std::string_view text) {
  const auto arn = Arn::parse(text);
  if (!arn || arn->service != "sqs") return std::nullopt;
  return QueueKey{{arn->account, arn->region}, arn->resource};
}

std::string_view Queue::text(std::string_view attribute) const {
  const auto found = attributes.find(attribute);
  return found != attributes.end() ? std::string_view(found->second) : default_of(attribute);
}

std::int64_t Queue::number(std::string_view attribute) const {
  const auto digits = text(attribute);
  std::int64_t value = 0;
  std::from_chars(digits.data(), digits.data() + digits.size(), value);
  return value;
}

std::optional<Redrive> Queue::redrive() const {
  const auto found = attributes.find("RedrivePolicy");
  return found != attributes.end() ? parse_redrive(found->second) : std::nullopt;
}

TimeMs Queue::expired_until(TimeMs now) const {
  return {now.ms - number("MessageRetentionPeriod") * 1000};
}

std::optional<Redrive> parse_redrive(std::string_view policy) {
  const auto parsed = json::parse_object(policy);
  if (!parsed) return std::nullopt;
  Redrive redrive;
  redrive.target_arn = json::text_or_empty(*parsed, "deadLetterTargetArn");
  if (const auto* count = parsed->if_contains("maxReceiveCount")) {
    if (count->is_int64()) redrive.receives_max = count->get_int64();
    if (count->is_string()) {
      const auto digits = json::view(count->get_string());
      std::from_chars(digits.data(), digits.data() + digits.size(), redrive.receives_max);
    }
  }
  return redrive;
}

Result<std::optional<Queue>> find_queue(store::Tx& tx, const QueueKey& key) {
  static const std::string sql = fmt::format(
      "SELECT {} FROM sqs_queues WHERE account = $1 AND region = $2 AND name = $3", columns);
  return tx.one(sql, read_queue, key.scope.account, key.scope.region, key.name);
}

Result<std::optional<Queue>> find_queue(store::Tx& tx, std::string_view arn) {
  const auto key = QueueKey::of_arn(arn);
  if (!key) return std::nullopt;
  return find_queue(tx, *key);
}

Result<Queue> require_queue(store::Tx& tx, const QueueKey& key) {
  TM_TRY(auto found, find_queue(tx, key));
  if (!found) return no_such_queue();
  return *std::move(found);
}

Result<std::vector<std::string>> queue_names(store::Tx& tx, const Scope& scope,
                                             std::string_view prefix, std::string_view after,
                                             std::int64_t count) {
  std::vector<std::string> names;
  const store::RowFn row = [&](const store::Row& r) {
    if (!r.bytes(0).starts_with(prefix)) return false;  // They come in order.
    names.push_back(r.text(0));
    return true;
  };
  TM_CHECK(
      tx.each("SELECT name FROM sqs_queues WHERE account = $1 AND region = $2 AND name >= $3"
              " AND name <> $4 ORDER BY name LIMIT $5",
              row, scope.account, scope.region, std::max(prefix, after), after, count));
  return names;
}

Result<std::vector<QueueKey>> sources_of(store::Tx& tx, std::string_view arn) {
  return tx.all(
      "SELECT account, region, name FROM sqs_queues WHERE dead_letter_arn = $1 ORDER BY name",
      [](const store::Row& row) { return QueueKey{{row.text(0), row.text(1)}, row.text(2)}; }, arn);
}

Status insert_queue(store::Tx& tx, const Queue& queue) {
  TM_CHECK(
      tx.exec("INSERT INTO sqs_queues (account, region, name, box, attributes, tags,"
              " dead_letter_arn, dedup_by_group, created_ms, modified_ms, retention_s)"
              " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
              queue.key.scope.account, queue.key.scope.region, queue.key.name, queue.box,
              to_json(queue.attributes), to_json(queue.tags), dead_letter_arn(queue),
              queue.dedup_by_group ? 1 : 0, queue.created.ms, queue.modified.ms,
              queue.number("MessageRetentionPeriod")));
  return {};
}

Status update_queue(store::Tx& tx, const Queue& queue) {
  TM_CHECK(tx.exec(
      "UPDATE sqs_queues SET box = $2, attributes = $3, tags = $4, dead_letter_arn = $5,"
      " modified_ms = $6, purged_ms = $7, retention_s = $8 WHERE id = $1",
      queue.id, queue.box, to_json(queue.attributes), to_json(queue.tags), dead_letter_arn(queue),
      queue.modified.ms, queue.purged, queue.number("MessageRetentionPeriod")));
  return {};
}

}  // namespace tidemill::sqs
