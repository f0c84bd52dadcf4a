/// A queue as its row has it: name, attributes as they were set, tags. Functions take the open
/// transaction.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/arn.h"
#include "base/texts.h"
#include "base/time.h"
#include "store/store.h"

namespace tidemill::sqs {

struct QueueKey {
  Scope scope;
  std::string name;

  [[nodiscard]] std::string arn() const { return make_arn("sqs", scope, name); }
  /// nullopt where `arn` isn't a queue's.
  static std::optional<QueueKey> of_arn(std::string_view arn);
  bool operator==(const QueueKey&) const = default;
};

/// Where dead letters go.
struct Redrive {
  std::string target_arn;
  std::int64_t receives_max = 0;
};

struct Queue {
  std::int64_t id = 0, box = 0;
  QueueKey key;
  Texts attributes, tags;
  bool dedup_by_group = false;
  TimeMs created, modified;
  std::optional<TimeMs> purged;

  [[nodiscard]] bool is_fifo() const { return key.name.ends_with(".fifo"); }
  /// The attribute as it was set, or AWS's default, or "".
  [[nodiscard]] std::string_view text(std::string_view attribute) const;
  /// A numeric attribute's value.
  [[nodiscard]] std::int64_t number(std::string_view attribute) const;
  [[nodiscard]] std::optional<Redrive> redrive() const;
  /// Messages that were sent at that time or before have expired.
  [[nodiscard]] TimeMs expired_until(TimeMs now) const;
};

/// What a redrive policy says; numbers may be written as texts.
[[nodiscard]] std::optional<Redrive> parse_redrive(std::string_view policy);

/// Fails with QueueDoesNotExist.
[[nodiscard]] Result<Queue> require_queue(store::Tx& tx, const QueueKey& key);
[[nodiscard]] Result<std::optional<Queue>> find_queue(store::Tx& tx, const QueueKey& key);
/// By the ARN of a queue; nullopt where there is none.
[[nodiscard]] Result<std::optional<Queue>> find_queue(store::Tx& tx, std::string_view arn);
/// The names in `scope` that begin with `prefix` and follow `after`, in order, at most `count`.
[[nodiscard]] Result<std::vector<std::string>> queue_names(store::Tx& tx, const Scope& scope,
                                                           std::string_view prefix,
                                                           std::string_view after,
                                                           std::int64_t count);
/// The queues whose dead letters go to `arn`.
[[nodiscard]] Result<std::vector<QueueKey>> sources_of(store::Tx& tx, std::string_view arn);
[[nodiscard]] Status insert_queue(store::Tx& tx, const Queue& queue);
/// Box, attributes, tags, and when it was changed and purged.
[[nodiscard]] Status update_queue(store::Tx& tx, const Queue& queue);

}  // namespace tidemill::sqs
