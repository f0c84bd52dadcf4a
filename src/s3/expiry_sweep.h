/// Carries out the lifecycles of buckets: at start and at midnight UTC, in small steps, and at no
/// other time. Its work is on loop 0; owned by the server.
#pragma once

#include <memory>

#include "io/alarm.h"
#include "s3/objects.h"

namespace tidemill::s3 {

class ExpirySweep {
 public:
  /// Both outlive the loops' last work.
  struct Parts {
    io::Loops& loops;
    Objects& objects;
  };
  /// Waits for the first wake(). Destroyed after the loops have stopped.
  explicit ExpirySweep(const Parts& parts);
  ~ExpirySweep();
  ExpirySweep(const ExpirySweep&) = delete;
  ExpirySweep& operator=(const ExpirySweep&) = delete;

  /// The state is loaded, or the clock was set. Any thread.
  void wake();

 private:
  struct State;
  std::shared_ptr<State> state_;
  io::Alarm alarm_;
};

}  // namespace tidemill::s3
