/// A client that says just what it is told to, byte by byte, for tests of the server.
#pragma once

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <string>
#include <string_view>
#include <utility>

namespace tidemill::http {

/// A plain blocking socket.
class Peer {
 public:
  explicit Peer(std::uint16_t port) : fd_(::socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_EQ(::connect(fd_, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
    const timeval limit{5, 0};
    ::setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
  }
  ~Peer() { ::close(fd_); }
  Peer(const Peer&) = delete;
  Peer& operator=(const Peer&) = delete;

  void send(std::string_view text) {
    while (!text.empty()) {
      const ssize_t sent = ::send(fd_, text.data(), text.size(), MSG_NOSIGNAL);
      if (sent <= 0) return;
      text.remove_prefix(static_cast<std::size_t>(sent));
    }
  }
  /// All until `end` has come, or the server closes.
  std::string receive_until(std::string_view end) {
    while (!seen_.contains(end) && more()) {
    }
    const std::size_t at = seen_.find(end);
    const std::size_t size = at == std::string::npos ? seen_.size() : at + end.size();
    std::string text = seen_.substr(0, size);
    seen_.erase(0, size);
    return text;
  }
  std::string receive_all() {
    while (more()) {
    }
    return std::exchange(seen_, "");
  }
  void half_close() { ::shutdown(fd_, SHUT_WR); }
  bool has_more_within(std::chrono::milliseconds time) {
    pollfd wanted{fd_, POLLIN, 0};
    return ::poll(&wanted, 1, static_cast<int>(time.count())) > 0;
  }

 private:
  bool more() {
    std::array<char, 65536> bytes;
    const ssize_t got = ::recv(fd_, bytes.data(), bytes.size(), 0);
    if (got > 0) seen_.append(bytes.data(), static_cast<std::size_t>(got));
    return got > 0;
  }

  int fd_;
  std::string seen_;
};

}  // namespace tidemill::http
