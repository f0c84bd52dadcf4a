#include "http/resolver.h"

#include <netdb.h>
#include <resolv.h>

#include <cstring>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/this_coro.hpp>

#include "io/loops.h"
#include "io/wake.h"

namespace tidemill::http {
namespace asio = boost::asio;
using asio::ip::address;
using asio::ip::address_v4;
using asio::ip::address_v6;
using Addresses = std::vector<address>;

namespace {

constexpr int lookup_threads = 4;
constexpr std::size_t lookups_max = 256;

bool is_local_v4(address_v4 a) {
  const std::uint32_t bits = a.to_uint();
  const auto in = [bits](std::uint32_t network, int length) {
    return (bits ^ network) >> (32 - length) == 0;
  };
  constexpr std::uint32_t alibaba_metadata = 0x646464C8;   // 100.100.100.200
  constexpr std::uint32_t azure_wire_server = 0xA83F8110;  // 168.63.129.16
  return in(0x00000000, 8) || in(0x7F000000, 8) || in(0xA9FE0000, 16) || in(0xE0000000, 3) ||
         bits == alibaba_metadata || bits == azure_wire_server;
}

/// The IPv4 address that `a` only wraps: mapped, compatible, NAT64 or 6to4.
std::optional<address_v4> wrapped(const address_v6& a) {
  const auto bytes = a.to_bytes();
  const auto at = [&bytes](std::size_t i) {
    return address_v4({bytes[i], bytes[i + 1], bytes[i + 2], bytes[i + 3]});
  };
  const auto begins = [&bytes](std::initializer_list<std::uint8_t> prefix) {
    return std::ranges::equal(prefix, std::span(bytes).first(prefix.size()));
  };
  if (begins({0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff})) return at(12);
  if (begins({0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0})) return at(12);
  if (begins({0, 0x64, 0xff, 0x9b, 0, 0, 0, 0, 0, 0, 0, 0})) return at(12);
  if (begins({0x20, 0x02})) return at(2);
  return std::nullopt;
}

/// How long the system's resolver may take is its own affair; ours is that a thread comes back.
void limit_patience() {
  thread_local const bool is_set = [] {
    res_init();
    _res.retrans = 2;  // Seconds for each name server,
    _res.retry = 2;    // and rounds.
    return true;
  }();
  (void)is_set;
}

Result<Addresses> look_up(const std::string& host) {
  limit_patience();
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_ADDRCONFIG;
  addrinfo* found = nullptr;
  const int error = ::getaddrinfo(host.c_str(), nullptr, &hints, &found);
  if (error != 0) {
    return fail(Errc::unavailable, "CONNECTION_FAILURE",
                fmt::format("The host {} was not found: {}.", host, gai_strerror(error)));
  }
  Addresses addresses;
  for (const auto* one = found; one != nullptr; one = one->ai_next) {
    asio::ip::tcp::endpoint endpoint;
    if (one->ai_addrlen > endpoint.capacity()) continue;
    std::memcpy(endpoint.data(), one->ai_addr, one->ai_addrlen);
    endpoint.resize(one->ai_addrlen);
    addresses.push_back(endpoint.address());
  }
  ::freeaddrinfo(found);
  return addresses;
}

/// One question; shared, for whoever asked may have lost patience when the answer comes.
struct Lookup {
  explicit Lookup(const asio::any_io_executor& executor) : done(executor) {}
  std::optional<Result<Addresses>> answer;
  io::Wake done;
};

}  // namespace

bool is_local(const address& a) {
  if (a.is_v4()) return is_local_v4(a.to_v4());
  const auto v6 = a.to_v6();
  if (v6.is_unspecified() || v6.is_loopback() || v6.is_link_local() || v6.is_multicast()) {
    return true;
  }
  static const auto aws_metadata = asio::ip::make_address_v6("fd00:ec2::254");
  if (v6.to_bytes() == aws_metadata.to_bytes()) return true;
  const auto inner = wrapped(v6);
  return inner && is_local_v4(*inner);
}

struct Resolver::State {
  explicit State(bool local) : allow_local(local) {}

  const bool allow_local;
  std::unique_ptr<io::Pool> pool = std::make_unique<io::Pool>(lookup_threads, lookups_max);

  Result<Addresses> checked(const std::string& host, Addresses addresses) const {
    if (allow_local) return addresses;
    const auto refused = addresses.empty() ? std::string() : addresses.front().to_string();
    std::erase_if(addresses, is_local);
    if (!addresses.empty()) return addresses;
    return fail(Errc::access_denied, "INVALID_PARAMETER",
                fmt::format("The host {} is {}, which is local to this machine or its cloud; "
                            "serve with --allow-local-targets to reach it.",
                            host, refused));
  }

  static Task<void> ask(std::shared_ptr<State> self, std::string host,
                        std::shared_ptr<Lookup> lookup) {
    const auto work = [&host] { return look_up(host); };
    lookup->answer = co_await self->pool->run(work);
    lookup->done.notify();
  }
};

Resolver::Resolver(bool allow_local) : state_(std::make_shared<State>(allow_local)) {}
Resolver::~Resolver() { close(); }

void Resolver::close() { state_->pool.reset(); }

Task<Result<Addresses>> Resolver::resolve(std::string host, std::chrono::milliseconds time) {
  boost::system::error_code no_address;
  const auto literal = asio::ip::make_address(host, no_address);
  if (!no_address) co_return state_->checked(host, {literal});
  const auto executor = co_await asio::this_coro::executor;
  const auto state = state_;
  const auto lookup = std::make_shared<Lookup>(executor);
  auto asking = State::ask(state, host, lookup);
  asio::co_spawn(executor, std::move(asking), asio::detached);
  co_await lookup->done.wait_for(time);
  if (!lookup->answer) {
    co_return fail(Errc::unavailable, "TIMEOUT",
                   fmt::format("The addresses of {} were not found in time.", host));
  }
  TM_CO_TRY(auto addresses, *std::move(lookup->answer));
  co_return state->checked(host, std::move(addresses));
}

}  // namespace tidemill::http
