/// Time zones: how far a wall clock is from UTC, and when that changes. The rules are those of the
/// machine's IANA database (/usr/share/zoneinfo), read when they are first asked for.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"

namespace tidemill::calendar {

/// A zone until the end of the year 2200. Immutable: any thread.
class Zone {
 public:
  /// From `begin` on, up to `end` (seconds since 1970, UTC), the wall shows UTC + offset.
  struct Span {
    std::int64_t begin = INT64_MIN, end = INT64_MAX;
    std::int32_t offset = 0;
  };

  /// `spans` follow each other without a gap, and neighbours differ in their offset.
  Zone(std::string name, std::vector<Span> spans)
      : name_(std::move(name)), spans_(std::move(spans)) {}

  /// From the bytes of a TZif file (RFC 9636).
  static Result<Zone> parse(std::string name, std::string_view bytes);

  [[nodiscard]] const std::string& name() const noexcept { return name_; }
  [[nodiscard]] const std::vector<Span>& spans() const noexcept { return spans_; }
  /// The index of the span that holds the instant.
  [[nodiscard]] std::size_t index_at(std::int64_t utc_seconds) const noexcept;
  [[nodiscard]] std::int32_t offset_at(std::int64_t utc_seconds) const noexcept {
    return spans_[index_at(utc_seconds)].offset;
  }

 private:
  std::string name_;
  std::vector<Span> spans_;
};

using ZoneRef = std::shared_ptr<const Zone>;

/// The machine's database. Thread-safe; owned by who runs schedules.
class Zones {
 public:
  static constexpr const char* system_directory = "/usr/share/zoneinfo";

  explicit Zones(std::string directory = system_directory) : directory_(std::move(directory)) {}

  /// "Europe/Berlin"; "UTC" needs no database. Fails with invalid_argument for an unknown name, its
  /// hint naming the nearest.
  [[nodiscard]] Result<ZoneRef> find(std::string_view name);
  /// "2025b", or "unknown".
  [[nodiscard]] std::string version() const;
  /// Forgets what was read: find() then reads anew. Zones given out stay as they were.
  void reload();

 private:
  [[nodiscard]] std::string nearest(std::string_view name) const;

  const std::string directory_;
  std::mutex mutex_;
  std::map<std::string, ZoneRef, std::less<>> known_;
};

/// The one that needs no database.
[[nodiscard]] const ZoneRef& utc();

}  // namespace tidemill::calendar
