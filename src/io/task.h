/// Task<T>: what every asynchronous function returns. Runs on the event loop that awaits it; no
/// lock and no blocking call inside. See CONTRIBUTING.md for the coroutine rules.
#pragma once

#include <boost/asio/awaitable.hpp>

#include "base/error.h"

namespace tidemill {

template <class T>
using Task = boost::asio::awaitable<T>;

}  // namespace tidemill
