/// Walks over stored events in their order: those of a group, or of some of its streams. Internal
/// to logs/; lives within one transaction.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string_view>

#include "logs/records.h"
#include "store/store.h"

namespace tidemill::logs {

/// All between the two positions, neither included.
struct ScanRange {
  Position after;
  Position before;
  bool newest_first = false;
};

/// `start` inclusive, `end` exclusive, both in milliseconds; nothing older than `oldest_kept`.
[[nodiscard]] ScanRange scan_range(std::optional<TimeMs> start, std::optional<TimeMs> end,
                                   std::int64_t oldest_kept);

/// Good until the function that is given it returns.
struct ScannedEvent {
  Position position;
  std::int64_t stream = 0;
  std::int64_t ingested_ms = 0;
  std::string_view message;
};

/// False ends the walk.
using ScanFn = std::function<bool(const ScannedEvent&)>;

[[nodiscard]] Status scan_group(store::Tx& tx, std::int64_t group, const ScanRange& range,
                                const ScanFn& event);
/// Merges the streams (all of `group`) by position; costs what it looks at, not what the group has.
[[nodiscard]] Status scan_streams(store::Tx& tx, std::int64_t group,
                                  std::span<const std::int64_t> streams, const ScanRange& range,
                                  const ScanFn& event);

}  // namespace tidemill::logs
