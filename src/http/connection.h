/// One client's connection: reads requests, has them served, writes the answers, one after the
/// other. Lives on one event loop; the server keeps it until run() ends.
#pragma once

#include <memory>
#include <string>

#include "http/input.h"
#include "http/output.h"
#include "http/parser.h"
#include "http/server.h"
#include "http/stream.h"

namespace tidemill::http {

class Connection {
 public:
  Connection(Service& service, const Clock& clock, const ServerOptions& options,
             boost::asio::ip::tcp::socket socket);

  /// Ends when the connection does; what the peer still has to read is on its way then.
  Task<void> run();
  /// Answers 503 to whatever comes, for a connection too many.
  Task<void> refuse();
  /// Ends after the request in flight, or now if there is none.
  void finish() noexcept;
  /// Ends now.
  void abort() noexcept;

 private:
  /// What happens after an answer.
  enum class Next : std::uint8_t { request, close, linger };

  Task<Next> serve_one();
  /// The head's size in input_; nullopt: the peer (or finish()) ended the connection.
  Task<Result<std::optional<std::size_t>>> read_head();
  Task<Next> answer(Response response, Framing framing);
  Task<Next> refuse_with(Error error);
  Task<bool> drain();
  Task<void> linger();
  [[nodiscard]] bool may_stay(const Framing& framing) const noexcept;

  Service& service_;
  const Clock& clock_;
  const ServerOptions& options_;
  std::shared_ptr<Stream> stream_;
  InputBuffer input_;
  HeadScanner scanner_;
  RequestParser parser_;
  RequestBody body_;
  ResponseWriter writer_;
  Request request_;
  bool idle_ = false;       // Waits for a request.
  bool finishing_ = false;  // Set by finish().
};

}  // namespace tidemill::http
