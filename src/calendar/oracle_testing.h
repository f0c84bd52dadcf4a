/// What schedules come to by looking at the C library's clock every quarter of an hour: slow, plain
/// and none of our code. For tests only; one zone at a time, since the library has one TZ.
#pragma once

#include <array>
#include <cstdint>
#include <cstdlib>
#include <ctime>
#include <vector>

namespace tidemill::calendar {

constexpr std::array oracle_zones = {"UTC",
                                     "Europe/Berlin",
                                     "Europe/London",
                                     "Europe/Dublin",
                                     "America/New_York",
                                     "America/St_Johns",
                                     "America/Havana",
                                     "America/Santiago",
                                     "America/Los_Angeles",
                                     "America/Sao_Paulo",
                                     "Asia/Kolkata",
                                     "Asia/Kathmandu",
                                     "Asia/Beirut",
                                     "Africa/Cairo",
                                     "Africa/Casablanca",
                                     "Australia/Lord_Howe",
                                     "Australia/Sydney",
                                     "Pacific/Chatham",
                                     "Pacific/Apia",
                                     "Antarctica/Troll"};

class LibraryClock {
 public:
  explicit LibraryClock(const char* zone) {
    setenv("TZ", zone, 1);
    tzset();
  }
  ~LibraryClock() {
    unsetenv("TZ");
    tzset();
  }
  LibraryClock(const LibraryClock&) = delete;
  LibraryClock& operator=(const LibraryClock&) = delete;

  [[nodiscard]] static std::tm at(std::int64_t utc) {
    std::tm out{};
    const std::time_t time = utc;
    localtime_r(&time, &out);
    return out;
  }
};

/// An expression, and the same by plain comparison.
struct PlainSchedule {
  const char* expression;
  bool (*holds)(const std::tm& wall);
};

constexpr std::array plain_schedules = {
    PlainSchedule{"cron(30 2 * * ? *)",
                  [](const std::tm& t) { return t.tm_hour == 2 && t.tm_min == 30; }},
    PlainSchedule{"cron(45 1,3 ? * SUN *)",
                  [](const std::tm& t) {
                    return t.tm_wday == 0 && (t.tm_hour == 1 || t.tm_hour == 3) && t.tm_min == 45;
                  }},
    PlainSchedule{"cron(0/15 0-3 ? MAR,OCT SAT-MON *)",
                  [](const std::tm& t) {
                    return t.tm_hour <= 3 && (t.tm_mon == 2 || t.tm_mon == 9) &&
                           (t.tm_wday == 6 || t.tm_wday <= 1);
                  }},
    PlainSchedule{"cron(0 0 * * ? *)",
                  [](const std::tm& t) { return t.tm_hour == 0 && t.tm_min == 0; }},
    PlainSchedule{"cron(15 * * * ? *)", [](const std::tm& t) { return t.tm_min == 15; }},
};

/// The seconds at which each of the first `count` plain schedules fires in `zone`.
inline std::vector<std::vector<std::int64_t>> ask_oracle(const char* zone, std::int64_t begin,
                                                         std::int64_t end, std::size_t count) {
  constexpr std::int64_t quarter = 900;
  const LibraryClock library(zone);
  std::vector<std::vector<std::int64_t>> fires(count);
  std::int64_t shown = INT64_MIN;  // A time that the wall has shown before isn't new.
  for (auto utc = begin; utc < end; utc += quarter) {
    const auto wall = LibraryClock::at(utc);
    const auto number = utc + wall.tm_gmtoff;
    if (number <= shown) continue;
    shown = number;
    for (std::size_t i = 0; i < count; ++i) {
      if (plain_schedules[i].holds(wall)) fires[i].push_back(utc);
    }
  }
  return fires;
}

}  // namespace tidemill::calendar
