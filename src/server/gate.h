/// Answers 503 until the program behind it is ready: the port is taken (and known) before the store
/// has been recovered. Any thread.
#pragma once

#include <atomic>

#include "http/message.h"

namespace tidemill::server {

class Gate final : public http::Service {
 public:
  /// From now on `service` answers.
  void open(http::Service& service) noexcept { service_.store(&service); }

  Task<http::Response> serve(http::Request& request) override;

 private:
  std::atomic<http::Service*> service_ = nullptr;
};

}  // namespace tidemill::server
