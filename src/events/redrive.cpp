// Failed deliveries, tried again: what the Hub does once the rule, its target or the role is
// mended.
#include <fmt/format.h>

#include "events/hub.h"

namespace tidemill::events {
namespace {

struct Failed {
  std::int64_t id = 0;
  std::string rule_arn, target_id, envelope;
  std::optional<std::int64_t> batch;
};

Failed read_failed(const store::Row& row) {
  return {row.integer(0), row.text(1), row.text(2), row.text(3), row.maybe_integer(4)};
}

/// The rule's target of that id as it is now; nullopt if rule or target is gone.
Result<std::optional<RuleTarget>> current_target(store::Tx& tx, const Failed& delivery) {
  const auto name = parse_rule_arn(delivery.rule_arn);
  if (!name) return std::nullopt;  // A schedule's.
  TM_TRY(const auto rule, find_rule(tx, name->bus, name->rule));
  if (!rule) return std::nullopt;
  TM_TRY(auto targets, targets_of(tx, rule->id));
  for (auto& target : targets) {
    if (target.id == delivery.target_id) return std::move(target);
  }
  return std::nullopt;
}

/// Gives the delivery what its rule's target says today.
Status renew(store::Tx& tx, const Failed& delivery, TimeMs now) {
  TM_TRY(const auto target, current_target(tx, delivery));
  if (!target) return {};
  const auto name = parse_rule_arn(delivery.rule_arn);
  const auto whole = target->input.whole_event();
  const auto input =
      whole ? std::string()
            : make_input(target->input, delivery.envelope, {delivery.rule_arn, name->rule, now});
  TM_CHECK(tx.exec(
      "UPDATE deliveries SET target_arn = $2, role_arn = $3, input = $4,"
      " input_is_event = $5, retries_max = $6, age_seconds_max = $7,"
      " dead_letter_arn = $8, group_id = $9, http = $10 WHERE id = $1",
      delivery.id, target->arn, target->role_arn, input, whole ? 1 : 0, target->retry.attempts_max,
      target->retry.age_seconds_max, target->dead_letter_arn, target->group_id, target->http));
  return {};
}

}  // namespace

Result<int> Hub::redrive(store::Tx& tx, const Redrive& which) {
  // Of a batch, the first delivery: it carries the others.
  TM_TRY(const auto failed,
         tx.all("SELECT d.id, d.rule_arn, d.target_id, e.envelope, d.batch FROM deliveries d"
                " JOIN events e ON e.seq = d.event WHERE d.state = 'failed' AND d.account = $1"
                " AND (d.batch IS NULL OR d.batch = d.id) AND ($3 = '' OR d.rule_name = $3)"
                " AND ($2 = 0 OR d.id = (SELECT coalesce(batch, id) FROM deliveries WHERE id = $2))"
                " ORDER BY d.id LIMIT $4",
                read_failed, which.account, which.delivery, which.rule, redrive_max));
  const auto now = clock_.now();
  std::int64_t count = 0;
  for (const auto& delivery : failed) {
    TM_CHECK(renew(tx, delivery, now));
    // Its age counts from now: what was mended may take another day to come back.
    TM_CHECK(
        tx.exec("UPDATE deliveries SET state = 'pending', tries = 0, due_ms = $2, waits = 0,"
                " created_ms = $2, ended_ms = NULL, dead_letter = NULL WHERE id = $1",
                delivery.id, now.ms));
    ++count;
    if (!delivery.batch) continue;
    TM_TRY(const auto others,
           tx.exec("UPDATE deliveries SET state = 'batched', ended_ms = NULL, code = NULL,"
                   " message = NULL, dead_letter = NULL WHERE batch = $1 AND id <> $1",
                   delivery.id));
    count += others;
  }
  tx.on_commit([this, now] {
    if (options_.due) options_.due(now);
  });
  return int(count);
}

}  // namespace tidemill::events
