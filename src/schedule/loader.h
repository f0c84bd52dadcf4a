/// Fills the timers from their rows at a start. A million expressions take as long to compile as
/// their rows to be read, so another thread compiles some while the next are read.
#pragma once

#include <future>
#include <vector>

#include "schedule/timers.h"

namespace tidemill::schedule {

class Loader {
 public:
  /// Until finish() nobody else may use `timers`.
  explicit Loader(Timers& timers) : timers_(timers) {}
  ~Loader() { wait(); }
  Loader(const Loader&) = delete;
  Loader& operator=(const Loader&) = delete;

  void add(const TimerRow& row);

  struct Failure {
    TimerId id;
    Error error;
  };
  /// Those whose expression or zone isn't known (any more); all others are in the timers.
  [[nodiscard]] std::vector<Failure> finish();

 private:
  static constexpr std::size_t chunk = 8192;
  void hand_over();
  void compile(std::size_t count);
  void wait() {
    if (compiled_.valid()) compiled_.get();
  }

  Timers& timers_;
  std::vector<TimerRow> reading_, compiling_;  // Used again and again, for their strings' sake.
  std::size_t read_ = 0;
  std::future<void> compiled_;
  std::vector<Failure> failures_;
};

}  // namespace tidemill::schedule
