/// Runs what is due, once: a claim row for each (timer, planned instant), written in the
/// transaction that also writes what it starts. Nothing here looks at the clock on its own; whoever
/// owns it calls run_due() when the alarm rings.
///
/// On the commit thread throughout, inside the transactions of those who call it. The queue in
/// memory changes only after the commit, so it is what is on disk.
#pragma once

#include <array>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "schedule/decide.h"
#include "schedule/timer_rows.h"
#include "schedule/timers.h"
#include "store/store.h"

namespace tidemill::schedule {

/// Starts what a timer of one kind is for.
class Starter {
 public:
  virtual ~Starter() = default;
  /// Gives events.seq of what it published in `tx`. `late_ms`: so long after `planned` and its
  /// place in the spread, where it is its own time that starts it; nobody's delay if a person asks
  /// for it, or a policy let it wait.
  [[nodiscard]] virtual Result<std::int64_t> start(store::Tx& tx, std::int64_t ref, TimeMs planned,
                                                   std::optional<std::int64_t> late_ms) = 0;
  /// It will never be due again.
  [[nodiscard]] virtual Status completed(store::Tx& tx, std::int64_t ref) = 0;
};

/// Whether what an event (events.seq) started is still going on; filled by the server.
struct Activity {
  std::function<Result<bool>(store::Tx&, std::int64_t event)> is_busy;
  std::function<Status(store::Tx&, std::int64_t event)> cancel;
};

/// What is asked of a timer; the rest of its row is the engine's.
struct TimerOrder {
  std::string arn;
  TimerKind kind = TimerKind::rule;
  std::int64_t ref = 0;
  bool enabled = true;
  std::string expression, zone = "UTC";
  std::optional<TimeMs> start, end;
  bool runs_at_once = false;  ///< A new rate() without a start: at once, not after its period.
  Policy policy;
};

/// How many of what: told at the start of the program.
struct Tally {
  std::int64_t due = 0, ran = 0, skipped = 0, coalesced = 0, dropped = 0;
};

class Engine {
 public:
  struct Parts {
    const Clock& clock;
    calendar::Zones& zones;
    std::array<Starter*, timer_kinds> starters;  ///< By TimerKind.
    Activity activity;
    /// On the commit thread after a commit: there is something to run then.
    std::function<void(TimeMs)> due;
  };
  explicit Engine(Parts parts) : parts_(std::move(parts)), timers_(parts_.zones) {}

  [[nodiscard]] Status load(store::Tx& tx);

  /// Adds or changes the timer of `order.arn`. What was due before is run, or told as skipped where
  /// it was disabled; the past of a new expression never runs.
  [[nodiscard]] Status put(store::Tx& tx, const TimerOrder& order);
  /// Forgets the timer and its history.
  [[nodiscard]] Status remove(store::Tx& tx, std::string_view arn);

  /// Runs some of what is due, the more of it the longer the queue gets: a storm shares the disk's
  /// flushes, and others who write wait at most for a batch. `due` says when to call again. If `tx`
  /// fails, abandon() puts what was taken back.
  [[nodiscard]] Status run_due(store::Tx& tx);
  void abandon();
  /// What was buffered until the runs before it are over: those that can run now do.
  [[nodiscard]] Status drain(store::Tx& tx);

  /// Starts it now, whatever its expression says. Gives the event's number.
  [[nodiscard]] Result<std::int64_t> run_now(store::Tx& tx, std::string_view arn);

  struct Backfill {
    TimeMs from, to;  ///< Both may run.
    Overlap overlap = Overlap::allow;
    bool dry_run = false;
  };
  /// Starts every planned instant between the two that hasn't run yet. Gives them.
  [[nodiscard]] Result<std::vector<TimeMs>> backfill(store::Tx& tx, std::string_view arn,
                                                     const Backfill& order);

  [[nodiscard]] Status reset(store::Tx& tx);
  std::size_t reload_zones();

  [[nodiscard]] const Timers& timers() const noexcept { return timers_; }
  /// What was due before `load`, so far as it is worked off.
  [[nodiscard]] const Tally& startup() const noexcept { return startup_; }
  /// Nothing is left that was due before `load`.
  [[nodiscard]] bool caught_up();
  /// How many timers run_due() has claimed.
  [[nodiscard]] std::uint64_t claims() const noexcept { return claims_; }

 private:
  static constexpr std::size_t batch_min = 250, batch_max = 4000;
  /// What a timer came to in a transaction; holds in memory once that is committed.
  struct Claim {
    bool holds = false;  ///< Else another was first, or it was changed meanwhile.
    Decision decision;
  };
  [[nodiscard]] Result<Claim> settle(store::Tx& tx, TimerId id, const Timer& timer);
  [[nodiscard]] Status leave_out_decided(store::Tx& tx, TimerId id, Decision& decision) const;
  [[nodiscard]] Status judge(store::Tx& tx, TimerId id, const Timer& timer, Verdict& verdict);
  [[nodiscard]] Status write(store::Tx& tx, TimerId id, const Verdict& verdict,
                             std::optional<std::int64_t> event);
  [[nodiscard]] Result<bool> is_busy(store::Tx& tx, TimerId id);
  [[nodiscard]] Status cancel(store::Tx& tx, TimerId id);
  [[nodiscard]] Status close_old(store::Tx& tx, const TimerRow& old, bool by_edit);
  [[nodiscard]] Status prune(store::Tx& tx, TimerId id, const Decision& decision);
  Starter& starter(TimerKind kind) { return *parts_.starters[std::size_t(kind)]; }
  void refresh(store::Tx& tx, const TimerRow& row);
  void count(const Decision& decision);

  const Parts parts_;
  Timers timers_;
  std::vector<TimerId> taken_;
  TimeMs loaded_;
  Tally startup_;
  std::uint64_t claims_ = 0;
  std::size_t batch_ = batch_min;
  /// Rows that wait for a run to end: so many may have been written, and none of the first
  /// `drained_` waits any more.
  std::uint64_t buffered_ = 1, drained_ = 0;
};

}  // namespace tidemill::schedule
