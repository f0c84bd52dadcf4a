/// Lets one coroutine wait until something has happened. On one loop.
#pragma once

#include <chrono>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "io/task.h"

namespace tidemill::io {

/// Rings once at a set time; on one loop.
using Timer = boost::asio::steady_timer;

class Wake {
 public:
  explicit Wake(const boost::asio::any_io_executor& executor) : timer_(executor) {}

  /// Ends the current wait, or the next one.
  void notify() {
    is_set_ = true;
    timer_.cancel();
  }
  Task<void> wait() { return wait_until(boost::asio::steady_timer::time_point::max()); }
  Task<void> wait_for(std::chrono::milliseconds time) {
    return wait_until(boost::asio::steady_timer::clock_type::now() + time);
  }

 private:
  Task<void> wait_until(boost::asio::steady_timer::time_point time) {
    if (!is_set_) {
      timer_.expires_at(time);
      co_await timer_.async_wait(boost::asio::as_tuple(boost::asio::use_awaitable));
    }
    is_set_ = false;
  }

  boost::asio::steady_timer timer_;
  bool is_set_ = false;
};

}  // namespace tidemill::io
