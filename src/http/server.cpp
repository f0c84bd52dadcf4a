#include "http/server.h"

#include <condition_variable>
#include <unordered_set>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "base/log.h"
#include "http/connection.h"

namespace tidemill::http {
namespace asio = boost::asio;
using asio::ip::tcp;
using error_code = boost::system::error_code;

struct Server::Shared : std::enable_shared_from_this<Server::Shared> {
  Shared(io::Loops& l, Service& s, const Clock& c, ServerOptions o)
      : loops(l),
        service(s),
        clock(c),
        options(std::move(o)),
        open(static_cast<std::size_t>(l.size())) {}

  Status listen();
  Task<void> accept();
  Task<void> accept_all();
  void admit(tcp::socket socket, int loop);
  void each_connection(void (Connection::*action)() noexcept);
  bool wait_until_none(std::chrono::milliseconds time);
  static Task<void> serve(std::shared_ptr<Shared> self, std::shared_ptr<Connection> connection,
                          int loop, bool refused);

  io::Loops& loops;
  Service& service;
  const Clock& clock;
  const ServerOptions options;
  std::optional<tcp::acceptor> acceptor;  // Loop 0's; gone before stop() returns.
  std::uint16_t port = 0;
  std::vector<std::unordered_set<Connection*>> open;  // [i] is loop i's.
  std::atomic<std::size_t> count = 0;                 // All that are served.
  std::atomic<std::size_t> refusing = 0;
  std::atomic<bool> stopping = false;
  bool accepting = true;  // Under mutex.
  std::mutex mutex;
  std::condition_variable none;
};

Status Server::Shared::listen() {
  const auto failed = [this](const error_code& error) {
    const auto code =
        error == asio::error::address_in_use ? Errc::already_exists : Errc::unavailable;
    return fail(code, fmt::format("can't listen on {}:{}: {}", options.address, options.port,
                                  error.message()));
  };
  error_code error;
  const auto address = asio::ip::make_address(options.address, error);
  if (error) return failed(error);
  const tcp::endpoint endpoint(address, options.port);
  acceptor.emplace(loops.context(0));
  acceptor->open(endpoint.protocol(), error);
  if (error) return failed(error);
  acceptor->set_option(tcp::acceptor::reuse_address(true), error);
  acceptor->bind(endpoint, error);
  if (error) return failed(error);
  acceptor->listen(4096, error);
  if (error) return failed(error);
  port = acceptor->local_endpoint(error).port();
  return {};
}

Task<void> Server::Shared::accept() {
  co_await accept_all();
  acceptor.reset();
  const std::lock_guard lock(mutex);
  accepting = false;
  none.notify_all();
}

Task<void> Server::Shared::accept_all() {
  using namespace std::chrono_literals;
  for (int loop = 0; !stopping; loop = (loop + 1) % loops.size()) {
    auto [error, socket] =
        co_await acceptor->async_accept(loops.context(loop), asio::as_tuple(asio::use_awaitable));
    if (stopping || error == asio::error::operation_aborted) co_return;
    if (error) {
      // Out of descriptors, mostly: others must close first.
      TM_LOG(warn, "http", "accept failed", {{"error", error.message()}});
      co_await io::sleep_for(100ms);
      continue;
    }
    admit(std::move(socket), loop);
  }
}

void Server::Shared::admit(tcp::socket socket, int loop) {
  constexpr std::size_t refusing_max = 64;
  const bool refused = count >= options.connections_max;
  if (refused && refusing >= refusing_max) return;  // Closes it.
  ++(refused ? refusing : count);
  auto held = std::make_shared<tcp::socket>(std::move(socket));
  auto begin = [self = shared_from_this(), held, loop, refused]() -> Task<void> {
    auto connection =
        std::make_shared<Connection>(self->service, self->clock, self->options, std::move(*held));
    return serve(self, std::move(connection), loop, refused);
  };
  loops.spawn(loop, std::move(begin));
}

Task<void> Server::Shared::serve(std::shared_ptr<Shared> self,
                                 std::shared_ptr<Connection> connection, int loop, bool refused) {
  auto& open = self->open[static_cast<std::size_t>(loop)];
  open.insert(connection.get());
  if (self->stopping) connection->finish();
  co_await (refused ? connection->refuse() : connection->run());
  open.erase(connection.get());
  connection.reset();
  const std::lock_guard lock(self->mutex);
  --(refused ? self->refusing : self->count);
  self->none.notify_all();
}

void Server::Shared::each_connection(void (Connection::*action)() noexcept) {
  for (int loop = 0; loop < loops.size(); ++loop) {
    loops.post(loop, [self = shared_from_this(), loop, action] {
      // A copy: an action may not end a connection here and now, but let it be safe anyway.
      const auto connections = self->open[static_cast<std::size_t>(loop)];
      for (Connection* connection : connections) (connection->*action)();
    });
  }
}

bool Server::Shared::wait_until_none(std::chrono::milliseconds time) {
  std::unique_lock lock(mutex);
  return none.wait_for(lock, time, [this] { return !accepting && count == 0 && refusing == 0; });
}

Result<std::unique_ptr<Server>> Server::start(io::Loops& loops, Service& service,
                                              const Clock& clock, ServerOptions options) {
  auto shared = std::make_shared<Shared>(loops, service, clock, std::move(options));
  TM_CHECK(shared->listen());
  loops.spawn(0, [shared] { return shared->accept(); });
  return std::unique_ptr<Server>(new Server(std::move(shared)));
}

Server::Server(std::shared_ptr<Shared> shared) : shared_(std::move(shared)) {}

Server::~Server() { stop(std::chrono::milliseconds(0)); }

std::uint16_t Server::port() const noexcept { return shared_->port; }

std::size_t Server::connections() const noexcept { return shared_->count; }

bool Server::stop(std::chrono::milliseconds grace) {
  constexpr std::chrono::milliseconds cut{1000};
  if (!shared_->stopping.exchange(true)) {
    shared_->loops.post(0, [shared = shared_] {
      error_code ignored;
      if (shared->acceptor) shared->acceptor->close(ignored);
    });
  }
  shared_->each_connection(&Connection::finish);
  if (shared_->wait_until_none(grace)) return true;
  shared_->each_connection(&Connection::abort);
  return shared_->wait_until_none(cut);
}

}  // namespace tidemill::http
