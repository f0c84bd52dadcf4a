// Events coming in: from clients (PutLogEvents) and from the program itself.
#include <algorithm>
#include <unordered_map>

#include <fmt/format.h>

#include "logs/names.h"
#include "logs/target.h"

namespace tidemill::logs {
namespace {

constexpr std::int64_t hour_ms = 3'600'000;
constexpr std::int64_t future_max_ms = 2 * hour_ms;
constexpr std::int64_t past_max_ms = 14 * 24 * hour_ms;
constexpr std::int64_t span_max_ms = 24 * hour_ms;
constexpr std::int64_t batch_bytes_max = 1'048'576;

std::int64_t counted_bytes(const NewEvent& event) {
  return static_cast<std::int64_t>(event.message.size()) + event_overhead_bytes;
}

Status check_batch(std::span<const NewEvent> events) {
  std::int64_t bytes = 0;
  for (const auto& event : events) bytes += counted_bytes(event);
  if (bytes > batch_bytes_max) {
    return invalid_parameter(
        fmt::format("Upload too large: {} bytes exceeds limit of {}", bytes, batch_bytes_max));
  }
  if (!std::ranges::is_sorted(events, {}, &NewEvent::time)) {
    return invalid_parameter(
        "Log events in a single PutLogEvents request must be in chronological order.");
  }
  return {};
}

/// How many events at the front are older than `time_ms`.
int count_before(std::span<const NewEvent> events, std::int64_t time_ms) {
  const auto end = std::ranges::lower_bound(events, TimeMs{time_ms}, {}, &NewEvent::time);
  return static_cast<int>(end - events.begin());
}

/// Tells in `outcome` what is too old, expired or too new; gives the events between.
std::span<const NewEvent> acceptable(std::span<const NewEvent> events, TimeMs now,
                                     std::int64_t oldest_kept_ms, PutOutcome& outcome) {
  const int too_old = count_before(events, now.ms - past_max_ms);
  const int expired = count_before(events, oldest_kept_ms);
  const int too_new = count_before(events, now.ms + future_max_ms + 1);
  if (too_old > 0) outcome.too_old_end = too_old;
  if (expired > too_old) outcome.expired_end = expired;
  if (std::size_t(too_new) < events.size()) outcome.too_new_start = too_new;
  const int first = std::max(too_old, expired);
  return first >= too_new ? events.first(0)
                          : events.subspan(std::size_t(first), std::size_t(too_new - first));
}

}  // namespace

Status Ledger::insert(store::Tx& tx, Target& target, std::int64_t seq, const NewEvent& event) {
  const auto at = std::max<std::int64_t>(event.time.ms, 0);
  const auto bytes = counted_bytes(event);
  TM_CHECK(
      tx.exec("INSERT INTO log_events (log_group, at_ms, seq, stream, ingested_ms, bytes,"
              " message) VALUES ($1, $2, $3, $4, $5, $6, $7)",
              target.group.id, at, seq, target.stream, clock_.now().ms, bytes, event.message));
  measuring_->look(target.measured, target.group.id, event);
  target.bytes += bytes;
  target.first_ms = std::min(target.first_ms, at);
  target.last_ms = std::max(target.last_ms, at);
  ++target.measured.events;
  return {};
}

/// After a batch: what stream and group tell about their events, and room for the next.
Status Ledger::settle(store::Tx& tx, Target& target) {
  if (target.bytes == 0) return {};
  target.measured.bytes = target.bytes;
  tx.on_commit([measuring = measuring_, key = target.key, id = target.group.id,
                batch = std::move(target.measured),
                now = clock_.now()] { measuring->tell(key, id, batch, now); });
  TM_CHECK(
      tx.exec("UPDATE log_streams SET"
              " first_ms = CASE WHEN first_ms < $2 THEN first_ms ELSE $2 END,"
              " last_ms = CASE WHEN last_ms > $3 THEN last_ms ELSE $3 END,"
              " ingested_ms = $4 WHERE id = $1",
              target.stream, target.first_ms, target.last_ms, clock_.now().ms));
  TM_CHECK(tx.exec("UPDATE log_groups SET stored_bytes = stored_bytes + $2 WHERE id = $1",
                   target.group.id, target.bytes));
  return expire(tx, target.group);
}

Result<PutOutcome> Ledger::put(store::Tx& tx, const StreamKey& key,
                               std::span<const NewEvent> events) {
  TM_CHECK(check_batch(events));
  Target target;
  target.key = key.group;
  TM_TRY(target.group, group(tx, key.group));
  TM_TRY(target.stream, stream_id(tx, target.group.id, key.name));
  PutOutcome outcome;
  const auto accepted = acceptable(events, clock_.now(), oldest_kept(target.group), outcome);
  if (!accepted.empty() && accepted.back().time.ms - accepted.front().time.ms > span_max_ms) {
    return invalid_parameter(
        "The batch of log events in a single PutLogEvents request cannot span more than 24 hours.");
  }
  TM_TRY(auto seq, reserve(tx, static_cast<std::int64_t>(accepted.size()) + 1));
  outcome.next_token = sequence_token(seq);
  for (const auto& event : accepted) TM_CHECK(insert(tx, target, ++seq, event));
  TM_CHECK(settle(tx, target));
  TM_CHECK(collect(tx));
  return outcome;
}

Result<Group> Ledger::ensure_group(store::Tx& tx, const GroupKey& key) {
  auto found = group(tx, key);
  if (found || found.error().code != Errc::not_found) return found;
  TM_CHECK(create_group(tx, key, {}));
  return group(tx, key);
}

Result<Ledger::Target> Ledger::ensure_target(store::Tx& tx, const StreamKey& key) {
  Target target;
  target.key = key.group;
  TM_TRY(target.group, ensure_group(tx, key.group));
  auto stream = stream_id(tx, target.group.id, key.name);
  if (!stream && stream.error().code == Errc::not_found) {
    stream = insert_stream(tx, target.group.id, key.name);
  }
  TM_TRY(target.stream, std::move(stream));
  return target;
}

Status Ledger::ensure_stream(store::Tx& tx, const StreamKey& key) {
  TM_CHECK(ensure_target(tx, key));
  return {};
}

Status Ledger::append(store::Tx& tx, std::span<const Line> lines) {
  if (lines.empty()) return {};
  TM_TRY(auto seq, reserve(tx, static_cast<std::int64_t>(lines.size())));
  std::unordered_map<std::string, Target> targets;
  for (const auto& line : lines) {
    // No colon is in a group's name, so this can't be mistaken for another stream.
    auto [place, is_new] = targets.try_emplace(stream_arn(line.stream));
    if (is_new) {
      TM_TRY(place->second, ensure_target(tx, line.stream));
    }
    TM_CHECK(insert(tx, place->second, seq++, line.event));
  }
  for (auto& [name, target] : targets) TM_CHECK(settle(tx, target));
  return collect(tx);
}

Result<std::int64_t> Ledger::position(store::Tx& tx, std::string_view name) const {
  TM_TRY(const auto found, tx.one(
                               "SELECT position FROM projection WHERE name = $1",
                               [](const store::Row& row) { return row.integer(0); }, name));
  return found.value_or(0);
}

Status Ledger::append_projected(store::Tx& tx, std::string_view name, std::int64_t to,
                                std::span<const Line> lines) {
  TM_TRY(const auto from, position(tx, name));
  if (to <= from) return {};
  TM_CHECK(append(tx, lines));
  TM_CHECK(
      tx.exec("INSERT INTO projection (name, position) VALUES ($1, $2)"
              " ON CONFLICT (name) DO UPDATE SET position = excluded.position",
              name, to));
  return {};
}

}  // namespace tidemill::logs
