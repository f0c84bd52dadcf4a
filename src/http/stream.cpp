#include "http/stream.h"

#include <netinet/tcp.h>
#include <sys/sendfile.h>
#include <sys/socket.h>

#include <cerrno>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace tidemill::http {
namespace asio = boost::asio;
using error_code = boost::system::error_code;

namespace {

constexpr auto awaited = asio::as_tuple(asio::use_awaitable);

bool would_block() noexcept { return errno == EAGAIN || errno == EWOULDBLOCK; }

/// Takes `bytes` from the front of `slices`; the size of what is left.
std::size_t advance(std::span<iovec> slices, std::size_t bytes) noexcept {
  std::size_t left = 0;
  for (iovec& slice : slices) {
    const std::size_t taken = std::min(bytes, slice.iov_len);
    slice.iov_base = static_cast<char*>(slice.iov_base) + taken;
    slice.iov_len -= taken;
    bytes -= taken;
    left += slice.iov_len;
  }
  return left;
}

/// Within one machine no packet is lost and no line is shared. An algorithm that paces what it
/// sends (BBR, on systems where it is the default) costs three quarters of the throughput there.
void send_unpaced_at_home(asio::ip::tcp::socket& socket) noexcept {
  error_code error;
  const auto peer = socket.remote_endpoint(error).address();
  if (error || (!peer.is_loopback() && peer != socket.local_endpoint(error).address())) return;
  constexpr std::string_view plain = "reno";
  (void)::setsockopt(socket.native_handle(), IPPROTO_TCP, TCP_CONGESTION, plain.data(),
                     socklen_t(plain.size()));
}

}  // namespace

Stream::Stream(asio::ip::tcp::socket socket)
    : socket_(std::move(socket)), timer_(socket_.get_executor()) {
  error_code ignored;
  socket_.set_option(asio::ip::tcp::no_delay(true), ignored);
  socket_.native_non_blocking(true, ignored);
  send_unpaced_at_home(socket_);
}

bool Stream::peer_is_gone() noexcept {
  char byte = 0;
  const ssize_t got = ::recv(socket_.native_handle(), &byte, 1, MSG_PEEK | MSG_DONTWAIT);
  return got == 0 || (got < 0 && !would_block() && errno != EINTR);
}

std::optional<Moved> Stream::try_read(std::span<char> to) noexcept {
  while (true) {
    const ssize_t got = ::recv(socket_.native_handle(), to.data(), to.size(), 0);
    if (got >= 0) return Moved{Io::ok, static_cast<std::size_t>(got)};
    if (would_block()) return std::nullopt;
    if (errno != EINTR) return Moved{Io::closed, 0};
  }
}

Task<Moved> Stream::read(std::span<char> to, TimePoint deadline) {
  set_deadline(deadline);
  const auto [error, bytes] =
      co_await socket_.async_read_some(asio::buffer(to.data(), to.size()), awaited);
  deadline_ = TimePoint::max();
  if (timed_out_) co_return Moved{Io::timed_out, 0};
  if (error == asio::error::eof) co_return Moved{Io::ok, 0};
  if (error) co_return Moved{Io::closed, 0};
  co_return Moved{Io::ok, bytes};
}

std::optional<Io> Stream::try_write(std::span<iovec> slices, bool more_follows) noexcept {
  while (true) {
    msghdr message{};
    message.msg_iov = slices.data();
    message.msg_iovlen = slices.size();
    const int flags = MSG_NOSIGNAL | (more_follows ? MSG_MORE : 0);
    const ssize_t sent = ::sendmsg(socket_.native_handle(), &message, flags);
    if (sent < 0 && errno == EINTR) continue;
    if (sent < 0) return would_block() ? std::nullopt : std::optional(Io::closed);
    if (advance(slices, static_cast<std::size_t>(sent)) == 0) return Io::ok;
  }
}

Task<Io> Stream::write(std::span<iovec> slices, Pace& pace) {
  const auto rest = [slices] {
    std::size_t bytes = 0;
    for (const iovec& slice : slices) bytes += slice.iov_len;
    return bytes;
  };
  std::size_t before = rest();
  while (true) {
    const std::optional<Io> done = try_write(slices, false);
    if (done) co_return *done;
    const std::size_t after = rest();
    pace.moved(before - after);
    before = after;
    const Io waited = co_await wait_writable(pace.begin_wait());
    pace.end_wait();
    if (waited != Io::ok) co_return waited;
  }
}

Task<Io> Stream::send_file(const FileRange& range, Pace& pace) {
  auto offset = static_cast<off_t>(range.offset);
  std::uint64_t left = range.length;
  while (left > 0) {
    // In steps: what a call has copied counts for the pace, and off_t has a limit.
    const std::size_t step = std::min<std::uint64_t>(left, 4U << 20);
    const ssize_t sent = ::sendfile(socket_.native_handle(), range.fd, &offset, step);
    if (sent > 0) {
      left -= static_cast<std::uint64_t>(sent);
      pace.moved(static_cast<std::size_t>(sent));
      if (static_cast<std::size_t>(sent) < step || left == 0) continue;
    } else if (sent == 0) {
      co_return Io::closed;  // The file is shorter than announced.
    } else if (errno == EINTR) {
      continue;
    } else if (!would_block()) {
      co_return Io::closed;
    }
    const Io waited = co_await wait_writable(pace.begin_wait());
    pace.end_wait();
    if (waited != Io::ok) co_return waited;
  }
  co_return Io::ok;
}

Task<Io> Stream::wait_writable(TimePoint deadline) {
  set_deadline(deadline);
  const auto [error] = co_await socket_.async_wait(asio::ip::tcp::socket::wait_write, awaited);
  deadline_ = TimePoint::max();
  if (timed_out_) co_return Io::timed_out;
  co_return error ? Io::closed : Io::ok;
}

void Stream::set_deadline(TimePoint deadline) {
  deadline_ = deadline;
  timed_out_ = false;
  if (deadline_ < armed_for_) arm();
}

void Stream::arm() {
  armed_for_ = deadline_;
  timer_.expires_at(deadline_);
  timer_.async_wait([weak = weak_from_this()](error_code error) {
    if (error) return;
    if (const auto self = weak.lock()) self->ring();
  });
}

void Stream::ring() {
  armed_for_ = TimePoint::max();
  if (deadline_ == TimePoint::max()) return;
  if (std::chrono::steady_clock::now() < deadline_) return arm();
  timed_out_ = true;
  cancel();
}

void Stream::cancel() noexcept {
  error_code ignored;
  socket_.cancel(ignored);
}

void Stream::shutdown_write() noexcept {
  error_code ignored;
  socket_.shutdown(asio::ip::tcp::socket::shutdown_send, ignored);
}

void Stream::close() noexcept {
  error_code ignored;
  timer_.cancel();
  socket_.close(ignored);
}

}  // namespace tidemill::http
