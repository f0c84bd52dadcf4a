#include "http/connection.h"

namespace tidemill::http {
namespace {

std::string ip_of(const boost::asio::ip::tcp::socket& socket) {
  boost::system::error_code error;
  const auto peer = socket.remote_endpoint(error);
  return error ? std::string() : peer.address().to_string();
}

TimePoint after(std::chrono::milliseconds time) { return std::chrono::steady_clock::now() + time; }

}  // namespace

Connection::Connection(Service& service, const Clock& clock, const ServerOptions& options,
                       boost::asio::ip::tcp::socket socket)
    : service_(service),
      clock_(clock),
      options_(options),
      stream_(std::make_shared<Stream>(std::move(socket))),
      scanner_(options.head),
      body_(*stream_, input_, parser_, options.body),
      writer_(*stream_, clock, options.body.grace, options.body.bytes_per_second_min) {
  request_.remote_ip = ip_of(stream_->socket());
  request_.body = &body_;
  request_.is_gone = [stream = stream_] { return stream->peer_is_gone(); };
}

Task<void> Connection::run() {
  Next next = Next::request;
  while (next == Next::request) next = co_await serve_one();
  if (next == Next::linger) co_await linger();
  stream_->close();
}

Task<void> Connection::refuse() {
  Error slow_down{
      .code = Errc::unavailable, .message = "Please reduce your request rate.", .name = "SlowDown"};
  co_await refuse_with(std::move(slow_down));
  co_await linger();
  stream_->close();
}

void Connection::finish() noexcept {
  finishing_ = true;
  if (idle_) stream_->cancel();
}

void Connection::abort() noexcept { stream_->close(); }

Task<Connection::Next> Connection::serve_one() {
  auto head = co_await read_head();
  if (!head) co_return co_await refuse_with(std::move(head).error());
  if (!*head) co_return Next::close;
  const auto framing = parser_.parse_head(input_.view().substr(0, **head), request_);
  input_.consume(**head);
  if (!framing) co_return co_await refuse_with(framing.error());
  request_.received = clock_.now();
  body_.begin(*framing);
  Response response = co_await service_.serve(request_);
  co_return co_await answer(std::move(response), *framing);
}

Task<Result<std::optional<std::size_t>>> Connection::read_head() {
  scanner_.reset();
  input_.shrink();
  TimePoint deadline = TimePoint::max();  // Set once the first byte has come.
  while (true) {
    if (!input_.empty()) {
      TM_CO_TRY(const std::optional<std::size_t> size, scanner_.scan(input_.view()));
      if (size) co_return size;
      if (deadline == TimePoint::max()) deadline = after(options_.head_deadline);
    }
    idle_ = input_.empty();
    if (idle_ && finishing_) co_return std::nullopt;
    if (input_.room().empty()) input_.grow(options_.head.head_bytes_max + 1024);
    const TimePoint until = idle_ ? after(options_.idle_deadline) : deadline;
    const Moved moved = co_await stream_->read(input_.room(), until);
    const bool was_idle = std::exchange(idle_, false);
    if (moved.io == Io::timed_out && !was_idle) {
      Error error{.code = Errc::invalid_argument,
                  .message = "The request's header fields took too long to arrive.",
                  .name = "RequestTimeout",
                  .status = 408};
      co_return std::unexpected(std::move(error));
    }
    if (moved.io != Io::ok || moved.bytes == 0) co_return std::nullopt;
    input_.filled(moved.bytes);
  }
}

/// Whether the next request can be found behind this one's body at a bearable price.
bool Connection::may_stay(const Framing& framing) const noexcept {
  if (!framing.keep_alive || finishing_ || body_.broken()) return false;
  if (body_.at_end()) return true;
  return !body_.is_awaited() && body_.left() <= options_.drain_bytes_max;
}

Task<Connection::Next> Connection::answer(Response response, Framing framing) {
  body_.release();
  ResponseForm form;
  form.head_only = request_.method == "HEAD";
  form.http11 = framing.http11;
  form.keep_alive = !response.close && may_stay(framing);
  auto sent = std::move(response.sent);
  const bool stays = co_await writer_.write(response, form);
  if (sent) sent(writer_.sent());
  if (stays && (body_.at_end() || co_await drain())) co_return Next::request;
  co_return body_.at_end() && input_.empty() ? Next::close : Next::linger;
}

Task<Connection::Next> Connection::refuse_with(Error error) {
  Response response = error_response(error);
  const ResponseForm form{.keep_alive = false};
  co_await writer_.write(response, form);
  co_return Next::linger;
}

Task<bool> Connection::drain() {
  std::uint64_t bytes = 0;
  while (bytes <= options_.drain_bytes_max) {
    const auto piece = co_await body_.read();
    if (!piece) co_return false;
    if (piece->empty()) {
      body_.release();
      co_return true;
    }
    bytes += piece->size();
  }
  co_return false;
}

/// Takes what the peer still sends for a moment: closing at once would reset the connection, and
/// the reset would overtake our answer.
Task<void> Connection::linger() {
  stream_->shutdown_write();
  const TimePoint deadline = after(options_.linger);
  std::uint64_t bytes = 0;
  input_.consume(input_.size());
  while (bytes < options_.linger_bytes_max) {
    const Moved moved = co_await stream_->read(input_.room(), deadline);
    if (moved.io != Io::ok || moved.bytes == 0) co_return;
    bytes += moved.bytes;
  }
}

}  // namespace tidemill::http
