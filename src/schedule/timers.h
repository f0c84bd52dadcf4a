/// All timers that are still to run, in memory, the next due first. Compact, since there may be
/// millions. Belongs to the commit thread, as the engine that owns it.
#pragma once

#include <cstdint>
#include <optional>
#include <queue>
#include <string>
#include <unordered_map>
#include <vector>

#include "calendar/next.h"
#include "schedule/policy.h"

namespace tidemill::schedule {

using TimerId = std::int64_t;

/// What a timer is for.
enum class TimerKind : std::uint8_t { rule, schedule, trigger };
inline constexpr std::size_t timer_kinds = 3;

/// What the row of a timer says.
struct TimerRow {
  TimerId id = 0;
  std::string arn;
  TimerKind kind = TimerKind::rule;
  std::int64_t ref = 0;
  std::int32_t version = 0;
  bool enabled = true;
  std::string expression, zone = "UTC";
  std::optional<TimeMs> start, end;
  TimeMs base;
  std::int64_t spread_ms = 0;
  std::string policy;
  TimeMs decided;
  bool recheck = false;  ///< Some instants after `decided` have been decided all the same.
};

/// As the queue keeps it.
struct Timer {
  calendar::Expression expression;
  std::int64_t ref = 0, start = INT64_MIN, end = INT64_MAX, base = 0, decided = 0;
  std::int64_t due = INT64_MAX;  ///< The next planned instant and the place in the spread.
  std::int32_t spread_s = 0, version = 0;
  std::uint32_t policy = 0;
  std::uint16_t zone = 0;
  TimerKind kind = TimerKind::rule;
  bool recheck = false;
};

class Timers {
 public:
  explicit Timers(calendar::Zones& zones) : zones_(zones) {}

  /// Fails where the expression or the zone isn't known (any more).
  [[nodiscard]] Result<Timer> compile(const TimerRow& row);
  [[nodiscard]] calendar::Timing timing(const Timer& timer) const;
  [[nodiscard]] const Policy& policy(const Timer& timer) const { return policies_[timer.policy]; }
  /// The instant at which it is due after `timer.decided`, as Timer::due.
  [[nodiscard]] std::int64_t due_of(const Timer& timer) const;

  void reserve(std::size_t count);
  /// Adds or replaces. `timer.due` is set.
  void put(TimerId id, const Timer& timer);
  void erase(TimerId id) { timers_.erase(id); }
  void clear();
  [[nodiscard]] const Timer* find(TimerId id) const;
  [[nodiscard]] std::size_t size() const noexcept { return timers_.size(); }

  /// Takes at most `most` that are due at `now` out of the order; each comes back by put().
  [[nodiscard]] std::vector<TimerId> take_due(TimeMs now, std::size_t most);
  /// Puts one back that was taken and stayed as it was.
  void put_back(TimerId id);
  [[nodiscard]] std::optional<TimeMs> next_due();

  /// Reads the zones anew and plans everything again. Gives how many have another time now.
  std::size_t reload_zones();

 private:
  struct Place {
    std::int64_t due;
    TimerId id;
    auto operator<=>(const Place&) const = default;
  };
  /// Whether the timer is still due then: else the place is an old one.
  [[nodiscard]] bool holds(const Place& place) const;
  std::uint32_t policy_index(const std::string& text);

  calendar::Zones& zones_;
  std::vector<calendar::ZoneRef> zone_table_;
  std::unordered_map<std::string, std::uint16_t> zone_indexes_;
  std::unordered_map<std::string, std::uint32_t> policy_indexes_;
  std::vector<Policy> policies_;
  std::unordered_map<TimerId, Timer> timers_;
  std::priority_queue<Place, std::vector<Place>, std::greater<>> order_;
};

}  // namespace tidemill::schedule
