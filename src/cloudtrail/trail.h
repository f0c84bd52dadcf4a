/// The audit trail: who changed what, written after the answer by the commit thread of audit.db.
/// What waits to be written is bounded; what doesn't find room is counted. Owned by the server.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "cloudtrail/record.h"
#include "store/store.h"
#include "wire/audit.h"

namespace tidemill::cloudtrail {

/// A place in the trail: its order is by time, then by number.
struct Place {
  std::int64_t at_ms = 0, seq = 0;
};

struct LookupQuery {
  Scope scope;
  std::string key, value;  ///< A LookupAttribute; empty: all.
  std::optional<TimeMs> from, until;
  std::optional<Place> before;  ///< Where the page before ended.
  int count = 50;
};

struct LookupPage {
  std::vector<Record> records;  ///< Newest first.
  std::optional<Place> next;
};

class Trail final : public wire::AuditTrail {
 public:
  /// Both outlive it.
  Trail(store::Store& store, Random& random) : store_(store), random_(random) {}

  void note(const wire::AuditedCall& call) override;
  /// Writes what waits; nothing is noted any more. Blocks: for the end.
  void close();
  /// How many were not written since the start.
  [[nodiscard]] std::uint64_t dropped() const { return dropped_.load(); }

  [[nodiscard]] static Result<LookupPage> lookup(store::Tx& tx, const LookupQuery& query);
  /// Forgets what is older, a step of it; true if there is more.
  [[nodiscard]] static Result<bool> forget(store::Tx& tx, TimeMs before);
  /// Test mode: forgets all.
  [[nodiscard]] static Status reset(store::Tx& tx);

 private:
  using Batch = std::shared_ptr<std::vector<Record>>;

  void write_waiting();
  void written(const Batch& batch, const Status& done);
  Batch take();
  void drop(std::size_t count);

  store::Store& store_;
  Random& random_;
  std::mutex lock_;
  std::vector<Record> waiting_;
  std::size_t waiting_bytes_ = 0;
  bool is_writing_ = false;  ///< One batch at a time: what comes meanwhile is the next one.
  std::atomic<std::uint64_t> dropped_ = 0;
};

}  // namespace tidemill::cloudtrail
