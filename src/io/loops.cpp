#include "io/loops.h"

#include <condition_variable>
#include <cstdio>
#include <cstdlib>
#include <exception>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <pthread.h>
#include <signal.h>

namespace tidemill::io {
namespace asio = boost::asio;

namespace {

/// What no one catches is a bug of ours: say so and let the service manager restart us.
void abort_on(std::exception_ptr thrown) {
  if (!thrown) return;
  try {
    std::rethrow_exception(thrown);
  } catch (const std::exception& e) {
    std::fprintf(stderr, "tidemill: an exception escaped a coroutine: %s\n", e.what());
  } catch (...) {
    std::fprintf(stderr, "tidemill: an unknown exception escaped a coroutine\n");
  }
  std::abort();
}

/// sendfile(2) has no MSG_NOSIGNAL: a client that goes away must not end the program.
void block_sigpipe() {
  sigset_t pipe;
  sigemptyset(&pipe);
  sigaddset(&pipe, SIGPIPE);
  pthread_sigmask(SIG_BLOCK, &pipe, nullptr);
}

}  // namespace

struct Loops::Loop {
  asio::io_context context{1};
  asio::executor_work_guard<asio::io_context::executor_type> work{context.get_executor()};
  std::thread thread;

  void run() {
    try {
      context.run();
    } catch (...) {
      abort_on(std::current_exception());
    }
  }
};

Loops::Loops(int threads) {
  TM_ASSERT(threads >= 1);
  for (int i = 0; i < threads; ++i) loops_.push_back(std::make_unique<Loop>());
  for (auto& loop : loops_) {
    loop->thread = std::thread([&loop = *loop] {
      pthread_setname_np(pthread_self(), "loop");
      block_sigpipe();
      loop.run();
    });
  }
}

Loops::~Loops() { stop(); }

int Loops::size() const noexcept { return static_cast<int>(loops_.size()); }

asio::io_context& Loops::context(int index) noexcept {
  return loops_[static_cast<std::size_t>(index)]->context;
}

asio::any_io_executor Loops::executor(int index) noexcept { return context(index).get_executor(); }

void Loops::post(int index, std::move_only_function<void()> action) {
  asio::post(context(index), std::move(action));
}

void Loops::spawn(int index, std::function<Task<void>()> coroutine) {
  asio::co_spawn(context(index), std::move(coroutine), abort_on);
}

void Loops::stop() {
  for (auto& loop : loops_) loop->context.stop();
  for (auto& loop : loops_) {
    if (loop->thread.joinable()) loop->thread.join();
  }
}

Task<bool> sleep_for(std::chrono::milliseconds time) {
  asio::steady_timer timer(co_await asio::this_coro::executor, time);
  const auto [error] = co_await timer.async_wait(asio::as_tuple(asio::use_awaitable));
  co_return !error;
}

/// Handed from a coroutine to a worker and back; the coroutine's frame owns `work`.
struct PoolJob {
  std::function<void()>* work;
  std::move_only_function<void(bool)> done;
};

struct Pool::State {
  std::size_t queue_max;
  std::mutex mutex;
  std::condition_variable wake;
  std::deque<PoolJob> queue;
  bool stopping = false;
  std::vector<std::thread> threads;

  void work_off() {
    std::unique_lock lock(mutex);
    while (true) {
      wake.wait(lock, [this] { return stopping || !queue.empty(); });
      if (stopping) return;
      PoolJob job = std::move(queue.front());
      queue.pop_front();
      lock.unlock();
      (*job.work)();
      job.done(true);
      lock.lock();
    }
  }

  /// False if the queue is full.
  bool push(PoolJob job) {
    {
      const std::lock_guard lock(mutex);
      if (stopping || queue.size() >= queue_max) {
        return false;
      }
      queue.push_back(std::move(job));
    }
    wake.notify_one();
    return true;
  }
};

Pool::Pool(int threads, std::size_t queue_max) : state_(std::make_unique<State>()) {
  TM_ASSERT(threads >= 1);
  state_->queue_max = queue_max;
  for (int i = 0; i < threads; ++i) {
    state_->threads.emplace_back([state = state_.get()] {
      pthread_setname_np(pthread_self(), "pool");
      state->work_off();
    });
  }
}

Pool::~Pool() {
  {
    const std::lock_guard lock(state_->mutex);
    state_->stopping = true;
  }
  state_->wake.notify_all();
  for (auto& thread : state_->threads) thread.join();
  for (auto& job : state_->queue) job.done(false);
}

Task<Status> Pool::submit(std::function<void()>& job) {
  const auto executor = co_await asio::this_coro::executor;
  {
    const std::lock_guard lock(state_->mutex);
    if (state_->queue.size() >= state_->queue_max) {
      co_return fail(Errc::throttled, "too much work is queued; try again later");
    }
  }
  auto enqueue = [executor, state = state_.get(), &job](auto handler) {
    auto finish = std::make_shared<decltype(handler)>(std::move(handler));
    auto done = [executor, finish](bool ran) {
      asio::post(executor, [finish, ran] { std::move (*finish)(ran); });
    };
    if (!state->push(PoolJob{&job, done})) done(false);
  };
  const bool ran = co_await asio::async_initiate<const asio::use_awaitable_t<>, void(bool)>(
      enqueue, asio::use_awaitable);
  if (!ran) co_return fail(Errc::throttled, "too much work is queued; try again later");
  co_return Status();
}

}  // namespace tidemill::io
