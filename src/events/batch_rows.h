/// Batches as the store keeps them. Functions take the open transaction.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/json.h"
#include "events/batch.h"
#include "events/event.h"
#include "store/store.h"

namespace tidemill::events {

struct Batch {
  std::int64_t id = 0;  ///< The number of its first delivery, which carries it.
  Scope scope;
  std::string rule_name, rule_arn, target_id;
  std::string group;
  BatchPlan plan;  ///< Of the tag as it was when the batch was opened.
  BatchState state = {};
  std::optional<TimeMs> due = {};
  std::string bucket = {}, marker = {}, note = {};
  std::string reason = {};  ///< Why it closed; empty while it is open.
  std::optional<TimeMs> closed = {};
};

/// What the rule's tag says; nullopt without one, or with one that can't be read.
[[nodiscard]] Result<std::optional<BatchPlan>> batch_plan_of(store::Tx& tx,
                                                             std::string_view rule_arn);

/// The open batch of that rule, target and group.
[[nodiscard]] Result<std::optional<Batch>> find_open_batch(store::Tx& tx, const Batch& like);
[[nodiscard]] Result<std::optional<Batch>> find_batch(store::Tx& tx, std::int64_t id);
/// The oldest open batch of that rule and target, if there are `batches_open_max` of them.
[[nodiscard]] Result<std::optional<Batch>> find_crowded_out(store::Tx& tx, const Batch& like);
/// The open batches that are due, the longest first; at most `count`.
[[nodiscard]] Result<std::vector<Batch>> due_batches(store::Tx& tx, TimeMs now, int count);
[[nodiscard]] Result<std::optional<TimeMs>> next_due_batch(store::Tx& tx);
/// Inserts or replaces by id.
[[nodiscard]] Status save_batch(store::Tx& tx, const Batch& batch);

/// Makes `delivery` the one that counts for `file`. False if the batch had the file before.
[[nodiscard]] Result<bool> add_batch_file(store::Tx& tx, std::int64_t batch, std::string_view file,
                                          std::int64_t delivery);
/// Whether a manifest was waiting for the file; it doesn't any more.
[[nodiscard]] Result<bool> take_expected(store::Tx& tx, std::int64_t batch, std::string_view file);
/// Puts what `list`, a manifest, lists in the place of what it listed before. Gives how many files
/// the batch's manifests wait for now.
[[nodiscard]] Result<int> expect_files(store::Tx& tx, std::int64_t batch, std::string_view list,
                                       const std::vector<std::string>& files);

/// A manifest that came and wasn't read.
struct UnreadList {
  std::int64_t batch = 0;
  std::string uri;
};
[[nodiscard]] Status add_unread(store::Tx& tx, const UnreadList& list);
/// False if it was there no more.
[[nodiscard]] Result<bool> remove_unread(store::Tx& tx, const UnreadList& list);
[[nodiscard]] Result<std::optional<UnreadList>> next_unread(store::Tx& tx);

/// What targets and logs are told of a batch; with the addresses of its files if there are at most
/// `batch_uris_max`.
inline constexpr int batch_uris_max = 1'000;
[[nodiscard]] Result<BatchFacts> facts_of_batch(store::Tx& tx, std::int64_t id);

/// The manifest that a run is given: of each file of the batch that `delivery` is in, in the order
/// in which they came, a line {"bucket", "key", "size", "etag", "version_id" (where there are
/// versions), "sequencer", "event_id", "event_time"}.
[[nodiscard]] Result<std::string> batch_manifest(store::Tx& tx, std::int64_t delivery);

/// A batch as people look at it: {"id", "group", "state", "plan", "files", "members", "missing",
/// "marker", "note", "opened_ms", "closes_ms", "reason", "closed_ms", "uris": the first of them,
/// "awaited": the first of what a manifest waits for}; empty if there is none.
[[nodiscard]] Result<json::object> show_batch(store::Tx& tx, std::int64_t id);
/// The open batches of a rule, the oldest first, at most `count`; as show_batch, without the files.
[[nodiscard]] Result<json::array> show_open_batches(store::Tx& tx, std::string_view rule_arn,
                                                    int count);

}  // namespace tidemill::events
