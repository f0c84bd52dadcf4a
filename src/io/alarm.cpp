#include "io/alarm.h"

#include <optional>

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

namespace tidemill::io {

/// Touched only on its loop, but for the constant members.
struct Alarm::State : std::enable_shared_from_this<Alarm::State> {
  State(Loops& l, int index, const Clock& c, std::function<void()> r)
      : loops(l), loop(index), clock(c), ring(std::move(r)), timer(l.context(index)) {}

  void arm(TimeMs at) {
    if (closed || (due && *due <= at)) return;
    due = at;
    const auto wait = std::max<std::int64_t>(0, at.ms - clock.now().ms);
    timer.expires_after(std::chrono::milliseconds(wait));
    timer.async_wait([self = shared_from_this()](boost::system::error_code error) {
      if (error || self->closed) return;
      self->due.reset();
      self->ring();
    });
  }

  Loops& loops;
  const int loop;
  const Clock& clock;
  const std::function<void()> ring;
  boost::asio::steady_timer timer;
  std::optional<TimeMs> due;
  bool closed = false;
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
  state_->loops.post(state_->loop, [state = state_, at] { state->arm(at); });
}

}  // namespace tidemill::io
