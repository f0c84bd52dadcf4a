/// Looks at the alarms when a minute is over, and at no other time; sleeps while there is none.
/// Its work is on loop 0; owned by the server.
#pragma once

#include <functional>
#include <memory>

#include "io/alarm.h"
#include "metrics/alarm_book.h"
#include "metrics/judge.h"
#include "metrics/ledger.h"

namespace tidemill::metrics {

class Watch {
 public:
  struct Parts {
    io::Loops& loops;
    store::Store& store;          ///< With the alarms.
    store::Store& metrics_store;  ///< metrics.db
    Ledger& ledger;
    AlarmBook& book;
    const Clock& clock;
    /// Measures what isn't counted as it happens (how full queues are), as of that time.
    std::function<Task<Status>(TimeMs)> sample;
  };
  /// Destroyed after the loops have stopped. All parts outlive the loops' last work.
  explicit Watch(const Parts& parts);
  ~Watch();
  Watch(const Watch&) = delete;
  Watch& operator=(const Watch&) = delete;

  /// There may be alarms that weren't there, or the clock was set. Any thread.
  void wake();

 private:
  struct State;
  std::shared_ptr<State> state_;
  io::Alarm alarm_;
};

/// The datapoints of `criteria` in the periods that end at `end`.
[[nodiscard]] Result<std::vector<Datapoint>> datapoints(store::Tx& tx, Ledger& ledger,
                                                        const Criteria& criteria, TimeMs end);

}  // namespace tidemill::metrics
