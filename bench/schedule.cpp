#include "bench/schedule.h"
#include "bench/subcommands.h"

#include <time.h>

#include <cmath>
#include <iostream>

#include "base/time.h"
#include "bench/report.h"
#include "bench/schedule.h"
#include "calendar/next.h"

namespace tidemill::bench {
namespace {

using calendar::Timing;

/// The forms of the platform and the hard ones: sparse days, ends of months, a few years only.
constexpr std::array expressions = {
    "cron(0 2 * * ? *)",      "cron(0 3 ? * MON *)",     "cron(0 */6 * * ? *)",
    "cron(0 * * * ? *)",      "cron(0 6 ? * MON-FRI *)", "cron(0 4 1 * ? *)",
    "cron(0/5 8-17 * * ? *)", "cron(15 10 L * ? *)",     "cron(15 10 ? * 6L 2024-2060)",
    "cron(0 9 ? * 2#1 *)",    "cron(30 7 15W * ? *)",    "cron(*/15 22-2 ? 1-11 SAT,SUN *)"};

constexpr int chunk = 500;  // Into the sixties: before any of the others stops.
const TimeMs from = parse_iso("2026-01-01T00:00:00Z").value();

/// The next 500 instants, one after the other; after the last from the start. Gives their sum.
std::int64_t run_chunk(const Timing& timing) {
  std::int64_t sum = 0;
  auto at = from;
  for (int i = 0; i < chunk; ++i) {
    at = calendar::next_fire(timing, at).value_or(from);
    sum += at.ms;
  }
  return sum;
}

double thread_seconds() {
  timespec taken{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &taken);
  return double(taken.tv_sec) + double(taken.tv_nsec) / 1e9;
}

/// Instants a second of this thread's CPU.
double next_rate(const std::vector<Timing>& timings, double seconds) {
  std::int64_t done = 0, sum = 0;
  const auto start = thread_seconds();
  double taken = 0;
  while (taken < seconds) {
    for (const auto& timing : timings) {
      sum += run_chunk(timing);
      done += chunk;
    }
    taken = thread_seconds() - start;
  }
  if (sum == 1) std::cerr << "";  // Else nothing would need to be computed.
  return double(done) / taken;
}

std::vector<Timing> timings_in(const std::vector<calendar::ZoneRef>& zones) {
  std::vector<Timing> timings;
  for (const auto& zone : zones) {
    for (const auto* text : expressions) {
      timings.push_back(
          {.expression = calendar::parse_expression(text, calendar::Dialect::scheduler).value(),
           .zone = zone});
    }
  }
  return timings;
}

void measure_next_utc() {
  print(Measurement{.name = "schedule_next_utc",
                    .value = next_rate(timings_in({calendar::utc()}), 3) / 1e6,
                    .unit = "M/s",
                    .target = 15});
}

void measure_next_zoned() {
  calendar::Zones zones;
  std::vector<calendar::ZoneRef> chosen;
  for (const char* name :
       {"Europe/Berlin", "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe"}) {
    chosen.push_back(zones.find(name).value());
  }
  print(Measurement{.name = "schedule_next_zoned",
                    .value = next_rate(timings_in(chosen), 3) / 1e6,
                    .unit = "M/s",
                    .target = 5});
}

/// For bench/schedule_compare.py: each expression by itself, and what its instants sum up to.
void measure_next_each() {
  const auto timings = timings_in({calendar::utc()});
  for (std::size_t i = 0; i < timings.size(); ++i) {
    print(json::object{{"engine", "tidemill"},
                       {"expression", expressions[i]},
                       {"per_cpu_s", std::round(next_rate({timings[i]}, 0.2))},
                       {"sum_s", run_chunk(timings[i]) / 1000}});
  }
}

struct Figure {
  std::string_view name;
  void (*measure)();
};
constexpr std::array figures{
    Figure{"next_utc", measure_next_utc},     Figure{"next_each", measure_next_each},
    Figure{"next_zoned", measure_next_zoned}, Figure{"load", measure_load},
    Figure{"claims", measure_claims},         Figure{"storm", measure_storms}};

}  // namespace

Status measure_schedule(std::span<char*> arguments) {
  for (const std::string_view name : arguments) {
    if (std::ranges::find(figures, name, &Figure::name) != figures.end()) continue;
    auto message = fmt::format("there is no figure {}; there are:", name);
    for (const auto& figure : figures) message += fmt::format(" {}", figure.name);
    return fail(Errc::invalid_argument, message);
  }
  for (const auto& figure : figures) {
    const bool wanted =
        arguments.empty() || std::ranges::find(arguments, figure.name) != arguments.end();
    if (wanted) figure.measure();
  }
  return {};
}

}  // namespace tidemill::bench
