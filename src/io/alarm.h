/// Calls a function at a set time. One timer, no wake-up before it is due; used for due deliveries
/// and time-outs. set() from any thread; the function runs on the alarm's loop.
#pragma once

#include <functional>
#include <memory>

#include "base/time.h"
#include "io/loops.h"

namespace tidemill::io {

class Alarm {
 public:
  /// `ring` runs on loop `loop` of `loops`; both outlive the alarm's last set().
  Alarm(Loops& loops, int loop, const Clock& clock, std::function<void()> ring);
  ~Alarm();
  Alarm(const Alarm&) = delete;
  Alarm& operator=(const Alarm&) = delete;

  /// Rings at `at` or at an earlier time set before; a time in the past rings at once. Also rings
  /// when the machine's clock is set: whoever is called looks at the time and sets it again.
  void set(TimeMs at);

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace tidemill::io
