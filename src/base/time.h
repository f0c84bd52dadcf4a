/// Points in time as whole milliseconds since 1970-01-01T00:00:00Z, the clock that tells them, and
/// the text forms that AWS's protocols use. Any thread.
#pragma once

#include <atomic>
#include <chrono>
#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace tidemill {

/// Milliseconds since the Unix epoch, UTC.
struct TimeMs {
  std::int64_t ms = 0;
  auto operator<=>(const TimeMs&) const = default;
  [[nodiscard]] TimeMs plus(std::chrono::milliseconds d) const noexcept { return {ms + d.count()}; }
};

/// "2024-01-15T09:30:15Z": whole seconds (the event envelope's `time`).
[[nodiscard]] std::string iso_seconds(TimeMs t);
/// "2024-01-15T09:30:15.250Z" (S3 bodies, query protocol).
[[nodiscard]] std::string iso_millis(TimeMs t);
/// "Mon, 15 Jan 2024 09:30:15 GMT" (HTTP headers, RFC 9110 section 5.6.7).
[[nodiscard]] std::string http_date(TimeMs t);
/// "20240115T093015Z" (SigV4).
[[nodiscard]] std::string amz_date(TimeMs t);

/// Each takes just the form named above (iso: with or without fraction, offset or Z).
[[nodiscard]] std::optional<TimeMs> parse_iso(std::string_view text);
[[nodiscard]] std::optional<TimeMs> parse_http_date(std::string_view text);
[[nodiscard]] std::optional<TimeMs> parse_amz_date(std::string_view text);

/// The wall clock, passed in wherever time is needed so that tests can set it.
class Clock {
 public:
  virtual ~Clock() = default;
  [[nodiscard]] virtual TimeMs now() const noexcept = 0;
};

/// The machine's clock, or in test mode a time that a test has set (and that then stands still
/// until it is set again or released). Thread-safe.
class SystemClock final : public Clock {
 public:
  [[nodiscard]] TimeMs now() const noexcept override;
  /// Sets (or with nullopt releases) the time; test mode only.
  void set(std::optional<TimeMs> time) noexcept;

 private:
  static constexpr std::int64_t released = INT64_MIN;
  std::atomic<std::int64_t> set_to_{released};
};

}  // namespace tidemill
