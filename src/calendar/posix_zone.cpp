#include "calendar/posix_zone.h"

#include <algorithm>
#include <chrono>

#include "calendar/cron.h"

namespace tidemill::calendar {
namespace {

constexpr std::int64_t day_seconds = 86'400, hour_seconds = 3600;

/// When a year's change comes: a day, and the time of that day's wall clock.
struct Moment {
  enum class Kind { month_week_day, julian, day_of_year } kind = Kind::month_week_day;
  int month = 0, week = 0, day = 0;
  std::int64_t seconds = 2 * hour_seconds;

  [[nodiscard]] std::int64_t in(int year) const {
    using namespace std::chrono;
    const auto days_to = [year](int m, int d) -> std::int64_t {
      return sys_days(std::chrono::year(year) / m / d).time_since_epoch().count();
    };
    const auto new_year = days_to(1, 1);
    std::int64_t on = new_year + day;
    if (kind == Kind::julian) {
      const bool leap = days_in_month(year, 2) == 29;
      on = new_year + day - 1 + (leap && day >= 60 ? 1 : 0);
    } else if (kind == Kind::month_week_day) {
      const auto first = days_to(month, 1);
      const auto weekday = ((first + 4) % 7 + 7) % 7;
      auto offset = (day - weekday + 7) % 7 + 7 * (week - 1);
      while (offset >= days_in_month(year, month)) offset -= 7;
      on = first + offset;
    }
    return on * day_seconds + seconds;
  }
};

class Reader {
 public:
  explicit Reader(std::string_view text) : text_(text) {}

  [[nodiscard]] bool at_end() const { return text_.empty(); }
  bool take(char c) {
    if (text_.empty() || text_.front() != c) return false;
    text_.remove_prefix(1);
    return true;
  }
  [[nodiscard]] bool sees_number() const {
    return !text_.empty() && (digit() || text_.front() == '-' || text_.front() == '+');
  }
  std::optional<int> number() {
    if (text_.empty() || !digit()) return std::nullopt;
    int value = 0;
    while (!text_.empty() && digit() && value < 100'000) {
      value = value * 10 + (text_.front() - '0');
      text_.remove_prefix(1);
    }
    return value;
  }
  bool skip_name() {
    if (take('<')) {
      const auto end = text_.find('>');
      if (end == text_.npos) return false;
      text_.remove_prefix(end + 1);
      return true;
    }
    const auto size = text_.size();
    while (!text_.empty() && ((text_.front() | 32) >= 'a' && (text_.front() | 32) <= 'z')) {
      text_.remove_prefix(1);
    }
    return size - text_.size() >= 3;
  }
  /// [+-]hh[:mm[:ss]]
  std::optional<std::int64_t> time() {
    const bool minus = take('-');
    if (!minus) take('+');
    std::int64_t seconds = 0, unit = hour_seconds;
    do {
      const auto part = number();
      if (!part) return std::nullopt;
      seconds += *part * unit;
      unit /= 60;
    } while (unit > 0 && take(':'));
    return minus ? -seconds : seconds;
  }
  std::optional<Moment> moment() {
    Moment moment;
    std::optional<int> day;
    if (take('M')) {
      const auto month = number();
      const auto week = take('.') ? number() : std::nullopt;
      day = take('.') ? number() : std::nullopt;
      if (!month || !week || !day || *month < 1 || *month > 12) return std::nullopt;
      moment.month = *month;
      moment.week = *week;
    } else {
      moment.kind = take('J') ? Moment::Kind::julian : Moment::Kind::day_of_year;
      day = number();
      if (!day) return std::nullopt;
    }
    moment.day = *day;
    if (take('/')) {
      const auto seconds = time();
      if (!seconds) return std::nullopt;
      moment.seconds = *seconds;
    }
    return moment;
  }

 private:
  [[nodiscard]] bool digit() const { return text_.front() >= '0' && text_.front() <= '9'; }
  std::string_view text_;
};

}  // namespace

std::optional<std::vector<ZoneChange>> posix_changes(std::string_view rule, int first, int last) {
  Reader reader(rule);
  if (!reader.skip_name()) return std::nullopt;
  const auto west = reader.time();
  if (!west) return std::nullopt;
  const auto standard = std::int32_t(-*west);  // POSIX counts to the west.
  std::vector<ZoneChange> changes;
  if (reader.at_end()) {
    Moment new_year{.kind = Moment::Kind::day_of_year, .seconds = 0};
    changes.push_back({new_year.in(first)-standard, standard});
    return changes;
  }
  if (!reader.skip_name()) return std::nullopt;
  auto summer = standard + std::int32_t(hour_seconds);
  if (reader.sees_number()) {
    const auto given = reader.time();
    if (!given) return std::nullopt;
    summer = std::int32_t(-*given);
  }
  if (!reader.take(',')) return std::nullopt;
  const auto start = reader.moment();
  if (!start || !reader.take(',')) return std::nullopt;
  const auto end = reader.moment();
  if (!end || !reader.at_end()) return std::nullopt;
  for (int year = first; year <= last; ++year) {
    changes.push_back({start->in(year)-standard, summer});
    changes.push_back({end->in(year)-summer, standard});
  }
  std::ranges::sort(changes);
  return changes;
}

}  // namespace tidemill::calendar
