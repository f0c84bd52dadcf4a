#include "calendar/cron.h"

#include <bit>
#include <chrono>

namespace tidemill::calendar {
namespace {

using std::chrono::sys_days;
using std::chrono::year_month_day;

constexpr std::uint32_t bit(int n) noexcept { return std::uint32_t{1} << n; }

/// The first minute of the year after the last.
constexpr WallMinute minutes_end =
    sys_days(std::chrono::year(Cron::year_max + 1) / 1 / 1).time_since_epoch().count() *
    minutes_per_day;

/// The bits of `set` from bit `first` on.
constexpr std::uint64_t from_bit(std::uint64_t set, int first) noexcept {
  return first > 63 ? 0 : set & (~std::uint64_t{0} << first);
}

std::int64_t day_number(int year, int month, int day) noexcept {
  const year_month_day date{std::chrono::year(year), std::chrono::month(unsigned(month)),
                            std::chrono::day(unsigned(day))};
  return sys_days(date).time_since_epoch().count();
}

/// 1 (SUN) to 7 (SAT).
int weekday_of(std::int64_t day) noexcept { return int((day + 4) % 7) + 1; }

int near_weekday(int wanted, int first, int length) noexcept {
  if (wanted > length) return 0;
  const int weekday = (first - 1 + wanted - 1) % 7 + 1;
  if (weekday == 7) return wanted == 1 ? 3 : wanted - 1;
  if (weekday == 1) return wanted == length ? wanted - 2 : wanted + 1;
  return wanted;
}

/// The days of a month whose first day is the weekday `first`, that are in the set `weekdays`.
std::uint32_t on_weekdays(std::uint32_t weekdays, int first) noexcept {
  const std::uint32_t week = weekdays >> 1;  // Bit 0: SUN.
  const int turn = first - 1;
  const std::uint64_t turned = ((week >> turn) | (week << (7 - turn))) & 0x7f;
  return std::uint32_t((turned * 0x10204081) << 1);  // Repeated five times from day 1 on.
}

}  // namespace

int days_in_month(int year, int month) noexcept {
  constexpr std::array<std::int8_t, 13> lengths = {0,  31, 28, 31, 30, 31, 30,
                                                   31, 31, 30, 31, 30, 31};
  const bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
  return month == 2 && leap ? 29 : lengths[std::size_t(month)];
}

bool Cron::has_year(int year) const noexcept {
  const auto index = unsigned(year - year_min);
  return index <= unsigned(year_max - year_min) && (years[index / 64] >> (index % 64) & 1) != 0;
}

std::uint32_t Cron::days_in(int year, int month) const noexcept {
  const int length = days_in_month(year, month);
  const std::uint32_t whole = (std::uint32_t(-1) >> (31 - length)) & ~std::uint32_t{1};
  if (rule == DayRule::days) return days & whole;
  if (rule == DayRule::last_day) return length > day ? bit(length - day) : 0;
  const int first = weekday_of(day_number(year, month, 1));
  switch (rule) {
    case DayRule::near_weekday: return bit(near_weekday(day, first, length)) & whole;
    case DayRule::last_weekday: return bit(near_weekday(length, first, length));
    case DayRule::weekdays: return on_weekdays(days, first) & whole;
    case DayRule::last_of_weekday:
      return bit(std::bit_width(on_weekdays(bit(day), first) & whole) - 1);
    default: {
      const int earliest = 1 + (day - first + 7) % 7;
      const int wanted = earliest + 7 * (nth - 1);
      return wanted <= length ? bit(wanted) : 0;
    }
  }
}

std::optional<WallMinute> Cron::first_from(WallMinute from) const noexcept {
  if (from >= minutes_end) return std::nullopt;
  const auto today = from / minutes_per_day;
  const year_month_day date{sys_days(std::chrono::days(today))};
  int year = int(date.year()), month = int(unsigned(date.month()));
  int day_of_month = int(unsigned(date.day()));
  const bool this_month = has_year(year) && (months >> month & 1) != 0;
  std::uint64_t left = this_month ? from_bit(days_in(year, month), day_of_month) : 0;
  if ((left >> day_of_month & 1) != 0) {
    const int now = int(from % minutes_per_day), hour = now / 60;
    const auto in_hour = (hours >> hour & 1) != 0 ? from_bit(minutes, now % 60) : 0;
    if (in_hour != 0) return today * minutes_per_day + hour * 60 + std::countr_zero(in_hour);
    const auto later = from_bit(hours, hour + 1);
    if (later != 0) {
      return today * minutes_per_day + std::countr_zero(later) * 60 + std::countr_zero(minutes);
    }
    left &= left - 1;
  }
  const int opening = std::countr_zero(hours) * 60 + std::countr_zero(minutes);
  while (left == 0) {
    const auto later = from_bit(months, month + 1);
    if (later != 0 && has_year(year)) {
      month = std::countr_zero(later);
    } else {
      do {
        if (++year > year_max) return std::nullopt;
      } while (!has_year(year));
      month = std::countr_zero(months);
    }
    left = days_in(year, month);
  }
  return day_number(year, month, std::countr_zero(left)) * minutes_per_day + opening;
}

}  // namespace tidemill::calendar
