#include <malloc.h>
#include <time.h>

#include <charconv>
#include <fstream>

#include <fmt/format.h>

#include "bench/report.h"
#include "bench/server_process.h"
#include "bench/subcommands.h"
#include "pattern/matcher.h"

namespace tidemill::bench {
namespace {

double thread_cpu_s() {
  timespec time{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return double(time.tv_sec) + double(time.tv_nsec) / 1e9;
}

double heap_mb() {
  const auto heap = ::mallinfo2();
  return double(heap.uordblks + heap.hblkhd) / 1e6;
}

Result<std::vector<std::string>> lines_of(const char* path) {
  std::ifstream file(path);
  if (!file) return fail(Errc::not_found, fmt::format("can't read {}", path));
  std::vector<std::string> lines;
  for (std::string line; std::getline(file, line);) {
    if (!line.empty()) lines.push_back(std::move(line));
  }
  if (lines.empty()) return fail(Errc::invalid_argument, fmt::format("{} is empty", path));
  return lines;
}

/// A thousand-event round is asked as often as fits between two looks at the clock.
class Rounds {
 public:
  Rounds(const pattern::Matcher& matcher, const std::vector<std::string>& events)
      : matcher_(matcher), events_(events) {}

  /// Matches for about so long; gives how many events that were.
  std::size_t run(double seconds) {
    const auto end = now_ns() + std::int64_t(seconds * 1e9);
    std::size_t done = 0;
    while (done == 0 || now_ns() < end) {
      for (std::size_t i = 0; i < round; ++i) match();
      done += round;
    }
    return done;
  }

  /// How long single events took, in microseconds.
  std::vector<double> latencies(double seconds) {
    std::vector<double> out;
    out.reserve(std::size_t(seconds * 1e7));
    const auto end = now_ns() + std::int64_t(seconds * 1e9);
    for (auto begun = now_ns(); begun < end && out.size() < out.capacity();) {
      match();
      const auto now = now_ns();
      out.push_back(double(now - begun) / 1e3);
      begun = now;
    }
    return out;
  }

  /// All events once.
  double matches_per_event() {
    std::size_t sum = 0;
    next_ = 0;
    for (std::size_t i = 0; i < events_.size(); ++i) sum += match();
    return double(sum) / double(events_.size());
  }

 private:
  static constexpr std::size_t round = 1000;

  std::size_t match() {
    matcher_.match(events_[next_], pattern::Names::plain, matched_);
    if (++next_ == events_.size()) next_ = 0;
    return matched_.size();
  }

  const pattern::Matcher& matcher_;
  const std::vector<std::string>& events_;
  std::size_t next_ = 0;
  std::vector<pattern::RuleId> matched_;
};

}  // namespace

Status measure_pattern(std::span<char*> arguments) {
  double seconds = 0;
  if (arguments.size() == 4) {
    const std::string_view text = arguments[3];
    std::from_chars(text.data(), text.data() + text.size(), seconds);
  }
  if (!(seconds > 0)) return fail(Errc::invalid_argument, "pattern LABEL RULES EVENTS SECONDS");
  TM_TRY(const auto rules, lines_of(arguments[1]));
  TM_TRY(const auto events, lines_of(arguments[2]));
  double bytes = 0;
  for (const auto& event : events) bytes += double(event.size());

  const double heap = heap_mb(), begun = thread_cpu_s();
  pattern::Matcher matcher;
  for (std::size_t i = 0; i < rules.size(); ++i) {
    TM_TRY(const auto compiled, pattern::Pattern::compile(rules[i]));
    matcher.add(pattern::RuleId(i), compiled);
  }
  const double add_s = thread_cpu_s() - begun, memory = heap_mb() - heap;

  Rounds rounds(matcher, events);
  const double matches = rounds.matches_per_event();
  rounds.run(seconds / 10);
  const auto wall = now_ns();
  const auto cpu = thread_cpu_s();
  const auto done = double(rounds.run(seconds));
  const double cpu_s = thread_cpu_s() - cpu, wall_s = double(now_ns() - wall) / 1e9;
  auto times = rounds.latencies(std::min(seconds, 2.0));
  print(json::object{{"engine", "tidemill"},
                     {"case", arguments[0]},
                     {"rules", rules.size()},
                     {"events_per_cpu_s", rounded(done / cpu_s)},
                     {"events_per_s", rounded(done / wall_s)},
                     {"mb_per_s", rounded(done / cpu_s * bytes / double(events.size()) / 1e6)},
                     {"p50_us", rounded(quantile(times, 0.5))},
                     {"p99_us", rounded(quantile(times, 0.99))},
                     {"add_s", rounded(add_s)},
                     {"adds_per_s", rounded(double(rules.size()) / add_s)},
                     {"mem_mb", rounded(memory)},
                     {"matches_per_event", matches}});
  return {};
}

}  // namespace tidemill::bench
