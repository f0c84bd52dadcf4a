/// When AWS's six-field cron() fires, by the clock on the wall: bit sets and a search over months.
/// Pure. (AWS: "Cron expressions reference" of Amazon EventBridge.)
#pragma once

#include <array>
#include <cstdint>
#include <optional>

namespace tidemill::calendar {

/// How a cron() chooses its days; the other of the two day fields is '?'.
enum class DayRule : std::uint8_t {
  days,             // a set of days of the month
  last_day,         // L, L-n
  near_weekday,     // nW: the Monday to Friday nearest to day n, within the month
  last_weekday,     // LW
  weekdays,         // a set of days of the week
  last_of_weekday,  // dL
  nth_of_weekday,   // d#n
};

/// A minute of a wall clock, counted from 1970-01-01 00:00 of that clock.
using WallMinute = std::int64_t;
constexpr std::int64_t minutes_per_day = 24 * 60;

struct Cron {
  static constexpr int year_min = 1970, year_max = 2199;

  std::uint64_t minutes = 0;  ///< Bit 0 to 59.
  std::uint32_t hours = 0;    ///< Bit 0 to 23.
  std::uint32_t days = 0;     ///< days: bit 1 to 31; weekdays: bit 1 (SUN) to 7 (SAT).
  std::uint16_t months = 0;   ///< Bit 1 to 12.
  DayRule rule = DayRule::days;
  std::uint8_t day = 0;  ///< n of nW, d of dL and d#n, days before the last of L-n.
  std::uint8_t nth = 0;  ///< n of d#n.
  std::array<std::uint64_t, 4> years = {};  ///< Bit 0: 1970.

  bool operator==(const Cron&) const = default;

  /// The first minute at or after `from` (>= 0) at which it fires; nullopt: none until 2199.
  [[nodiscard]] std::optional<WallMinute> first_from(WallMinute from) const noexcept;
  [[nodiscard]] bool has_year(int year) const noexcept;
  /// The days of that month on which it may fire: bit 1 to 31. Its months and years aren't asked.
  [[nodiscard]] std::uint32_t days_in(int year, int month) const noexcept;
};

[[nodiscard]] int days_in_month(int year, int month) noexcept;

}  // namespace tidemill::calendar
