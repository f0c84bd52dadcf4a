// Ten times what the server can take (docs/reliability.md): requests come at their own rate,
// however long the answers take; what it does then is held against what it does at its best.
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include <cerrno>

#include <fmt/format.h>

#include "bench/cases.h"
#include "bench/client.h"
#include "bench/load.h"
#include "bench/platform.h"

namespace tidemill::bench {
namespace {

constexpr std::size_t body_bytes = 4096;
constexpr int connections_max = 6000;
constexpr double times = 10;
constexpr double client_patience_ms = 5000;
constexpr std::int64_t look_every_ns = 100'000'000;
constexpr int rounds = 3;  // Between them it shows its best again: neighbours come and go.
constexpr std::size_t heads_signed = 40'000;

struct Counts {
  std::uint64_t sent = 0, done = 0, refused = 0, broken = 0, given_up = 0, unsent = 0;
  std::vector<double> done_ms, refused_ms;

  void add(const Counts& more) {
    sent += more.sent;
    done += more.done;
    refused += more.refused;
    broken += more.broken;
    given_up += more.given_up;
    unsent += more.unsent;
    done_ms.insert(done_ms.end(), more.done_ms.begin(), more.done_ms.end());
    refused_ms.insert(refused_ms.end(), more.refused_ms.begin(), more.refused_ms.end());
  }
};

/// Clients that don't wait for one another.
class Flood {
 public:
  Flood(const ServerProcess& server, std::vector<std::string> heads, std::string body)
      : server_(server), heads_(std::move(heads)), body_(std::move(body)) {
    connections_.reserve(connections_max);
    epoll_ = io::Fd(::epoll_create1(EPOLL_CLOEXEC));
  }

  Result<Counts> run(double rate, double seconds) {
    const auto begun = now_ns(), end = begun + std::int64_t(seconds * 1e9);
    std::array<epoll_event, 256> events;
    for (auto now = begun; now < end; now = now_ns()) {
      for (const auto due = std::uint64_t(double(now - begun) / 1e9 * rate); arrived_ < due;) {
        ++arrived_;
        TM_CHECK(arrive());
      }
      const int count = ::epoll_wait(epoll_.get(), events.data(), int(events.size()), 1);
      for (int i = 0; i < count; ++i) {
        turn(*static_cast<Connection*>(events[std::size_t(i)].data.ptr));
      }
      if (now - looked_ns_ > look_every_ns) look(now);
    }
    return finish();
  }

  double resident_mb = 0;

 private:
  struct Connection {
    io::Fd fd;
    std::string head, answer;
    std::size_t sent = 0;
    std::int64_t begun_ns = 0;
    bool is_busy = false, waits_to_write = false;
  };

  Status arrive() {
    Connection* connection = nullptr;
    if (!idle_.empty()) {
      connection = idle_.back();
      idle_.pop_back();
    } else if (connections_.size() < connections_max) {
      connection = &connections_.emplace_back();
    } else {
      ++counts_.unsent;  // All connections are taken: this client doesn't even get one.
      return {};
    }
    if (!connection->fd) TM_CHECK(open(*connection));
    connection->head = heads_[counts_.sent++ % heads_.size()];
    connection->sent = 0;
    connection->begun_ns = now_ns();
    connection->is_busy = true;
    write(*connection);
    return {};
  }
  Status open(Connection& connection) {
    TM_TRY(connection.fd, connect_loopback(server_.port()));
    epoll_event event{.events = EPOLLIN, .data = {.ptr = &connection}};
    ::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, connection.fd.get(), &event);
    return {};
  }
  void write(Connection& connection) {
    const std::array<std::string_view, 2> parts = {connection.head, body_};
    std::size_t before = 0;
    for (const auto part : parts) {
      while (connection.sent < before + part.size()) {
        const auto rest = part.substr(connection.sent - before);
        const auto sent =
            ::send(connection.fd.get(), rest.data(), rest.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
        if (sent < 0 && errno == EAGAIN) return want_to_write(connection, true);
        if (sent <= 0) return;  // It will be read why, if there is an answer.
        connection.sent += std::size_t(sent);
      }
      before += part.size();
    }
    want_to_write(connection, false);
  }
  void want_to_write(Connection& connection, bool wants) {
    if (std::exchange(connection.waits_to_write, wants) == wants) return;
    epoll_event event{.events = wants ? EPOLLIN | EPOLLOUT : std::uint32_t(EPOLLIN),
                      .data = {.ptr = &connection}};
    ::epoll_ctl(epoll_.get(), EPOLL_CTL_MOD, connection.fd.get(), &event);
  }
  void turn(Connection& connection) {
    if (!connection.fd) return;
    if (connection.waits_to_write) write(connection);
    std::array<char, 4096> piece;
    const auto got = ::recv(connection.fd.get(), piece.data(), piece.size(), MSG_DONTWAIT);
    if (got < 0 && errno == EAGAIN) return;
    if (got <= 0) {
      if (connection.is_busy) ++counts_.broken;
      return close(connection);
    }
    connection.answer.append(piece.data(), std::size_t(got));
    const auto end = connection.answer.find("\r\n\r\n");
    if (end == std::string::npos) return;
    const auto head = read_head(connection.answer.substr(0, end + 4));
    if (!head || connection.answer.size() < end + 4 + head->body_bytes) return;
    const double took = double(now_ns() - connection.begun_ns) / 1e6;
    if (head->status == 200) {
      ++counts_.done;
      counts_.done_ms.push_back(took);
    } else if (head->status == 503) {
      ++counts_.refused;
      counts_.refused_ms.push_back(took);
    } else {
      ++counts_.broken;
    }
    const bool ends = connection.answer.find("Connection: close") < end;
    connection.answer.clear();
    connection.is_busy = false;
    if (ends) return close(connection);
    idle_.push_back(&connection);
  }
  void close(Connection& connection) {
    connection.fd = io::Fd();
    connection.answer.clear();
    connection.waits_to_write = false;
    if (std::exchange(connection.is_busy, false) ||
        std::ranges::find(idle_, &connection) == idle_.end())
      idle_.push_back(&connection);
  }
  /// The clients go, and what they asked for just now is nobody's any more.
  Counts finish() {
    connections_.clear();
    idle_.clear();
    arrived_ = 0;
    return std::exchange(counts_, {});
  }
  void look(std::int64_t now) {
    looked_ns_ = now;
    resident_mb = std::max(resident_mb, server_.resident_mb());
    for (auto& connection : connections_) {
      if (!connection.is_busy) continue;
      if (double(now - connection.begun_ns) / 1e6 < client_patience_ms) continue;
      ++counts_.given_up;
      close(connection);
    }
  }

  const ServerProcess& server_;
  const std::vector<std::string> heads_;
  const std::string body_;
  io::Fd epoll_;
  std::vector<Connection> connections_;
  std::vector<Connection*> idle_;
  std::uint64_t arrived_ = 0;
  std::int64_t looked_ns_ = 0;
  Counts counts_;
};

Status allow_descriptors() {
  rlimit limit{};
  ::getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = std::min<rlim_t>(limit.rlim_max, 2 * connections_max + 1000);
  return ::setrlimit(RLIMIT_NOFILE, &limit) == 0
             ? Status()
             : fail(Errc::unavailable, "too few descriptors may be open");
}

}  // namespace

Status measure_overload(const Setting& setting) {
  TM_CHECK(allow_descriptors());
  TM_TRY(const auto server, ServerProcess::start(setting.server("overload")));
  TM_TRY(auto platform, Platform::connect(server->port()));
  TM_CHECK(platform.make_bucket("bench-overload", true));
  std::vector<std::string> heads;
  for (std::size_t i = 0; i < heads_signed; ++i) {
    heads.push_back(object_head("PUT", fmt::format("/bench-overload/sales/{}.csv", i), body_bytes));
  }
  const std::string body(body_bytes, 'x');
  LoadPlan plan{.clients = 64, .seconds = setting.seconds(), .next = {}};
  plan.next = [&](std::uint64_t number) { return Shot{heads[number % heads.size()], body}; };
  TM_TRY(const auto best, run_load(plan, *server));
  Flood flood(*server, heads, body);
  Counts all;
  std::vector<double> parts;
  auto before = best.rate();
  for (int round = 0; round < rounds; ++round) {
    TM_TRY(const auto counts, flood.run(times * best.rate(), setting.seconds()));
    TM_TRY(const auto after, run_load(plan, *server));
    parts.push_back(100 * double(counts.done) / setting.seconds() / ((before + after.rate()) / 2));
    before = after.rate();
    all.add(counts);
  }
  print({.name = "overload_goodput",
         .value = quantile(parts, 0.5),
         .unit = "%",
         .target = 80,
         .detail = {{"best", rounded(best.rate())},
                    {"asked", rounded(times * best.rate())},
                    {"sent", all.sent},
                    {"done", all.done},
                    {"refused", all.refused},
                    {"broken", all.broken},
                    {"given_up", all.given_up},
                    {"unsent", all.unsent},
                    {"done_p50_ms", rounded(quantile(all.done_ms, 0.5))},
                    {"done_p99_ms", rounded(quantile(all.done_ms, 0.99))},
                    {"refused_p50_ms", rounded(quantile(all.refused_ms, 0.5))},
                    {"refused_p99_ms", rounded(quantile(all.refused_ms, 0.99))},
                    {"resident_mb", rounded(flood.resident_mb)},
                    {"worst", rounded(parts.front())},
                    {"afterwards", rounded(before)}}});
  return {};
}

}  // namespace tidemill::bench
