/// What becomes of the instants at which a schedule was due: a function of what was decided before
/// and of the time. Pure, so that years of it can be simulated.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "calendar/next.h"
#include "schedule/policy.h"

namespace tidemill::schedule {

enum class Fate : std::uint8_t {
  fired,      ///< In its minute.
  late,       ///< Caught up.
  buffered,   ///< It runs when the run before it is over.
  skipped,    ///< It doesn't run: the clock's change, overlap, disabled, missed.
  coalesced,  ///< It was missed and is made into a later one that runs.
  dropped,    ///< Missed, and beyond what is to be caught up.
};
[[nodiscard]] std::string_view text(Fate fate) noexcept;
[[nodiscard]] Fate parse_fate(std::string_view text) noexcept;

struct Verdict {
  TimeMs planned;
  Fate fate = Fate::fired;
  std::string reason;
  std::int64_t others = 0;  ///< So many before it that came to the same have no row of their own.

  [[nodiscard]] bool runs() const noexcept { return fate == Fate::fired || fate == Fate::late; }
};

struct Decision {
  std::vector<Verdict> verdicts;  ///< In the order of time, and all after `decided` before.
  TimeMs decided;                 ///< All up to here is decided now.
  std::optional<TimeMs> next;     ///< The next planned instant.
};

/// AWS promises the minute, not the second: what is later than that was missed.
constexpr std::int64_t late_after_ms = 60'000;
/// So many verdicts of one decision that don't run have a row each.
constexpr std::size_t told_max = 100;

/// On all that is planned after `decided` and at or before `now` (less the schedule's place in its
/// spread).
[[nodiscard]] Decision decide(const calendar::Timing& timing, const Policy& policy, TimeMs decided,
                              TimeMs now);

/// On the same while the schedule was disabled: nothing runs.
[[nodiscard]] Decision decide_disabled(const calendar::Timing& timing, TimeMs decided, TimeMs now);

/// What an instant that is to run does beside the runs before it.
enum class Step : std::uint8_t { run, skip, buffer, cancel_and_run };
[[nodiscard]] Step beside_others(Overlap overlap, bool is_busy, int buffered) noexcept;

/// How long the history of a schedule is kept, one instant of which follows the other after
/// `gap_ms`.
[[nodiscard]] std::int64_t history_ms(std::int64_t gap_ms) noexcept;

}  // namespace tidemill::schedule
