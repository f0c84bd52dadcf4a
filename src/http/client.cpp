#include "http/client.h"

#include <list>

#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>

#include "base/encoding.h"
#include "http/outgoing.h"

namespace tidemill::http {
namespace asio = boost::asio;
using Clock = std::chrono::steady_clock;

namespace {

bool is_of_token(char c) {
  constexpr std::string_view marks = "!#$%&'*+-.^_`|~";
  return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
         marks.contains(c);
}

bool is_token(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, is_of_token);
}

/// Without what could end the field and begin another.
bool is_field_value(std::string_view text) {
  return std::ranges::none_of(text, [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return (byte < ' ' && c != '\t') || byte == 0x7f;
  });
}

/// What we say ourselves, so that the framing of a request is never a caller's.
bool is_ours(std::string_view name) {
  constexpr std::array names{"Host",    "Content-Length", "Transfer-Encoding", "Connection", "TE",
                             "Upgrade", "Expect",         "Trailer",           "Keep-Alive"};
  return std::ranges::any_of(names, [name](const char* own) { return iequals(name, own); });
}

Status check(const Call& call) {
  const auto bad = [](std::string what) {
    return fail(Errc::invalid_argument, "INVALID_PARAMETER", std::move(what));
  };
  if (!is_token(call.method)) return bad("The HTTP method is no word.");
  for (const auto& [name, value] : call.headers.fields()) {
    if (!is_token(name) || is_ours(name)) {
      return bad(fmt::format("The header {} can't be set.", is_token(name) ? name : "given"));
    }
    if (!is_field_value(value)) {
      return bad(fmt::format("The header {} has a value with control characters.", name));
    }
  }
  return {};
}

std::string write_request(const Call& call) {
  std::string text;
  text.reserve(512 + call.body.size());
  text.append(call.method).append(" ").append(call.url.target).append(" HTTP/1.1\r\nHost: ");
  text.append(call.url.authority()).append("\r\n");
  if (!call.headers.find("User-Agent")) text.append("User-Agent: tidemill\r\n");
  for (const auto& [name, value] : call.headers.fields()) {
    text.append(name).append(": ").append(value).append("\r\n");
  }
  const bool may_lack_body = call.method == "GET" || call.method == "HEAD";
  if (!call.body.empty() || !may_lack_body) {
    text += fmt::format("Content-Length: {}\r\n", call.body.size());
  }
  return text.append("\r\n").append(call.body);
}

}  // namespace

struct Client::State : std::enable_shared_from_this<Client::State> {
  State(ClientOptions o, std::unique_ptr<TlsTrust> t)
      : options(std::move(o)), trust(std::move(t)), resolver(options.allow_local) {}

  /// A connection that waits for its next call, on its own loop.
  struct Idle {
    asio::any_io_executor executor;
    std::string origin;
    std::unique_ptr<Outgoing> connection;
  };
  std::unique_ptr<Outgoing> take(const asio::any_io_executor& executor, const std::string& origin);
  void keep(Idle idle);
  void drop(std::list<Idle>::iterator position);
  void clear();

  Task<Result<Answer>> call(Call call);

  const ClientOptions options;
  const std::unique_ptr<TlsTrust> trust;
  Resolver resolver;
  std::atomic<std::size_t> calls = 0;

  std::mutex mutex;      // Over what follows; never held across a suspension.
  std::list<Idle> idle;  // The latest in front.
  bool closed = false;
};

std::unique_ptr<Outgoing> Client::State::take(const asio::any_io_executor& executor,
                                              const std::string& origin) {
  const std::lock_guard lock(mutex);
  const auto found = std::ranges::find_if(
      idle, [&](const Idle& one) { return one.executor == executor && one.origin == origin; });
  if (found == idle.end()) return nullptr;
  auto connection = std::move(found->connection);
  idle.erase(found);
  connection->resume();
  return connection;
}

void Client::State::keep(Idle one) {
  const std::lock_guard lock(mutex);
  const auto of_host = std::ranges::count(idle, one.origin, &Idle::origin);
  if (closed || idle.size() >= options.idle_max ||
      std::size_t(of_host) >= options.idle_per_host_max) {
    return;
  }
  idle.push_front(std::move(one));
  const auto position = idle.begin();
  position->connection->rest(options.idle_deadline, [weak = weak_from_this(), position] {
    if (const auto self = weak.lock()) self->drop(position);
  });
}

/// On the connection's loop. It is in the list as long as it rests, until clear() takes them all.
void Client::State::drop(std::list<Idle>::iterator position) {
  std::list<Idle> dropped;
  const std::lock_guard lock(mutex);
  if (closed) return;
  dropped.splice(dropped.end(), idle, position);
}

/// A connection belongs to its loop, so that is where it ends.
void Client::State::clear() {
  std::list<Idle> rest;
  {
    const std::lock_guard lock(mutex);
    closed = true;
    rest.swap(idle);
  }
  for (auto& one : rest) {
    asio::post(one.executor, [held = std::move(one.connection)] {});
  }
}

/// What has become of one try on one connection.
struct Exchanged {
  Status status;
  Answer answer;
  bool may_stay = false, has_begun = false;
};

static Task<Exchanged> exchange(Outgoing& connection, const Call& call, std::string_view request) {
  constexpr std::size_t piece_bytes = 16 * 1024;
  Exchanged done;
  done.status = co_await connection.write(request);
  if (!done.status) co_return done;
  AnswerParser parser(call.answer_bytes_max, call.method == "HEAD");
  const auto piece = std::make_unique<std::array<char, piece_bytes>>();
  while (done.status && !parser.is_done()) {
    const auto count = co_await connection.read(*piece);
    if (!count) {
      done.status = std::unexpected(count.error());
    } else if (*count == 0) {
      done.status = parser.end();
      break;
    } else {
      done.status = parser.put({piece->data(), *count});
    }
  }
  done.has_begun = parser.has_begun();
  done.may_stay = done.status && parser.may_stay();
  done.answer = parser.take();
  co_return done;
}

Task<Result<Answer>> Client::State::call(Call call) {
  TM_CO_CHECK(check(call));
  const auto deadline = Clock::now() + call.deadline;
  const auto connect_deadline = std::min(deadline, Clock::now() + options.connect_deadline);
  const auto executor = co_await asio::this_coro::executor;
  const auto origin = call.url.origin();
  const auto request = write_request(call);
  auto connection = take(executor, origin);
  bool is_fresh = false;
  while (true) {
    if (!connection || !connection->is_open()) {
      is_fresh = true;
      const Outgoing::Parts parts{resolver, trust.get()};
      TM_CO_TRY(connection, co_await Outgoing::open(parts, call.url, connect_deadline));
    }
    connection->set_deadline(deadline);
    auto done = co_await exchange(*connection, call, request);
    if (done.status && done.may_stay) {
      Idle rests{executor, origin, std::move(connection)};
      keep(std::move(rests));
    }
    if (done.status) co_return std::move(done.answer);
    const bool was_stale = !is_fresh && !done.has_begun && Clock::now() < connect_deadline;
    if (!was_stale) co_return std::unexpected(std::move(done.status).error());
    connection.reset();
  }
}

Client::Client(std::shared_ptr<State> state) : state_(std::move(state)) {}
Client::~Client() {
  state_->clear();
  state_->resolver.close();  // Calls that were abandoned keep the state, but not its threads.
}

Result<std::unique_ptr<Client>> Client::make(ClientOptions options, io::Pool& pool) {
  TM_TRY(auto trust, TlsTrust::make(options.ca_file, pool));
  auto state = std::make_shared<State>(std::move(options), std::move(trust));
  return std::unique_ptr<Client>(new Client(std::move(state)));
}

Task<Result<Answer>> Client::call(Call call) {
  const auto state = state_;
  struct Counted {
    std::atomic<std::size_t>& calls;
    std::size_t before = calls.fetch_add(1);
    ~Counted() { --calls; }
  } const counted{state->calls};
  if (counted.before >= state->options.calls_max) {
    co_return fail(Errc::throttled, "THROTTLING", "Too many requests are on their way.");
  }
  co_return co_await state->call(std::move(call));
}

}  // namespace tidemill::http
