/// Tests: an event loop that runs only when it is told to, so that what happens in which order can
/// be repeated. One thread.
#pragma once

#include <exception>
#include <functional>
#include <memory>

#include <boost/asio/associated_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "io/task.h"

namespace tidemill::io {

class SteppedLoop {
 public:
  using Resume = std::move_only_function<void()>;

  void spawn(std::function<Task<void>()> coroutine) {
    boost::asio::co_spawn(context_, std::move(coroutine), [](std::exception_ptr thrown) {
      if (thrown) std::rethrow_exception(thrown);
    });
  }
  /// Runs what is ready, and what that makes ready. Whether there was anything.
  bool poll() {
    context_.restart();
    return context_.poll() > 0;
  }
  /// Suspends the caller; `begin` is given what resumes it.
  static Task<void> suspend(std::function<void(Resume)> begin) {
    auto start = [&begin](auto handler) {
      const auto executor = boost::asio::get_associated_executor(handler);
      begin([executor, handler = std::move(handler)]() mutable {
        boost::asio::post(executor, std::move(handler));
      });
    };
    co_await boost::asio::async_initiate<const boost::asio::use_awaitable_t<>&, void()>(
        start, boost::asio::use_awaitable);
  }

 private:
  boost::asio::io_context context_{1};
};

}  // namespace tidemill::io
