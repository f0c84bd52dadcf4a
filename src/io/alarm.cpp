#include "io/alarm.h"

#include <atomic>
#include <cstdint>
#include <optional>

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

namespace tidemill::io {
namespace {

constexpr std::int64_t never = INT64_MAX;

}  // namespace

/// Touched only on its loop, but for the constant members and `asked`.
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
      self->asked = never;
      self->ring();
    });
  }

  Loops& loops;
  const int loop;
  const Clock& clock;
  const std::function<void()> ring;
  boost::asio::steady_timer timer;
  std::optional<TimeMs> due;
  std::atomic<std::int64_t> asked = never;  ///< The earliest time set since it last rang.
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
  // Most of what is set is later than what was set before: that needs no word to the loop.
  auto earliest = state_->asked.load();
  do {
    if (earliest <= at.ms) return;
  } while (!state_->asked.compare_exchange_weak(earliest, at.ms));
  state_->loops.post(state_->loop, [state = state_, at] { state->arm(at); });
}

}  // namespace tidemill::io
