/// Coroutines that wait, by key, for what other threads make known: whoever waits is called, nobody
/// looks again and again. Coroutines use it on their own loops; call() and close() from any thread.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>

#include "io/task.h"

namespace tidemill::io {

class WaitingRoom {
 public:
  class Seat;

  WaitingRoom();
  ~WaitingRoom();
  WaitingRoom(const WaitingRoom&) = delete;
  WaitingRoom& operator=(const WaitingRoom&) = delete;

  /// From now on the caller of this is called, also while it does something else. The room may go
  /// before the seat.
  Task<std::unique_ptr<Seat>> enter(std::int64_t key);
  /// Calls `count` of those who came for `key`, those first who came first.
  void call(std::int64_t key, int count);
  /// Calls everyone.
  void call_all();
  /// Whether anyone is there for `key`.
  [[nodiscard]] bool anyone(std::int64_t key) const;
  /// Sends everyone away: from now on nobody waits.
  void close();

 private:
  struct Guest;
  struct State;
  std::shared_ptr<State> state_;
};

/// One coroutine's place. Who leaves with an unheard call passes it on.
class WaitingRoom::Seat {
 public:
  Seat(std::shared_ptr<State> state, std::shared_ptr<Guest> guest);
  ~Seat();
  Seat(const Seat&) = delete;
  Seat& operator=(const Seat&) = delete;

  /// Until a call (true), or for `time` or the room's closing (false). A call that came before
  /// counts.
  Task<bool> wait_for(std::chrono::milliseconds time);

 private:
  std::shared_ptr<State> state_;
  std::shared_ptr<Guest> guest_;
};

}  // namespace tidemill::io
