/// The HTTP/1.1 server. One acceptor on loop 0 hands connections to the loops in turn; each then
/// stays on its loop. Made, stopped and destroyed by the thread that owns the program (never by a
/// loop), and destroyed before its Loops.
#pragma once

#include <chrono>
#include <memory>
#include <string>

#include "base/time.h"
#include "http/input.h"
#include "http/message.h"
#include "io/loops.h"

namespace tidemill::http {

struct ServerOptions {
  std::string address = "127.0.0.1";
  std::uint16_t port = 0;  ///< 0: the system chooses; see Server::port().
  std::size_t connections_max = 10'000;
  HeadLimits head;
  BodyLimits body;  ///< Also for the peer that doesn't read our answer.
  std::chrono::milliseconds head_deadline{30'000};
  std::chrono::milliseconds idle_deadline{75'000};  ///< Between requests.
  std::size_t drain_bytes_max = 256 * 1024;         ///< Of a body that nobody wanted.
  std::chrono::milliseconds linger{1'000};          ///< Before closing in mid-request.
  std::size_t linger_bytes_max = 4 << 20;
};

class Server {
 public:
  /// Listens and begins to serve. Fails with already_exists if the port is taken, with unavailable
  /// if the address can't be had otherwise.
  [[nodiscard]] static Result<std::unique_ptr<Server>> start(io::Loops& loops, Service& service,
                                                             const Clock& clock,
                                                             ServerOptions options);
  /// stop() without grace, unless it was called.
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  /// The port that it listens on.
  [[nodiscard]] std::uint16_t port() const noexcept;
  [[nodiscard]] std::size_t connections() const noexcept;
  /// Accepts nothing more, lets requests in flight end within `grace`, then cuts. Blocks. False if
  /// handlers still ran when it had to cut.
  bool stop(std::chrono::milliseconds grace);

 private:
  struct Shared;
  explicit Server(std::shared_ptr<Shared> shared);
  std::shared_ptr<Shared> shared_;
};

}  // namespace tidemill::http
