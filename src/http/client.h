/// Requests of ours to other servers: HTTP/1.1, over TLS where the address says https. Made by the
/// server; called on event loops; destroyed before them, when no call is in flight or the loops
/// have stopped.
#pragma once

#include <chrono>
#include <memory>
#include <string>

#include "http/answer_parser.h"
#include "http/url.h"
#include "io/loops.h"

namespace tidemill::http {

struct ClientOptions {
  /// Also reach loopback, link-local and metadata addresses (http/resolver.h).
  bool allow_local = false;
  /// A PEM file of certificates that are trusted beside the system's; empty: none.
  std::string ca_file;
  std::chrono::milliseconds connect_deadline{3'000};  ///< Name, connection and TLS.
  std::chrono::milliseconds idle_deadline{30'000};    ///< How long an idle connection is kept.
  std::size_t idle_per_host_max = 8;
  std::size_t idle_max = 128;
  std::size_t calls_max = 1'024;  ///< In flight at one time.
};

/// One request. Host, Content-Length and, unless given, User-Agent are added.
struct Call {
  std::string method = "POST";
  Url url;
  Headers headers;
  std::string body;
  std::chrono::milliseconds deadline{5'000};  ///< From the call to the answer's last byte.
  std::size_t answer_bytes_max = 64 * 1024;   ///< Of the body; what is beyond is cut off.
};

class Client {
 public:
  /// Fails with invalid_argument if the CA file can't be read. `pool` outlives it.
  [[nodiscard]] static Result<std::unique_ptr<Client>> make(ClientOptions options, io::Pool& pool);
  ~Client();
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  /// The server's answer, whatever its status; redirects aren't followed. Fails with
  ///   invalid_argument   a method or header field that HTTP has no room for,
  ///   access_denied      an address that mustn't be reached,
  ///   throttled          too many calls in flight,
  ///   unavailable        no answer. The error's name is EventBridge's ERROR_CODE: TIMEOUT, or
  ///                      CONNECTION_FAILURE for names, connections, certificates and bad answers.
  /// After TIMEOUT or CONNECTION_FAILURE the server may have had the request; it may have had it
  /// twice where a connection that was kept broke as it was used again.
  Task<Result<Answer>> call(Call call);

 private:
  struct State;
  explicit Client(std::shared_ptr<State> state);
  std::shared_ptr<State> state_;
};

}  // namespace tidemill::http
