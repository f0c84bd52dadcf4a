#include "calendar/describe.h"

#include <bit>
#include <chrono>

#include <fmt/format.h>

namespace tidemill::calendar {
namespace {

constexpr std::int64_t day_ms = 86'400'000;
constexpr std::size_t notes_max = 6;  // Of one kind.

std::string wall_text(std::int64_t wall_seconds) {
  static constexpr std::array<std::string_view, 7> names = {"Sun", "Mon", "Tue", "Wed",
                                                            "Thu", "Fri", "Sat"};
  const std::chrono::sys_seconds at{std::chrono::seconds(wall_seconds)};
  const auto day = std::chrono::floor<std::chrono::days>(at);
  auto text = iso_seconds({wall_seconds * 1000});
  text.pop_back();
  text[text.find('T')] = ' ';
  return fmt::format("{} {}", names[std::chrono::weekday(day).c_encoding()], text);
}

std::string offset_text(std::int32_t seconds) {
  const auto minutes = std::abs(seconds) / 60;
  return fmt::format("{}{:02}:{:02}", seconds < 0 ? '-' : '+', minutes / 60, minutes % 60);
}

/// Months in which none of the cron's days exists, ever or in some years.
std::string months_left_out(const Cron& cron) {
  static constexpr std::array<std::string_view, 13> names = {
      "",     "January", "February",  "March",   "April",    "May",     "June",
      "July", "August",  "September", "October", "November", "December"};
  constexpr int leap_year = 2024, cycle = 28;
  std::string always, sometimes;
  for (int month = 1; month <= 12; ++month) {
    if ((cron.months >> month & 1) == 0) continue;
    int without = 0;
    for (int year = leap_year; year < leap_year + cycle; ++year) {
      without += cron.days_in(year, month) == 0 ? 1 : 0;
    }
    auto& list = without == cycle ? always : sometimes;
    if (without > 0) list += (list.empty() ? "" : ", ") + std::string(names[std::size_t(month)]);
  }
  if (always.empty() && sometimes.empty()) return {};
  if (always.empty()) return "left out in some years: " + sometimes;
  return "left out, having no such day: " + always +
         (sometimes.empty() ? "" : "; in some years: " + sometimes);
}

std::vector<Skipped> skipped_between(const Timing& timing, TimeMs from, TimeMs until) {
  std::vector<Skipped> skipped;
  constexpr int fires_max = 20'000;
  auto at = std::optional(from);
  for (int i = 0; at && *at < until && i < fires_max && skipped.size() < notes_max; ++i) {
    at = next_fire(timing, *at, &skipped);
  }
  std::erase_if(skipped, [&](const Skipped& s) { return until < s.at; });
  if (skipped.size() > notes_max) skipped.resize(notes_max);
  return skipped;
}

}  // namespace

std::string local_text(const Zone& zone, TimeMs at) {
  const auto utc = (at.ms - (at.ms % 1000 + 1000) % 1000) / 1000;
  const auto offset = zone.offset_at(utc);
  return fmt::format("{} {}", wall_text(utc + offset), offset_text(offset));
}

std::string skipped_text(const Zone& zone, const Skipped& skipped) {
  if (skipped.why == Skipped::Why::fold) {
    return fmt::format("{}: left out, the clock shows this time for the second time",
                       local_text(zone, skipped.at));
  }
  // As the wall would have shown it, had the clock not been changed.
  const auto utc = skipped.at.ms / 1000;
  const auto& spans = zone.spans();
  const auto index = zone.index_at(utc);
  const auto before = index > 0 ? spans[index - 1].offset : spans[index].offset;
  return fmt::format("{}: left out, the clock jumps over this time", wall_text(utc + before));
}

std::vector<std::string> notes_on(const Timing& timing, TimeMs now) {
  std::vector<std::string> notes;
  const auto first = next_fire(timing, now);
  if (!first) {
    notes.emplace_back(fmt::format("never fires after {}", iso_seconds(now)));
    return notes;
  }
  if (const auto* cron = std::get_if<Cron>(&timing.expression)) {
    if (auto months = months_left_out(*cron); !months.empty()) notes.push_back(std::move(months));
    const auto per_hour = std::popcount(cron->minutes);
    if (per_hour >= 30) notes.push_back(fmt::format("fires {} times an hour", per_hour));
  }
  for (const auto& skipped : skipped_between(timing, now, {now.ms + 2 * 365 * day_ms})) {
    notes.push_back(skipped_text(*timing.zone, skipped));
  }
  return notes;
}

}  // namespace tidemill::calendar
