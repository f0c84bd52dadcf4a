#include "base/time.h"

#include <array>
#include <charconv>

#include <fmt/compile.h>
#include <fmt/format.h>

namespace tidemill {
namespace {

namespace chr = std::chrono;

struct Civil {
  int year;
  unsigned month, day;
  int hour, minute, second, millis;
  unsigned weekday;
};

Civil civil(TimeMs t) {
  const chr::sys_time<chr::milliseconds> point{chr::milliseconds(t.ms)};
  const auto day = chr::floor<chr::days>(point);
  const chr::year_month_day ymd(day);
  const auto in_day = (point - day).count();
  return {int(ymd.year()),         unsigned(ymd.month()),         unsigned(ymd.day()),
          int(in_day / 3'600'000), int(in_day / 60'000 % 60),     int(in_day / 1000 % 60),
          int(in_day % 1000),      chr::weekday(day).c_encoding()};
}

std::optional<TimeMs> from_civil(int year, int month, int day, int hour, int minute, int second) {
  const chr::year_month_day ymd{chr::year(year), chr::month(unsigned(month)),
                                chr::day(unsigned(day))};
  if (!ymd.ok() || hour > 23 || minute > 59 || second > 60) return std::nullopt;
  const auto days = chr::sys_days(ymd).time_since_epoch().count();
  return TimeMs{((std::int64_t(days) * 24 + hour) * 60 + minute) * 60'000 + second * 1000LL};
}

constexpr std::array<std::string_view, 7> day_names = {"Sun", "Mon", "Tue", "Wed",
                                                       "Thu", "Fri", "Sat"};
constexpr std::array<std::string_view, 12> month_names = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                          "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

/// Reads fixed-width fields from the front of a text.
struct Reader {
  std::string_view rest;
  bool ok = true;

  int digits(std::size_t n) {
    int value = 0;
    if (rest.size() < n) return ok = false, 0;
    for (std::size_t i = 0; i < n; ++i) {
      if (rest[i] < '0' || rest[i] > '9') return ok = false, 0;
      value = value * 10 + (rest[i] - '0');
    }
    rest.remove_prefix(n);
    return value;
  }
  bool take(char c) {
    if (rest.empty() || rest.front() != c) return false;
    rest.remove_prefix(1);
    return true;
  }
  void expect(char c) { ok = take(c) && ok; }
};

}  // namespace

std::string iso_seconds(TimeMs t) {
  const auto c = civil(t);
  return fmt::format(FMT_COMPILE("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}Z"), c.year, c.month, c.day,
                     c.hour, c.minute, c.second);
}

std::string iso_millis(TimeMs t) {
  const auto c = civil(t);
  return fmt::format(FMT_COMPILE("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z"), c.year, c.month,
                     c.day, c.hour, c.minute, c.second, c.millis);
}

std::string http_date(TimeMs t) {
  const auto c = civil(t);
  return fmt::format("{}, {:02} {} {:04} {:02}:{:02}:{:02} GMT", day_names[c.weekday], c.day,
                     month_names[c.month - 1], c.year, c.hour, c.minute, c.second);
}

std::string amz_date(TimeMs t) {
  const auto c = civil(t);
  return fmt::format("{:04}{:02}{:02}T{:02}{:02}{:02}Z", c.year, c.month, c.day, c.hour, c.minute,
                     c.second);
}

std::optional<TimeMs> parse_iso(std::string_view text) {
  Reader r{text};
  const int year = r.digits(4);
  r.expect('-');
  const int month = r.digits(2);
  r.expect('-');
  const int day = r.digits(2);
  if (!r.take('T') && !r.take('t') && !r.take(' ')) return std::nullopt;
  const int hour = r.digits(2);
  r.expect(':');
  const int minute = r.digits(2);
  int second = 0;
  if (r.take(':')) second = r.digits(2);
  int millis = 0;
  if (r.take('.')) {
    int scale = 100;
    if (r.rest.empty() || r.rest.front() < '0' || r.rest.front() > '9') return std::nullopt;
    while (!r.rest.empty() && r.rest.front() >= '0' && r.rest.front() <= '9') {
      millis += (r.rest.front() - '0') * scale;
      scale /= 10;
      r.rest.remove_prefix(1);
    }
  }
  int offset_minutes = 0;
  if (!r.take('Z') && !r.take('z')) {
    const bool minus = r.take('-');
    if (!minus) r.expect('+');
    offset_minutes = r.digits(2) * 60;
    r.take(':');
    offset_minutes += r.digits(2);
    if (minus) offset_minutes = -offset_minutes;
  }
  if (!r.ok || !r.rest.empty()) return std::nullopt;
  auto t = from_civil(year, month, day, hour, minute, second);
  if (t) t->ms += millis - offset_minutes * 60'000LL;
  return t;
}

std::optional<TimeMs> parse_http_date(std::string_view text) {
  Reader r{text};
  const auto comma = text.find(", ");
  if (comma == std::string_view::npos) return std::nullopt;
  r.rest.remove_prefix(comma + 2);
  const int day = r.digits(2);
  r.expect(' ');
  int month = 0;
  for (std::size_t i = 0; i < month_names.size(); ++i) {
    if (r.rest.starts_with(month_names[i])) month = int(i) + 1;
  }
  if (month == 0) return std::nullopt;
  r.rest.remove_prefix(3);
  r.expect(' ');
  const int year = r.digits(4);
  r.expect(' ');
  const int hour = r.digits(2);
  r.expect(':');
  const int minute = r.digits(2);
  r.expect(':');
  const int second = r.digits(2);
  if (!r.ok || !(r.rest == " GMT" || r.rest == " UTC" || r.rest == " +0000")) return std::nullopt;
  return from_civil(year, month, day, hour, minute, second);
}

std::optional<TimeMs> parse_amz_date(std::string_view text) {
  Reader r{text};
  const int year = r.digits(4), month = r.digits(2), day = r.digits(2);
  r.expect('T');
  const int hour = r.digits(2), minute = r.digits(2), second = r.digits(2);
  r.expect('Z');
  if (!r.ok || !r.rest.empty()) return std::nullopt;
  return from_civil(year, month, day, hour, minute, second);
}

TimeMs SystemClock::now() const noexcept {
  if (const auto set = set_to_.load(std::memory_order_relaxed); set != released) return {set};
  return {
      chr::duration_cast<chr::milliseconds>(chr::system_clock::now().time_since_epoch()).count()};
}

void SystemClock::set(std::optional<TimeMs> time) noexcept {
  set_to_.store(time ? time->ms : released, std::memory_order_relaxed);
}

}  // namespace tidemill
