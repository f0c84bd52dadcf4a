/// A connection's socket with deadlines: at most one timer, re-armed only when it fires or when a
/// deadline comes to lie before it, so that a busy connection pays nothing for it and an idle
/// server sleeps. Belongs to one event loop.
#pragma once

#include <sys/uio.h>

#include <chrono>
#include <memory>
#include <optional>
#include <span>

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>

#include "http/message.h"

namespace tidemill::http {

using TimePoint = std::chrono::steady_clock::time_point;

/// How long a peer may keep us waiting in all: a grace, and the time its bytes take at the
/// slowest speed that we put up with.
class Pace {
 public:
  Pace(std::chrono::milliseconds grace, std::uint64_t bytes_per_second)
      : grace_(grace), bytes_per_second_(bytes_per_second) {}
  void moved(std::size_t bytes) noexcept { bytes_ += bytes; }
  /// A wait begins: when it must have ended.
  [[nodiscard]] TimePoint begin_wait() noexcept {
    began_ = std::chrono::steady_clock::now();
    const auto earned = std::chrono::milliseconds(bytes_ * 1000 / bytes_per_second_);
    return began_ + grace_ + earned - waited_;
  }
  void end_wait() noexcept { waited_ += std::chrono::steady_clock::now() - began_; }

 private:
  std::chrono::milliseconds grace_;
  std::uint64_t bytes_per_second_;
  std::uint64_t bytes_ = 0;
  TimePoint began_;
  std::chrono::steady_clock::duration waited_{0};
};

enum class Io : std::uint8_t { ok, closed, timed_out };

struct Moved {
  Io io = Io::ok;
  std::size_t bytes = 0;  ///< 0 with ok: the peer has said all.
};

class Stream : public std::enable_shared_from_this<Stream> {
 public:
  explicit Stream(boost::asio::ip::tcp::socket socket);

  /// What is there already; nullopt if that is nothing.
  [[nodiscard]] std::optional<Moved> try_read(std::span<char> to) noexcept;
  /// Waits for at least a byte.
  Task<Moved> read(std::span<char> to, TimePoint deadline);
  /// Writes all of `slices` (which it uses up). try_write: as far as it goes without waiting.
  Task<Io> write(std::span<iovec> slices, Pace& pace);
  /// nullopt: a rest is left in `slices`.
  [[nodiscard]] std::optional<Io> try_write(std::span<iovec> slices, bool more_follows) noexcept;
  /// Copies file bytes to the socket inside the kernel.
  Task<Io> send_file(const FileRange& range, Pace& pace);

  /// Whether the peer has hung up, or said that it sends nothing more.
  [[nodiscard]] bool peer_is_gone() noexcept;
  /// Ends the read or write that waits.
  void cancel() noexcept;
  void shutdown_write() noexcept;
  void close() noexcept;
  [[nodiscard]] boost::asio::ip::tcp::socket& socket() noexcept { return socket_; }

 private:
  void set_deadline(TimePoint deadline);
  void arm();
  void ring();
  Task<Io> wait_writable(TimePoint deadline);

  boost::asio::ip::tcp::socket socket_;
  boost::asio::steady_timer timer_;
  TimePoint deadline_ = TimePoint::max();
  TimePoint armed_for_ = TimePoint::max();  // max: the timer does not run.
  bool timed_out_ = false;
};

}  // namespace tidemill::http
