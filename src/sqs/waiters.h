/// Long polling: those who wait for a queue's messages are called by the commit that makes one
/// visible, or when a delayed or invisible one comes due. visible() and close() from any thread.
#pragma once

#include <mutex>
#include <set>
#include <utility>

#include "base/time.h"
#include "io/alarm.h"
#include "io/waiting_room.h"

namespace tidemill::sqs {

class Waiters {
 public:
  /// Both outlive it.
  Waiters(io::Loops& loops, const Clock& clock);

  [[nodiscard]] io::WaitingRoom& room() noexcept { return room_; }
  /// `count` messages of `queue` can be received from `at` on.
  void visible(std::int64_t queue, TimeMs at, int count);
  /// The clock was set: whoever waits looks again.
  void look_again() { room_.call_all(); }
  /// Ends all waiting.
  void close() { room_.close(); }

 private:
  void ring();

  const Clock& clock_;
  io::WaitingRoom room_;
  std::mutex lock_;
  std::set<std::pair<TimeMs, std::int64_t>> due_;  ///< When, which queue.
  io::Alarm alarm_;
};

}  // namespace tidemill::sqs
