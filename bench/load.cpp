#include "bench/load.h"

#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include <cerrno>

#include <fmt/format.h>

#include "bench/client.h"
#include "bench/warm_memory.h"

namespace tidemill::bench {
namespace {

constexpr std::size_t piece_bytes = 256 * 1024;
constexpr int stall_ms = 30'000;
constexpr std::size_t warm_bytes = std::size_t{1} << 30;

/// One client: sends a request, takes the answer, begins again.
struct Connection {
  io::Fd fd;
  Shot shot;
  std::size_t sent = 0;
  std::int64_t begun_ns = 0;
  std::string head;        ///< Of the answer, while it is incomplete.
  std::uint64_t left = 0;  ///< Of the answer's body.
  bool reads_body = false;
  bool waits_to_write = false;
};

class Load {
 public:
  Load(const LoadPlan& plan, const ServerProcess& server)
      : plan_(plan), server_(server), piece_(piece_bytes, '\0'), memory_(warm_bytes) {}

  Result<LoadResult> run() {
    epoll_ = io::Fd(::epoll_create1(EPOLL_CLOEXEC));
    connections_.resize(std::size_t(plan_.clients));
    for (auto& connection : connections_) {
      TM_TRY(connection.fd, connect_loopback(server_.port()));
      epoll_event event{.events = EPOLLIN, .data = {.ptr = &connection}};
      ::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, connection.fd.get(), &event);
      TM_CHECK(begin(connection));
    }
    begun_ns_ = now_ns();
    TM_CHECK(turn_until(begun_ns_ + std::int64_t(plan_.warm_seconds * 1e9)));
    result_ = {};
    result_.latencies_ms.reserve(1 << 18);
    const auto begun = now_ns();
    const double server_cpu = server_.cpu_ms(), own_cpu = own_cpu_ms();
    const double written = server_.written_kb();
    TM_CHECK(turn_until(begun + std::int64_t(plan_.seconds * 1e9)));
    result_.seconds = double(now_ns() - begun) / 1e9;
    result_.server_cpu_ms = server_.cpu_ms() - server_cpu;
    result_.client_cpu_ms = own_cpu_ms() - own_cpu;
    result_.server_written_kb = server_.written_kb() - written;
    result_.server_resident_mb = server_.resident_mb();
    if (result_.answers == 0) return fail(Errc::unavailable, "no answer within the time measured");
    return std::move(result_);
  }

 private:
  Status turn_until(std::int64_t end_ns) {
    std::array<epoll_event, 64> events;
    for (auto now = now_ns(); now < end_ns; now = now_ns()) {
      memory_.release(double(now - begun_ns_) / 1e9 / (plan_.warm_seconds + plan_.seconds));
      const int count = ::epoll_wait(epoll_.get(), events.data(), int(events.size()), stall_ms);
      if (count < 0 && errno == EINTR) continue;
      if (count <= 0) return fail(Errc::unavailable, "the server stalls");
      for (int i = 0; i < count; ++i) {
        auto& connection = *static_cast<Connection*>(events[std::size_t(i)].data.ptr);
        if ((events[std::size_t(i)].events & EPOLLOUT) != 0) TM_CHECK(write(connection));
        if ((events[std::size_t(i)].events & ~EPOLLOUT) != 0) TM_CHECK(read(connection));
      }
    }
    return {};
  }

  Status begin(Connection& connection) {
    connection.shot = plan_.next(number_++);
    connection.sent = 0;
    connection.begun_ns = now_ns();
    return write(connection);
  }

  Status write(Connection& connection) {
    const auto& [head, body] = connection.shot;
    const auto total = head.size() + body.size();
    while (connection.sent < total) {
      std::array<iovec, 2> slices{};
      std::size_t count = 0;
      const auto add = [&](std::string_view bytes) {
        slices[count++] = {const_cast<char*>(bytes.data()), bytes.size()};
      };
      if (connection.sent < head.size()) add(head.substr(connection.sent));
      add(body.substr(connection.sent - std::min(connection.sent, head.size())));
      const msghdr message{.msg_name = nullptr,
                           .msg_namelen = 0,
                           .msg_iov = slices.data(),
                           .msg_iovlen = count,
                           .msg_control = nullptr,
                           .msg_controllen = 0,
                           .msg_flags = 0};
      const auto sent = ::sendmsg(connection.fd.get(), &message, MSG_NOSIGNAL | MSG_DONTWAIT);
      if (sent < 0 && errno == EAGAIN) return want_to_write(connection, true);
      if (sent <= 0) return fail(Errc::unavailable, "the server closed a connection");
      connection.sent += std::size_t(sent);
    }
    return want_to_write(connection, false);
  }

  Status want_to_write(Connection& connection, bool wants) {
    if (std::exchange(connection.waits_to_write, wants) == wants) return {};
    epoll_event event{.events = wants ? EPOLLIN | EPOLLOUT : std::uint32_t(EPOLLIN),
                      .data = {.ptr = &connection}};
    ::epoll_ctl(epoll_.get(), EPOLL_CTL_MOD, connection.fd.get(), &event);
    return {};
  }

  Status read(Connection& connection) {
    const auto got = ::recv(connection.fd.get(), piece_.data(), piece_.size(), MSG_DONTWAIT);
    if (got < 0 && errno == EAGAIN) return {};
    if (got <= 0) return fail(Errc::unavailable, "the server closed a connection");
    std::string_view bytes(piece_.data(), std::size_t(got));
    if (!connection.reads_body) {
      TM_TRY(bytes, take_head(connection, bytes));
      if (!connection.reads_body) return {};
    }
    if (bytes.size() > connection.left) return fail(Errc::unavailable, "more than was announced");
    connection.left -= bytes.size();
    result_.body_bytes += bytes.size();
    if (connection.left > 0) return {};
    connection.reads_body = false;
    ++result_.answers;
    result_.latencies_ms.push_back(double(now_ns() - connection.begun_ns) / 1e6);
    return begin(connection);
  }

  /// What of `bytes` is behind the head.
  Result<std::string_view> take_head(Connection& connection, std::string_view bytes) {
    std::string_view text = bytes;
    const auto before = connection.head.size();
    if (before > 0) text = connection.head.append(bytes.substr(0, 8192));
    const auto end = text.find("\r\n\r\n");
    if (end == text.npos) {
      if (before == 0) connection.head = bytes;
      return std::string_view();
    }
    TM_TRY(const auto head, read_head(text.substr(0, end + 4)));
    if (head.status != 200) {
      return fail(Errc::unavailable, fmt::format("answered {}: {}", head.status, text));
    }
    connection.head.clear();
    connection.left = head.body_bytes;
    connection.reads_body = true;
    return bytes.substr(end + 4 - before);
  }

  const LoadPlan& plan_;
  const ServerProcess& server_;
  std::string piece_;
  WarmMemory memory_;
  std::int64_t begun_ns_ = 0;
  io::Fd epoll_;
  std::vector<Connection> connections_;
  std::uint64_t number_ = 0;
  LoadResult result_;
};

}  // namespace

json::object LoadResult::detail() {
  return {{"p50_ms", rounded(quantile(latencies_ms, 0.5))},
          {"p99_ms", rounded(quantile(latencies_ms, 0.99))},
          {"max_ms", rounded(quantile(latencies_ms, 1))},
          {"requests", answers},
          {"seconds", rounded(seconds)},
          {"server_cpu_ms_each", rounded(server_cpu_ms_each())},
          {"server_written_kb_each", rounded(server_written_kb / double(answers))},
          {"server_resident_mb", rounded(server_resident_mb)},
          {"server_cores", rounded(server_cpu_ms / seconds / 1e3)},
          {"client_cores", rounded(client_cpu_ms / seconds / 1e3)}};
}

Result<LoadResult> run_load(const LoadPlan& plan, const ServerProcess& server) {
  return Load(plan, server).run();
}

}  // namespace tidemill::bench
