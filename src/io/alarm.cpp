#include "io/alarm.h"

#include <atomic>
#include <cstdint>
#include <optional>

#include <sys/timerfd.h>
#include <unistd.h>
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>

namespace tidemill::io {
namespace {

constexpr std::int64_t never = INT64_MAX;

}  // namespace

/// Touched only on its loop, but for the constant members and `asked`. The timer is the kernel's
/// own by the wall clock: it tells when that clock is set (also after a suspension), so nobody
/// needs to wake up now and then to look.
struct Alarm::State : std::enable_shared_from_this<Alarm::State> {
  State(Loops& l, int index, const Clock& c, std::function<void()> r)
      : loops(l),
        loop(index),
        clock(c),
        ring(std::move(r)),
        timer(l.context(index), timerfd_create(CLOCK_REALTIME, TFD_NONBLOCK | TFD_CLOEXEC)) {}

  void arm(TimeMs at) {
    if (closed || (due && *due <= at)) return;
    due = at;
    timespec now{};
    clock_gettime(CLOCK_REALTIME, &now);
    const auto wait = std::max<std::int64_t>(0, at.ms - clock.now().ms);
    const auto nanoseconds = now.tv_nsec + wait % 1000 * 1'000'000;
    itimerspec spec{};
    spec.it_value.tv_sec = now.tv_sec + wait / 1000 + nanoseconds / 1'000'000'000;
    spec.it_value.tv_nsec = nanoseconds % 1'000'000'000;
    const int set = timerfd_settime(timer.native_handle(),
                                    TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET, &spec, nullptr);
    TM_ASSERT(set == 0 || errno == ECANCELED);
    if (!waits) listen();
  }

  void listen() {
    waits = true;
    timer.async_wait(timer.wait_read, [self = shared_from_this()](boost::system::error_code error) {
      self->waits = false;
      if (error || self->closed) return;
      std::uint64_t expirations = 0;
      const auto got = read(self->timer.native_handle(), &expirations, sizeof expirations);
      if (got < 0 && errno == EAGAIN) return self->listen();  // It was set anew meanwhile.
      self->due.reset();
      self->asked = never;
      self->ring();
    });
  }

  Loops& loops;
  const int loop;
  const Clock& clock;
  const std::function<void()> ring;
  boost::asio::posix::stream_descriptor timer;
  std::optional<TimeMs> due;
  std::atomic<std::int64_t> asked = never;  ///< The earliest time set since it last rang.
  bool waits = false, closed = false;
};

Alarm::Alarm(Loops& loops, int loop, const Clock& clock, std::function<void()> ring)
    : state_(std::make_shared<State>(loops, loop, clock, std::move(ring))) {}

Alarm::~Alarm() {
  state_->loops.post(state_->loop, [state = state_] {
    state->closed = true;
    state->timer.cancel();
  });
}

void Alarm::set(TimeMs at) {
  // Most of what is set is later than what was set before: that needs no word to the loop.
  auto earliest = state_->asked.load();
  do {
    if (earliest <= at.ms) return;
  } while (!state_->asked.compare_exchange_weak(earliest, at.ms));
  state_->loops.post(state_->loop, [state = state_, at] { state->arm(at); });
}

}  // namespace tidemill::io
