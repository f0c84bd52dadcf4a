/// Finds a host's addresses, and keeps away from those that only the machine itself or its cloud
/// should reach: what a request can make us send must not open them (server-side request forgery).
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include <boost/asio/ip/address.hpp>

#include "io/task.h"

namespace tidemill::http {

/// Loopback, unspecified, link-local (and so the metadata service of most clouds), multicast, and
/// the metadata services that have other addresses; also where IPv6 only wraps them. Addresses of
/// private networks aren't.
[[nodiscard]] bool is_local(const boost::asio::ip::address& address);

/// Asks the system (/etc/hosts, DNS) on threads of its own, so that a slow answer keeps nobody
/// else waiting than those who ask. Coroutines of any loop; destroyed before the loops, when nobody
/// asks any more.
class Resolver {
 public:
  explicit Resolver(bool allow_local);
  ~Resolver();
  Resolver(const Resolver&) = delete;
  Resolver& operator=(const Resolver&) = delete;

  /// Waits for the lookups that run, whose askers may have gone. Blocks; before the loops go.
  void close();

  /// The addresses of `host` (a name or an address), at least one. Fails with access_denied if all
  /// of them are local, with unavailable if there are none, and after `time` with the name TIMEOUT.
  Task<Result<std::vector<boost::asio::ip::address>>> resolve(std::string host,
                                                              std::chrono::milliseconds time);

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace tidemill::http
