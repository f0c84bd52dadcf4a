#include "http/outgoing.h"

#include <sys/socket.h>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl.hpp>
#include <boost/asio/ssl/impl/src.hpp>  // Once in the program: nobody else speaks TLS.
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>

namespace tidemill::http {
namespace asio = boost::asio;
namespace ssl = asio::ssl;
using asio::ip::tcp;
using boost::system::error_code;
using Clock = std::chrono::steady_clock;

namespace {

constexpr auto awaited = asio::as_tuple(asio::use_awaitable);

std::unexpected<Error> connection_failure(std::string message) {
  return fail(Errc::unavailable, "CONNECTION_FAILURE", std::move(message));
}

}  // namespace

struct TlsTrust::State {
  explicit State(io::Pool& p) : pool(p) {}

  ssl::context& make_context() {
    auto& made = context.emplace(ssl::context::tls_client);
    error_code ignored;
    made.set_verify_mode(ssl::verify_peer, ignored);
    SSL_CTX_set_min_proto_version(made.native_handle(), TLS1_2_VERSION);
    SSL_CTX_set_mode(made.native_handle(), SSL_MODE_RELEASE_BUFFERS);
    return made;
  }

  io::Pool& pool;
  std::optional<ssl::context> context;  // With the first handshake, or the first certificate.
  std::once_flag once;
  std::atomic<bool> is_loaded = false;
};

TlsTrust::TlsTrust(std::unique_ptr<State> state) : state_(std::move(state)) {}
TlsTrust::~TlsTrust() = default;

Result<std::unique_ptr<TlsTrust>> TlsTrust::make(const std::string& ca_file, io::Pool& pool) {
  auto state = std::make_unique<State>(pool);
  if (!ca_file.empty()) {
    error_code error;
    state->make_context().load_verify_file(ca_file, error);
    if (error) {
      return fail(Errc::invalid_argument,
                  fmt::format("{}: no certificates in PEM form: {}", ca_file, error.message()));
    }
  }
  return std::unique_ptr<TlsTrust>(new TlsTrust(std::move(state)));
}

Task<Status> TlsTrust::load() {
  if (state_->is_loaded) co_return Status();
  const auto read = [state = state_.get()] {
    std::call_once(state->once, [state] {
      if (!state->context) state->make_context();
      error_code ignored;  // Where there are none, nothing is trusted.
      state->context->set_default_verify_paths(ignored);
      state->is_loaded = true;
    });
    return Status();
  };
  co_return co_await state_->pool.run(read);
}

/// Shared with the handlers that wait. The socket is closed when the deadline passes, which ends
/// whatever waits for it.
struct Outgoing::State : std::enable_shared_from_this<Outgoing::State> {
  State(const asio::any_io_executor& executor, Url address)
      : url(std::move(address)), socket(executor), timer(executor) {}

  void set_deadline(SteadyTime deadline) {
    timer.expires_at(deadline);
    timer.async_wait([weak = weak_from_this()](error_code error) {
      const auto self = weak.lock();
      if (error || !self || self->timer.expiry() > Clock::now()) return;
      self->timed_out = true;
      self->close();
    });
  }
  void close() noexcept {
    error_code ignored;
    lowest().close(ignored);
  }
  tcp::socket& lowest() noexcept { return tls ? tls->next_layer() : socket; }

  std::unexpected<Error> failure(std::string_view what, const error_code& error) const {
    if (timed_out) {
      return fail(Errc::unavailable, "TIMEOUT",
                  fmt::format("{} did not answer in time.", url.origin()));
    }
    return connection_failure(fmt::format("{} {}: {}.", url.origin(), what, error.message()));
  }
  Task<Status> connect(std::vector<asio::ip::address> addresses, SteadyTime deadline);
  Task<Status> begin_tls(ssl::context& context);
  Status name_server();
  std::unexpected<Error> tls_failure(const error_code& error);

  const Url url;
  tcp::socket socket;
  std::optional<ssl::stream<tcp::socket>> tls;
  asio::steady_timer timer;
  bool timed_out = false;
  std::function<void()> ended;  ///< While it rests.
};

/// One address after the other, so that each has its share of the time that is left.
Task<Status> Outgoing::State::connect(std::vector<asio::ip::address> addresses,
                                      SteadyTime deadline) {
  error_code error;
  for (std::size_t i = 0; i < addresses.size(); ++i) {
    error_code ignored;
    socket.close(ignored);
    timed_out = false;
    const auto now = Clock::now();
    const auto shares = std::int64_t(addresses.size() - i);
    set_deadline(now + (deadline - now) / shares);
    const tcp::endpoint endpoint(addresses[i], url.port);
    const auto [failed] = co_await socket.async_connect(endpoint, awaited);
    error = failed;
    if (!failed && !timed_out) {
      socket.set_option(tcp::no_delay(true), ignored);
      set_deadline(deadline);
      co_return Status();
    }
  }
  co_return failure("can't be reached", error);
}

/// Asks for the certificate of the host, and says that no other one will do.
Status Outgoing::State::name_server() {
  auto* handle = tls->native_handle();
  const auto* host = url.host.c_str();
  error_code no_address;
  asio::ip::make_address(url.host, no_address);
  SSL_set_hostflags(handle, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
  const bool is_set =
      no_address ? SSL_set_tlsext_host_name(handle, host) == 1 && SSL_set1_host(handle, host) == 1
                 : X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(handle), host) == 1;
  if (!is_set) {
    return connection_failure(fmt::format("{} is no host name that TLS can ask for.", url.host));
  }
  return {};
}

std::unexpected<Error> Outgoing::State::tls_failure(const error_code& error) {
  const auto verdict = SSL_get_verify_result(tls->native_handle());
  if (timed_out || verdict == X509_V_OK) return failure("failed in the TLS handshake", error);
  return connection_failure(fmt::format("The certificate of {} is not accepted: {}.", url.origin(),
                                        X509_verify_cert_error_string(verdict)));
}

Task<Status> Outgoing::State::begin_tls(ssl::context& context) {
  tls.emplace(std::move(socket), context);
  TM_CO_CHECK(name_server());
  const auto [error] = co_await tls->async_handshake(ssl::stream_base::client, awaited);
  if (error || timed_out) co_return tls_failure(error);
  co_return Status();
}

Outgoing::Outgoing(std::shared_ptr<State> state) : state_(std::move(state)) {}
Outgoing::~Outgoing() {
  state_->ended = nullptr;
  state_->timer.cancel();
  state_->close();
}

Task<Result<std::unique_ptr<Outgoing>>> Outgoing::open(Parts parts, Url url, SteadyTime deadline) {
  const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(deadline - Clock::now());
  TM_CO_TRY(auto addresses, co_await parts.resolver.resolve(url.host, left));
  const auto executor = co_await asio::this_coro::executor;
  auto state = std::make_shared<State>(executor, std::move(url));
  std::unique_ptr<Outgoing> outgoing(new Outgoing(state));
  TM_CO_CHECK(co_await state->connect(std::move(addresses), deadline));
  if (state->url.is_tls) {
    TM_CO_CHECK(co_await parts.trust->load());
    TM_CO_CHECK(co_await state->begin_tls(*parts.trust->state_->context));
  }
  co_return std::move(outgoing);
}

void Outgoing::set_deadline(SteadyTime deadline) { state_->set_deadline(deadline); }

Task<Status> Outgoing::write(std::string_view bytes) {
  const auto state = state_;
  const auto buffer = asio::buffer(bytes.data(), bytes.size());
  error_code error;
  if (state->tls) {
    std::tie(error, std::ignore) = co_await asio::async_write(*state->tls, buffer, awaited);
  } else {
    std::tie(error, std::ignore) = co_await asio::async_write(state->socket, buffer, awaited);
  }
  if (error || state->timed_out) co_return state->failure("broke the connection off", error);
  co_return Status();
}

Task<Result<std::size_t>> Outgoing::read(std::span<char> to) {
  const auto state = state_;
  const auto buffer = asio::buffer(to.data(), to.size());
  error_code error;
  std::size_t count = 0;
  if (state->tls) {
    std::tie(error, count) = co_await state->tls->async_read_some(buffer, awaited);
  } else {
    std::tie(error, count) = co_await state->socket.async_read_some(buffer, awaited);
  }
  if (state->timed_out) co_return state->failure("", error);
  // What TLS reports as cut short may be the end all the same: the answer's own length tells.
  if (error == asio::error::eof || error == ssl::error::stream_truncated) co_return 0;
  if (error) co_return state->failure("broke the connection off", error);
  co_return count;
}

void Outgoing::rest(std::chrono::milliseconds time, std::function<void()> ended) {
  state_->ended = std::move(ended);
  state_->set_deadline(Clock::now() + time);
  // The deadline closes the socket, which ends this wait too.
  state_->lowest().async_wait(tcp::socket::wait_read,
                              [weak = std::weak_ptr(state_)](const error_code&) {
                                const auto state = weak.lock();
                                if (!state || !state->ended) return;
                                const auto call = std::exchange(state->ended, nullptr);
                                call();
                              });
}

void Outgoing::resume() {
  state_->ended = nullptr;
  state_->timer.cancel();
  error_code ignored;
  state_->lowest().cancel(ignored);
}

bool Outgoing::is_open() noexcept {
  if (state_->timed_out || !state_->lowest().is_open()) return false;
  char byte = 0;
  const auto got = ::recv(state_->lowest().native_handle(), &byte, 1, MSG_PEEK | MSG_DONTWAIT);
  // Bytes that nobody asked for are no better than an end.
  return got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK);
}

}  // namespace tidemill::http
