/// The event loops: N threads with an io_context each. Coroutines stay on the loop they began on;
/// other threads reach a loop only by post().
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <boost/asio/any_io_executor.hpp>

#include "base/time.h"
#include "io/task.h"

namespace boost::asio {
class io_context;
}

namespace tidemill::io {

class Loops {
 public:
  /// Starts `threads` (>= 1) loops.
  explicit Loops(int threads);
  /// Stops what still runs (abandoning coroutines at their next suspension) and joins.
  ~Loops();
  Loops(const Loops&) = delete;
  Loops& operator=(const Loops&) = delete;

  [[nodiscard]] int size() const noexcept;
  [[nodiscard]] boost::asio::io_context& context(int index) noexcept;
  [[nodiscard]] boost::asio::any_io_executor executor(int index) noexcept;
  /// Runs `action` on loop `index`, soon. Thread-safe.
  void post(int index, std::move_only_function<void()> action);
  /// Starts a coroutine on loop `index` and lets it run by itself; what it throws aborts.
  void spawn(int index, std::function<Task<void>()> coroutine);
  /// Stops all loops and joins their threads.
  void stop();

 private:
  struct Loop;
  std::vector<std::unique_ptr<Loop>> loops_;
};

/// Suspends the calling coroutine. Returns early (false) if its loop stops.
Task<bool> sleep_for(std::chrono::milliseconds time);

/// Runs blocking work on a small fixed pool of threads (hashing, file bytes) and resumes the caller
/// on its own loop. The queue is bounded: beyond it run() fails with throttled.
class Pool {
 public:
  Pool(int threads, std::size_t queue_max);
  ~Pool();
  Pool(const Pool&) = delete;
  Pool& operator=(const Pool&) = delete;

  template <class F, class R = std::invoke_result_t<F>>
  Task<R> run(F work) {
    std::optional<R> answer;
    std::function<void()> job = [&answer, &work] { answer.emplace(work()); };
    const Status ran = co_await submit(job);
    if (!ran) co_return std::unexpected(ran.error());
    co_return *std::move(answer);
  }

 private:
  struct State;
  Task<Status> submit(std::function<void()>& job);
  std::unique_ptr<State> state_;
};

}  // namespace tidemill::io
