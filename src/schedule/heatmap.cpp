#include "schedule/heatmap.h"

#include <fmt/format.h>

namespace tidemill::schedule {
namespace {

constexpr std::int64_t minute_ms = 60'000, hour_ms = 60 * minute_ms;
constexpr std::size_t hours = 7 * 24, minutes = hours * 60;
constexpr std::size_t worst_max = 10, names_max = 5;
/// A shift moves a schedule by at most so many minutes.
constexpr std::size_t shift_max = 30;

/// The starts of one target, by minute of the week.
using Week = std::vector<std::uint32_t>;

struct Minute {
  std::string target;
  std::size_t index = 0;
  int count = 0, limit = 0;  ///< limit 0: none.
  int days = 0;              ///< On so many days of the week.

  [[nodiscard]] int beyond() const { return limit > 0 ? std::max(0, count - limit) : 0; }
};

template <class Each>
void each_start(const Planned& planned, TimeMs from, Each each) {
  TimeMs after{from.ms - 1 - planned.spread_ms};
  const std::int64_t end = from.ms + std::int64_t(minutes) * minute_ms;
  for (auto next = calendar::next_fire(planned.timing, after); next;
       next = calendar::next_fire(planned.timing, *next)) {
    const auto start = next->ms + planned.spread_ms;
    if (start >= end) return;
    each(std::size_t((start - from.ms) / minute_ms));
  }
}

std::vector<std::string> names_at(const std::vector<Planned>& planned, const Minute& minute,
                                  TimeMs from) {
  const TimeMs then{from.ms + std::int64_t(minute.index) * minute_ms};
  std::vector<std::string> names;
  for (const auto& p : planned) {
    if (p.target != minute.target) continue;
    const auto next = calendar::next_fire(p.timing, {then.ms - 1 - p.spread_ms});
    if (next && next->ms + p.spread_ms < then.ms + minute_ms) names.push_back(p.name);
  }
  return names;
}

/// Those beyond the limit (or all but one), each to the quietest minute that is left behind it:
/// "move b by 1 min, c by 2 min".
std::string shifts_for(Week week, const Minute& minute, const std::vector<std::string>& names) {
  const int room = minute.limit > 0 ? minute.limit : 1;
  if (minute.count <= room || names.size() < 2) return {};
  const auto excess = std::min(std::size_t(minute.count - room), names.size() - 1);
  std::string text;
  for (std::size_t i = 0; i < std::min(excess, names_max); ++i) {
    std::size_t best = 0;
    for (std::size_t by = 1; by <= shift_max && minute.index + by < week.size(); ++by) {
      if (best == 0 || week[minute.index + by] < week[minute.index + best]) best = by;
    }
    if (best == 0) return text;
    ++week[minute.index + best];
    text += fmt::format("{} {} by {} min", text.empty() ? "move" : ",",
                        names[names.size() - excess + i], best);
  }
  if (excess > names_max) text += fmt::format(", and {} more", excess - names_max);
  return text;
}

/// Those of one target at the same time of several days are one, which is told once.
std::vector<Minute> collisions_in(const std::map<std::string, Week>& weeks, const Limits& limits) {
  constexpr std::size_t day = 24 * 60;
  std::map<std::tuple<std::string, std::size_t, std::uint32_t>, Minute> found;
  for (const auto& [target, week] : weeks) {
    const auto limit = limits.find(target);
    for (std::size_t i = 0; i < week.size(); ++i) {
      if (week[i] < 2) continue;
      auto& minute = found[{target, i % day, week[i]}];
      if (++minute.days > 1) continue;
      minute.target = target;
      minute.index = i;
      minute.count = int(week[i]);
      minute.limit = limit == limits.end() ? 0 : limit->second;
    }
  }
  std::vector<Minute> minutes_found;
  for (auto& [key, minute] : found) minutes_found.push_back(std::move(minute));
  return minutes_found;
}

}  // namespace

json::object heatmap(const std::vector<Planned>& planned, const Limits& limits, TimeMs from) {
  from.ms -= from.ms % hour_ms;
  std::map<std::string, Week> weeks;
  Week all(minutes);
  for (const auto& p : planned) {
    auto& week = weeks[p.target];
    week.resize(minutes);
    each_start(p, from, [&](std::size_t index) {
      ++week[index];
      ++all[index];
    });
  }
  auto collisions = collisions_in(weeks, limits);
  const auto rank = [](const Minute& m) { return std::tuple(-m.beyond(), -m.count, m.index); };
  const auto shown = std::min(worst_max, collisions.size());
  std::ranges::partial_sort(collisions, collisions.begin() + std::ptrdiff_t(shown), {}, rank);
  json::array worst, peaks;
  for (std::size_t i = 0; i < shown; ++i) {
    const auto& minute = collisions[i];
    const auto names = names_at(planned, minute, from);
    json::array some;
    for (const auto& name : names) {
      if (some.size() < names_max) some.emplace_back(name);
    }
    worst.push_back(
        json::object{{"time", iso_seconds({from.ms + std::int64_t(minute.index) * minute_ms})},
                     {"target", minute.target},
                     {"days", minute.days},
                     {"starts", minute.count},
                     {"limit", minute.limit > 0 ? json::value(minute.limit) : json::value(nullptr)},
                     {"schedules", std::move(some)},
                     {"proposal", shifts_for(weeks[minute.target], minute, names)}});
  }
  for (std::size_t hour = 0; hour < hours; ++hour) {
    const auto begin = all.begin() + std::ptrdiff_t(hour * 60);
    peaks.emplace_back(*std::max_element(begin, begin + 60));
  }
  return {{"from", iso_seconds(from)},
          {"schedules", planned.size()},
          {"hours", std::move(peaks)},
          {"worst", std::move(worst)}};
}

}  // namespace tidemill::schedule
