/// Simulation: what happens when. Time goes on from one event to the next; the wall clock that the
/// program sees can be set beside it.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <random>
#include <string>

#include <fmt/format.h>

#include "base/random.h"
#include "base/time.h"

namespace tidemill::server::simulation {

constexpr std::int64_t second_ms = 1000, minute_ms = 60 * second_ms, hour_ms = 60 * minute_ms,
                       day_ms = 24 * hour_ms;

/// Draws what the world does.
class Chance {
 public:
  explicit Chance(std::uint64_t seed) : random_(seed) {}
  /// 0 to `count` - 1.
  std::int64_t below(std::int64_t count) { return std::int64_t(random_() % std::uint64_t(count)); }
  bool in(int percent) { return below(100) < percent; }

 private:
  std::mt19937_64 random_;
};

/// What ids are made of.
class SeededRandom final : public Random {
 public:
  explicit SeededRandom(std::uint64_t seed) : random_(seed) {}
  void fill(std::span<std::uint8_t> out) override {
    for (auto& byte : out) byte = std::uint8_t(random_());
  }

 private:
  std::mt19937_64 random_;
};

class WorldClock final : public Clock {
 public:
  [[nodiscard]] TimeMs now() const noexcept override { return {begin.ms + elapsed + offset}; }

  static constexpr TimeMs begin{1'705'276'800'000};  // 2024-01-15T00:00:00Z
  std::int64_t elapsed = 0;                          ///< Goes on, whatever is done to the clock.
  std::int64_t offset = 0;                           ///< By what it was set.
};

class Time {
 public:
  using Act = std::move_only_function<void()>;

  /// `act` happens in `delay_ms`. What belongs to an `owner` can be dropped with it.
  void in(std::int64_t delay_ms, Act act, const void* owner = nullptr) {
    events_.emplace(std::pair(clock.elapsed + std::max<std::int64_t>(delay_ms, 0), ++last_),
                    Event{owner, std::move(act)});
  }
  void drop(const void* owner) {
    std::erase_if(events_, [owner](const auto& event) { return event.second.owner == owner; });
  }
  [[nodiscard]] std::optional<std::int64_t> next() const {
    return events_.empty() ? std::nullopt : std::optional(events_.begin()->first.first);
  }
  /// Does what is due, in order.
  void run_due() {
    while (!events_.empty() && events_.begin()->first.first <= clock.elapsed) {
      auto event = std::move(events_.begin()->second);
      events_.erase(events_.begin());
      event.act();
    }
  }

  WorldClock clock;

 private:
  struct Event {
    const void* owner;
    Act act;
  };
  std::map<std::pair<std::int64_t, std::uint64_t>, Event> events_;
  std::uint64_t last_ = 0;
};

/// What happened, a line each; the same seed writes the same.
class Trace {
 public:
  explicit Trace(const Time& time) : time_(time) {}
  template <class... A>
  void operator()(fmt::format_string<A...> format, A&&... arguments) {
    fmt::format_to(std::back_inserter(text), "{:>10.3f} {}\n", double(time_.clock.elapsed) / 1000,
                   fmt::format(format, std::forward<A>(arguments)...));
  }
  std::string text;

 private:
  const Time& time_;
};

}  // namespace tidemill::server::simulation
