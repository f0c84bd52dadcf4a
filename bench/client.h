/// A plain blocking client on one keep-alive connection, for what the bench builds before it
/// measures and for single requests that it times. One thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/error.h"
#include "io/process.h"
#include "wire/sigv4.h"

namespace tidemill::bench {

struct Reply {
  int status = 0;
  std::string body;
};

class Client {
 public:
  static Result<Client> connect(std::uint16_t port);

  /// Sends the bytes of a whole request and reads the whole answer.
  Result<Reply> send(std::string_view request);

 private:
  explicit Client(io::Fd fd) : fd_(std::move(fd)) {}
  io::Fd fd_;
};

/// Connects a TCP socket to the loopback; without delay, blocking.
[[nodiscard]] Result<io::Fd> connect_loopback(std::uint16_t port);

/// What an answer's head says.
struct AnswerHead {
  int status = 0;
  std::uint64_t body_bytes = 0;
};
/// `head` ends with the empty line. Fails where there is no Content-Length.
[[nodiscard]] Result<AnswerHead> read_head(std::string_view head);

/// The administrator's signed request as bytes: its head, without the body.
[[nodiscard]] std::string signed_head(wire::SigningRequest request, std::string_view service,
                                      std::uint64_t body_bytes);

}  // namespace tidemill::bench
