// Deliveries that wait in the store: read again, tried again, and settled by what came of them.
#include <algorithm>

#include <fmt/format.h>

#include "base/failpoint.h"
#include "base/json.h"
#include "events/hub_try.h"

namespace tidemill::events {
namespace {

constexpr int due_batch = 256;

constexpr std::string_view delivery_columns =
    "d.id, d.account, d.region, e.id, e.envelope, d.rule_name, d.rule_arn, d.target_id, "
    "d.target_arn, d.role_arn, d.input, d.input_is_event, d.tries, d.created_ms, d.event, "
    "d.retries_max, d.age_seconds_max, e.subject, d.group_id, d.dead_letter_arn, d.http, d.state, "
    "d.due_ms, d.waits, d.batch";

}  // namespace

struct Hub::StoredDelivery {
  Delivery delivery;
  std::int64_t event_seq = 0;
  RetryPolicy policy;
  std::string subject;
  std::optional<std::int64_t> batch;
  bool waits = false;   ///< For its target's room.
  bool is_out = false;  ///< On its way to a target outside.

  static StoredDelivery read(const store::Row& row);
};

Hub::StoredDelivery Hub::StoredDelivery::read(const store::Row& row) {
  StoredDelivery stored;
  Delivery& d = stored.delivery;
  d.id = row.integer(0);
  d.scope = {row.text(1), row.text(2)};
  d.event_id = row.text(3);
  d.event = row.text(4);
  d.rule_name = row.text(5);
  d.rule_arn = row.text(6);
  d.target_id = row.text(7);
  d.target_arn = row.text(8);
  d.role_arn = row.text(9);
  d.input = row.text(10);
  d.input_is_event = row.integer(11) != 0;
  if (d.input_is_event) d.input = d.event;
  d.attempts = int(row.integer(12));
  d.created = {row.integer(13)};
  stored.event_seq = row.integer(14);
  stored.policy = {int(row.integer(15)), row.integer(16)};
  d.age_seconds_max = stored.policy.age_seconds_max;
  stored.subject = row.text(17);
  d.group_id = row.text(18);
  d.dead_letter_arn = row.text(19);
  d.http = row.text(20);
  stored.waits = row.integer(23) != 0;
  stored.is_out = row.bytes(21) == "pending" && row.null(22);
  stored.batch = row.maybe_integer(24);
  if (const auto event = json::parse_object(d.event)) {
    d.event_source = json::text_or_empty(*event, "source");
    d.event_detail_type = json::text_or_empty(*event, "detail-type");
  }
  return stored;
}

Result<std::optional<Hub::StoredDelivery>> Hub::find_delivery(store::Tx& tx, std::int64_t id) {
  static const std::string sql =
      fmt::format("SELECT {} FROM deliveries d JOIN events e ON e.seq = d.event WHERE d.id = $1",
                  delivery_columns);
  return tx.one(sql, StoredDelivery::read, id);
}

Status Hub::retry(store::Tx& tx, std::int64_t delivery_id, Try& result) {
  TM_FAILPOINT_CHECK("events.retry");
  TM_TRY(auto stored, find_delivery(tx, delivery_id));
  TM_ASSERT(stored.has_value());
  if (stored->batch) TM_CHECK(tell_batch(tx, *stored->batch, stored->delivery));
  TM_TRY(result, attempt(tx, stored->delivery, stored->policy));
  return finish(tx, *stored, result);
}

Status Hub::settle(store::Tx& tx, std::int64_t delivery_id, const Outcome& outcome) {
  TM_FAILPOINT_CHECK("outside.settle");
  TM_TRY(const auto stored, find_delivery(tx, delivery_id));
  if (!stored || !stored->is_out) return {};  // A reset has forgotten it.
  TM_TRY(const auto result, judge(tx, stored->delivery, stored->policy, outcome));
  return finish(tx, *stored, result);
}

/// What was on its way outside when the program ended may have arrived or not: it goes again.
Status Hub::resend(store::Tx& tx) {
  TM_TRY(const auto out,
         tx.all("SELECT id FROM deliveries WHERE state = 'pending' AND due_ms IS NULL ORDER BY id",
                [](const store::Row& row) { return row.integer(0); }));
  for (const auto id : out) {
    Try result;
    TM_CHECK(retry(tx, id, result));
  }
  return {};
}

/// The row says what a try that wasn't the first came to.
Status Hub::finish(store::Tx& tx, const StoredDelivery& stored, const Try& result) {
  const auto& outcome = result.outcome;
  const bool done = result.state == "done", pending = result.state == "pending";
  const bool sent = outcome.kind == Outcome::Kind::sent;
  TM_CHECK(
      tx.exec("UPDATE deliveries SET state = $2, tries = $3, due_ms = $4, waits = $5, code = $6,"
              " message = $7, result = $8, ended_ms = $9, dead_letter = $10 WHERE id = $1",
              stored.delivery.id, result.state, result.tries, result.due,
              pending && outcome.waits_for_target ? 1 : 0,
              done || sent ? std::nullopt : std::optional(outcome.code),
              done || sent ? std::nullopt : std::optional(outcome.message),
              done ? std::optional(outcome.result) : std::nullopt,
              pending ? std::nullopt : std::optional(result.now.ms), maybe(result.dead_letter)));
  if (stored.batch && !pending) TM_CHECK(follow(tx, stored.delivery, result));
  // Still waiting for the same target is no news.
  if (pending && outcome.waits_for_target && stored.waits) {
    announce(tx, result);
    return {};
  }
  return record(tx, stored.delivery, stored.event_seq, result,
                stored.batch ? std::string() : stored.subject);
}

Status Hub::target_free(store::Tx& tx, std::string_view target_arn) {
  TM_TRY(const auto waiting,
         tx.all(
             "SELECT id FROM deliveries WHERE target_arn = $1 AND state = 'pending' AND"
             " waits = 1 ORDER BY id LIMIT $2",
             [](const store::Row& row) { return row.integer(0); }, target_arn, due_batch));
  for (const auto id : waiting) {
    Try result;
    TM_CHECK(retry(tx, id, result));
    if (result.outcome.waits_for_target) return {};
  }
  if (int(waiting.size()) == due_batch) free_soon(tx, target_arn);
  return options_.freed ? options_.freed(tx, target_arn) : Status();
}

void Hub::free_soon(store::Tx& tx, std::string_view target_arn) {
  tx.on_commit([this, arn = std::string(target_arn)] {
    told_free_.insert(arn);
    if (options_.due) options_.due(clock_.now());
  });
}

Status Hub::free_told(store::Tx& tx) {
  if (told_free_.empty()) return {};
  const auto told = told_free_;
  tx.on_commit([this, told] {
    for (const auto& arn : told) told_free_.erase(arn);
  });
  for (const auto& arn : told) TM_CHECK(target_free(tx, arn));
  return {};
}

Result<std::optional<TimeMs>> Hub::deliver_due(store::Tx& tx) {
  TM_CHECK(free_told(tx));
  TM_TRY(const auto closes, close_due(tx));
  TM_TRY(const auto due,
         tx.all(
             "SELECT id FROM deliveries WHERE state = 'pending' AND due_ms <= $1"
             " ORDER BY due_ms LIMIT $2",
             [](const store::Row& row) { return row.integer(0); }, clock_.now().ms, due_batch));
  for (const auto id : due) {
    Try result;
    TM_CHECK(retry(tx, id, result));
  }
  TM_TRY(const auto next, tx.one("SELECT min(due_ms) FROM deliveries WHERE state = 'pending'",
                                 [](const store::Row& row) { return row.maybe_integer(0); }));
  if (!next || !*next) return closes;
  return closes ? std::min(*closes, TimeMs{**next}) : TimeMs{**next};
}

Status Hub::cancel(store::Tx& tx, std::int64_t event, std::string_view why) {
  TM_CHECK(tx.exec(
      "UPDATE deliveries SET state = 'failed', due_ms = NULL, waits = 0, code = 'CANCELLED',"
      " message = $2, ended_ms = $3 WHERE event = $1 AND state = 'pending'",
      event, why, clock_.now().ms));
  return {};
}

}  // namespace tidemill::events
