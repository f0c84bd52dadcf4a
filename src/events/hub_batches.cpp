// Many files, one run: what the Hub does for rules with the tag tidemill:batch. A delivery becomes
// a member of an open batch in the publisher's transaction; closing a batch tries its first
// delivery, which carries it, and the others end with that one (docs/internals/events.md,
// "Batches").
#include <algorithm>

#include <fmt/format.h>

#include "base/failpoint.h"
#include "base/log.h"
#include "base/s3_uri.h"
#include "events/batch_rows.h"
#include "events/hub_try.h"

namespace tidemill::events {
namespace {

constexpr int closed_at_once = 256;

/// Of an upload's subject, or of what a manifest lists.
S3Uri address_of(std::string_view uri) { return split_s3_uri(uri).value_or(S3Uri()); }

bool is_upload(const Event& event) {
  return event.source == "aws.s3" && event.detail_type == "Object Created" &&
         event.subject.starts_with("s3://");
}

/// Adds a file, a marker or a manifest to the batch's rows; what that is to the batch.
Result<BatchEvent> take_in(store::Tx& tx, Batch& batch, const Delivery& delivery,
                           const std::string& uri) {
  const auto [bucket, key] = address_of(uri);
  if (batch.state.members == 0) batch.bucket = bucket;
  if (batch.bucket != bucket) batch.bucket.clear();
  switch (role_of(batch.plan, key)) {
    case BatchRole::marker: batch.marker = uri; return BatchEvent{.kind = BatchEvent::Kind::marker};
    case BatchRole::manifest: {
      batch.marker = uri;
      TM_CHECK(add_unread(tx, {batch.id, uri}));
      return BatchEvent{.kind = BatchEvent::Kind::manifest};
    }
    case BatchRole::file: break;
  }
  TM_TRY(const bool is_new, add_batch_file(tx, batch.id, uri, delivery.id));
  if (!is_new) return BatchEvent{.kind = BatchEvent::Kind::file_again};
  bool is_listed = false;
  if (batch.state.missing) {
    TM_TRY(is_listed, take_expected(tx, batch.id, uri));
  }
  return BatchEvent{.kind = BatchEvent::Kind::file, .is_listed = is_listed};
}

/// What can't come true of a manifest: files that belong to other batches.
std::string note_of(const Batch& batch, std::string_view uri,
                    const std::vector<std::string>& files) {
  const auto is_stranger = [&batch](const std::string& file) {
    return group_of(batch.plan, address_of(file).key) != batch.group;
  };
  const auto strangers = std::ranges::count_if(files, is_stranger);
  if (strangers == 0) return {};
  return fmt::format(
      "{} of the {} files that {} lists are of another group, such as {}: by it the "
      "batch is never complete",
      strangers, files.size(), uri, *std::ranges::find_if(files, is_stranger));
}

}  // namespace

bool is_marking(const CompiledRule& rule, const Event& event) {
  return rule.batch && is_upload(event) &&
         role_of(*rule.batch, address_of(event.subject).key) != BatchRole::file;
}

bool Hub::is_batched(const CompiledRule& rule, const RuleTarget& target, const Event& event) const {
  if (!rule.batch || !is_upload(event)) return false;
  const auto* kind = target_for(target.arn);
  return kind != nullptr && kind->takes_batches();
}

Status Hub::gather(store::Tx& tx, const CompiledRule& rule, const RuleTarget& target,
                   const Published& published) {
  TM_FAILPOINT_CHECK("events.batch.join");
  const Sender sender{rule.rule.key.scope, rule.rule.name, rule.rule.arn()};
  const auto& uri = published.event.subject;
  auto delivery = make_delivery(sender, target, published);
  TM_TRY(auto batch, batch_for(tx, rule, delivery, address_of(uri).key));
  TM_TRY(const auto arrival, take_in(tx, batch, delivery, uri));
  const auto step = advance(batch.plan, batch.state, arrival, delivery.created);
  batch.state = step.state;
  auto& facts = delivery.batch.emplace();
  facts.id = batch.id;
  facts.group = batch.group;
  facts.files = step.state.files;
  facts.closes = step.due;
  Try result;
  result.state = "batched";
  result.tries = 0;
  result.now = delivery.created;
  TM_CHECK(insert(tx, delivery, target.retry, result, published));
  if (arrival.kind == BatchEvent::Kind::manifest) {
    tx.on_commit([this] {
      if (options_.listed) options_.listed();
    });
  }
  return close_or_wait(tx, std::move(batch), step);
}

/// The open batch that the delivery joins, or a new one, which isn't written yet.
Result<Batch> Hub::batch_for(store::Tx& tx, const CompiledRule& rule, const Delivery& delivery,
                             std::string_view key) {
  Batch batch{.id = delivery.id,
              .scope = delivery.scope,
              .rule_name = delivery.rule_name,
              .rule_arn = delivery.rule_arn,
              .target_id = delivery.target_id,
              .group = group_of(*rule.batch, key),
              .plan = *rule.batch};
  TM_TRY(auto open, find_open_batch(tx, batch));
  if (open) {
    // Its time may be over and nobody has looked since.
    const auto step = advance(open->plan, open->state, {}, delivery.created);
    if (!step.end) return *std::move(open);
    TM_CHECK(close(tx, *std::move(open), *step.end));
  }
  TM_TRY(auto crowded_out, find_crowded_out(tx, batch));
  if (crowded_out) TM_CHECK(close(tx, *std::move(crowded_out), BatchEnd::crowded));
  return batch;
}

Status Hub::close_or_wait(store::Tx& tx, Batch batch, const BatchStep& step) {
  if (step.end) return close(tx, std::move(batch), *step.end);
  batch.due = step.due;
  TM_CHECK(save_batch(tx, batch));
  tx.on_commit([this, due = step.due] {
    if (due && options_.due) options_.due(*due);
  });
  return {};
}

Status Hub::close(store::Tx& tx, Batch batch, BatchEnd end) {
  TM_FAILPOINT_CHECK("events.batch.close");
  batch.reason = text(end);
  batch.closed = clock_.now();
  batch.due.reset();
  TM_CHECK(save_batch(tx, batch));
  TM_CHECK(tx.exec("DELETE FROM batch_lists WHERE batch = $1", batch.id));
  Try result;
  return retry(tx, batch.id, result);
}

Result<std::int64_t> Hub::close_batch(store::Tx& tx, const std::string& account,
                                      std::int64_t delivery) {
  TM_TRY(const auto id,
         tx.one(
             "SELECT batch FROM deliveries WHERE id = $1 AND account = $2"
             " AND batch IS NOT NULL",
             [](const store::Row& row) { return row.integer(0); }, delivery, account));
  if (!id) {
    return fail(Errc::not_found, "ResourceNotFoundException",
                fmt::format("delivery {} is in no batch; see tidemill deliveries list --state "
                            "batched",
                            delivery));
  }
  TM_TRY(auto batch, find_batch(tx, *id));
  TM_ASSERT(batch.has_value());
  if (batch->closed) {
    return fail(Errc::not_found, "ResourceNotFoundException",
                fmt::format("batch {} is closed already ({})", *id, batch->reason));
  }
  TM_CHECK(close(tx, *std::move(batch), BatchEnd::asked));
  return *id;
}

/// Closes the batches whose time is over. Gives when the next one's is.
Result<std::optional<TimeMs>> Hub::close_due(store::Tx& tx) {
  const auto now = clock_.now();
  TM_TRY(auto due, due_batches(tx, now, closed_at_once));
  for (auto& batch : due) {
    const auto step = advance(batch.plan, batch.state, {}, now);
    TM_CHECK(close_or_wait(tx, std::move(batch), step));
  }
  return next_due_batch(tx);
}

Status Hub::list_read(store::Tx& tx, std::int64_t batch, const std::string& uri,
                      const Result<std::vector<std::string>>& list) {
  TM_FAILPOINT_CHECK("events.batch.list");
  TM_TRY(const bool is_waited_for, remove_unread(tx, {batch, uri}));
  TM_TRY(auto found, find_batch(tx, batch));
  if (!is_waited_for || !found || found->closed) return {};
  if (!list) {
    found->note = fmt::format("{} can't be read: {}", uri, list.error().message);
    TM_LOG(warn, "events", "a batch's manifest can't be read",
           {{"rule", found->rule_name}, {"manifest", uri}, {"reason", list.error().message}});
    return save_batch(tx, *found);
  }
  found->note = note_of(*found, uri, *list);
  TM_TRY(const int missing, expect_files(tx, batch, uri, *list));
  const BatchEvent event{.kind = BatchEvent::Kind::list, .missing = missing};
  const auto step = advance(found->plan, found->state, event, clock_.now());
  found->state = step.state;
  return close_or_wait(tx, *std::move(found), step);
}

/// Gives the delivery that carries a batch what its target is to be told. Its age counts from when
/// the batch closed: a long window is no failed try.
Status Hub::tell_batch(store::Tx& tx, std::int64_t batch, Delivery& delivery) {
  TM_TRY(delivery.batch, facts_of_batch(tx, batch));
  delivery.created = std::max(delivery.created, delivery.batch->closed);
  return {};
}

/// The other members end as the delivery that carries them did.
Status Hub::follow(store::Tx& tx, const Delivery& carrier, const Try& result) {
  TM_FAILPOINT_CHECK("events.batch.follow");
  const bool done = result.state == "done";
  TM_CHECK(
      tx.exec("UPDATE deliveries SET state = $2, tries = $3, code = $4, message = $5, result = $6,"
              " ended_ms = $7 WHERE batch = $1 AND id <> $1",
              carrier.batch->id, result.state, result.tries,
              done ? std::nullopt : std::optional(result.outcome.code),
              done ? std::nullopt : std::optional(result.outcome.message),
              done ? std::optional(result.outcome.result) : std::nullopt, result.now.ms));
  return done ? Status() : bury_members(tx, carrier, result);
}

/// A dead letter for each event of the batch, as each would have had one without it.
Status Hub::bury_members(store::Tx& tx, const Delivery& carrier, const Try& result) {
  if (carrier.dead_letter_arn.empty() || options_.dead_letters == nullptr) return {};
  const auto read = [&carrier](const store::Row& row) {
    auto member = carrier;
    member.id = row.integer(0);
    member.event = row.text(1);
    return member;
  };
  TM_TRY(const auto members,
         tx.all("SELECT d.id, e.envelope FROM deliveries d JOIN events e ON e.seq = d.event"
                " WHERE d.batch = $1 AND d.id <> $1 ORDER BY d.id",
                read, carrier.batch->id));
  for (const auto& member : members) {
    auto own = result;
    TM_CHECK(bury(tx, member, result.exhausted, own));
    TM_CHECK(tx.exec("UPDATE deliveries SET dead_letter = $2 WHERE id = $1", member.id,
                     own.dead_letter));
  }
  return {};
}

}  // namespace tidemill::events
