#include "events/courier.h"

#include <fmt/format.h>

#include "base/encoding.h"
#include "base/failpoint.h"
#include "base/log.h"
#include "io/waiting_room.h"
#include "io/wake.h"

namespace tidemill::events {
namespace {

using namespace std::chrono_literals;
using Steady = std::chrono::steady_clock;

constexpr int in_flight_max = 32;  // Of one destination.
constexpr auto token_wait = 10'000ms;
constexpr auto pause_after_failure = 500ms;
// How far a lane may catch up where timers were late: on average it keeps its rate.
constexpr auto lateness_max = 10ms;

/// What a receiver might echo, and nobody must read in a log.
std::vector<std::string> all_secrets(const Connection& connection, std::string_view authorization) {
  auto secrets = secrets_of(connection.auth);
  if (const auto* basic = connection.auth.if_contains("BasicAuthParameters")) {
    const auto& pair = basic->get_object();
    secrets.push_back(to_base64(fmt::format("{}:{}", json::text_or_empty(pair, "Username"),
                                            json::text_or_empty(pair, "Password"))));
  }
  const auto blank = authorization.find(' ');
  if (blank != authorization.npos) secrets.emplace_back(authorization.substr(blank + 1));
  return secrets;
}

Outcome our_failure(const Error& error) {
  return {.kind = Outcome::Kind::retry, .code = "INTERNAL_ERROR", .message = error.message};
}

Outcome refused(std::string_view code, std::string message) {
  return {.kind = Outcome::Kind::refused, .code = std::string(code), .message = std::move(message)};
}

}  // namespace

struct Courier::Load {
  Parcel parcel;
  std::unique_ptr<Room::Slot> slot;
};

/// What goes to one destination.
struct Courier::Lane {
  explicit Lane(const boost::asio::any_io_executor& executor) : landed(executor) {}

  std::deque<std::shared_ptr<Load>> waiting;
  int in_flight = 0;
  bool is_worked_off = false;
  Steady::time_point next{};  ///< Not before then goes the next one.
  io::Wake landed;

  /// How long the rate keeps the next one; afterwards it counts as gone.
  std::chrono::milliseconds wait_for_turn(int rate) {
    const auto now = Steady::now();
    const auto interval = std::chrono::nanoseconds(1s) / rate;
    if (next > now) return std::chrono::ceil<std::chrono::milliseconds>(next - now);
    next = (now - next < lateness_max ? next : now) + interval;
    return 0ms;
  }
};

/// What is done on one loop.
struct Courier::Office {
  explicit Office(int index) : loop(index) {}

  struct Kept {
    Token token;
    bool is_being_fetched = false;
  };
  const int loop;
  std::unordered_map<std::string, std::unique_ptr<Lane>> lanes;  // By destination.
  std::unordered_map<std::int64_t, Kept> tokens;                 // By connection.
  io::WaitingRoom fetched;                                       // Likewise.
};

Courier::Courier(const Parts& parts, Room::Limits limits)
    : loops_(parts.loops),
      store_(parts.store),
      hub_(parts.hub),
      client_(parts.client),
      clock_(parts.clock),
      room_(std::make_shared<Room>(limits,
                                   [this](const std::string& destination) { free(destination); })) {
  for (int i = 0; i < loops_.size(); ++i) offices_.push_back(std::make_unique<Office>(i));
}

Courier::~Courier() { close(0ms); }

void Courier::close(std::chrono::milliseconds grace) {
  closing_ = true;
  room_->close();
  std::unique_lock lock(mutex_);
  all_returned_.wait_for(lock, grace, [this] { return on_their_way_ == 0; });
}

void Courier::departed() {
  const std::lock_guard lock(mutex_);
  ++on_their_way_;
}

void Courier::returned() {
  const std::lock_guard lock(mutex_);
  --on_their_way_;
  all_returned_.notify_all();
}

std::unique_ptr<Room::Slot> Courier::reserve(const std::string& destination, std::size_t bytes) {
  return room_->take(destination, bytes);
}

void Courier::hand_over(Parcel parcel, std::unique_ptr<Room::Slot> slot) {
  const auto hash = std::hash<std::string>()(parcel.delivery.target_arn);
  auto& office = *offices_[hash % offices_.size()];
  auto load = std::make_shared<Load>(std::move(parcel), std::move(slot));
  loops_.post(office.loop, [this, &office, load] { accept(office, load); });
}

void Courier::accept(Office& office, std::shared_ptr<Load> load) {
  auto& lane = office.lanes[load->parcel.delivery.target_arn];
  if (!lane) lane = std::make_unique<Lane>(loops_.executor(office.loop));
  lane->waiting.push_back(std::move(load));
  if (std::exchange(lane->is_worked_off, true)) return;
  loops_.spawn(office.loop, [this, &office, &lane = *lane] { return work_off(office, lane); });
}

/// Lets them go one by one, each when it may.
Task<void> Courier::work_off(Office& office, Lane& lane) {
  while (!lane.waiting.empty() && !closing_) {
    if (lane.in_flight >= in_flight_max) {
      co_await lane.landed.wait();
      continue;
    }
    const auto& first = lane.waiting.front()->parcel;
    const bool is_late = first.delivery.is_expired(clock_.now());
    const auto wait = is_late ? 0ms : lane.wait_for_turn(first.destination.rate);
    if (wait > 0ms) {
      co_await io::sleep_for(wait);
      continue;
    }
    auto load = std::move(lane.waiting.front());
    lane.waiting.pop_front();
    ++lane.in_flight;
    departed();
    loops_.spawn(office.loop, [this, &office, &lane, load] { return carry(office, lane, load); });
  }
  lane.is_worked_off = false;
}

Task<void> Courier::carry(Office& office, Lane& lane, std::shared_ptr<Load> load) {
  const auto outcome = co_await invoke(office, load->parcel);
  co_await settle(load->parcel.delivery.id, outcome);
  load->slot.reset();
  --lane.in_flight;
  lane.landed.notify();
  returned();
}

Task<Outcome> Courier::invoke(Office& office, const Parcel& parcel) {
  const auto& connection = parcel.connection;
  if (parcel.delivery.is_expired(clock_.now())) {
    co_return Outcome{.kind = Outcome::Kind::retry,
                      .code = "THROTTLING",
                      .message = "It waited for its turn beyond its MaximumEventAgeInSeconds."};
  }
  if (const auto go = failpoint::to_status(TM_FAILPOINT("outside.send")); !go) {
    co_return our_failure(go.error());
  }
  std::string authorization;
  if (connection.type == Connection::Type::oauth) {
    auto got = co_await this->authorization(office, connection);
    // A server that refuses tokens now may give them later, as one that can't be reached.
    if (!got) {
      co_return Outcome{
          .kind = Outcome::Kind::retry, .code = got.error().name, .message = got.error().message};
    }
    authorization = *std::move(got);
  }
  auto call = make_call(parcel, authorization);
  if (!call) co_return refused("INVALID_PARAMETER", call.error().message);
  const auto answer = co_await client_.call(*std::move(call));
  if (const auto go = failpoint::to_status(TM_FAILPOINT("outside.answered")); !go) {
    co_return our_failure(go.error());
  }
  if (is_unauthorized(answer)) office.tokens.erase(connection.id);
  const auto secrets = all_secrets(connection, authorization);
  co_return outcome_of(answer, clock_.now(), secrets);
}

/// The token that is kept, or a new one; whoever comes while one is fetched waits for it.
Task<Result<std::string>> Courier::authorization(Office& office, const Connection& connection) {
  while (office.tokens[connection.id].is_being_fetched) {
    const auto seat = co_await office.fetched.enter(connection.id);
    co_await seat->wait_for(token_wait);
  }
  auto& kept = office.tokens[connection.id];
  if (kept.token.holds(connection, clock_.now())) co_return kept.token.authorization;
  kept.is_being_fetched = true;
  auto token = co_await fetch_token(connection);
  auto& now_kept = office.tokens[connection.id];
  now_kept = {token ? *token : Token(), false};
  office.fetched.call_all();
  if (!token) co_return std::unexpected(std::move(token).error());
  co_return token->authorization;
}

Task<Result<Token>> Courier::fetch_token(const Connection& connection) {
  TM_CO_TRY(auto call, make_token_call(connection));
  const auto answer = co_await client_.call(std::move(call));
  TM_CO_CHECK(failpoint::to_status(TM_FAILPOINT("outside.token")));
  co_return read_token(connection, answer, clock_.now());
}

/// Until the store has it: a full disk keeps the place taken, so that nothing grows meanwhile.
Task<void> Courier::settle(std::int64_t delivery, const Outcome& outcome) {
  auto change = [this, delivery, &outcome](store::Tx& tx) {
    return hub_.settle(tx, delivery, outcome);
  };
  while (true) {
    const auto settled = co_await store_.write(change);
    if (settled) co_return;
    TM_LOG(warn, "events", "outcome not stored yet",
           {{"delivery", delivery}, {"reason", settled.error().message}});
    if (closing_) co_return;
    co_await io::sleep_for(pause_after_failure);
  }
}

void Courier::free(const std::string& destination) {
  store_.post([this, destination](store::Tx& tx) { return hub_.target_free(tx, destination); },
              [this, destination](const Status& done) {
                if (done || closing_) return;
                loops_.spawn(0, [this, destination] { return free_later(destination); });
              });
}

Task<void> Courier::free_later(std::string destination) {
  co_await io::sleep_for(pause_after_failure);
  if (!closing_) free(destination);
}

Result<Outcome> ApiDestinationTarget::apply(store::Tx& tx, const Delivery& delivery) {
  TM_FAILPOINT_CHECK("outside.hand_over");
  TM_TRY(auto destination, find_api_destination(tx, delivery.target_arn));
  if (!destination) {
    return refused("NO_RESOURCE",
                   fmt::format("API destination {} does not exist.", delivery.target_arn));
  }
  TM_TRY(auto connection, find_connection(tx, destination->connection_arn));
  if (!connection) {
    return refused("NO_RESOURCE",
                   fmt::format("Connection {} does not exist.", destination->connection_arn));
  }
  if (connection->state == "AUTHORIZING") {
    return Outcome{.kind = Outcome::Kind::retry,
                   .code = "NO_PERMISSIONS",
                   .message = fmt::format("Connection {} is AUTHORIZING.", connection->name)};
  }
  if (!connection->is_authorized()) {
    return refused("NO_PERMISSIONS",
                   fmt::format("Connection {} is {}: {}", connection->name, connection->state,
                               connection->reason.value_or("deauthorized")));
  }
  if (const auto opened = open_auth(*connection, sealer_); !opened) {
    return refused("INTERNAL_ERROR",
                   fmt::format("Connection {}: {}", connection->name, opened.error().message));
  }
  const auto bytes = delivery.event.size() + delivery.input.size();
  auto slot = courier_.reserve(delivery.target_arn, bytes);
  if (!slot) {
    return Outcome{.kind = Outcome::Kind::retry,
                   .code = "THROTTLING",
                   .message =
                       "It waits for those before it: the destination's rate limit, or its "
                       "slowness, holds them.",
                   .waits_for_target = true};
  }
  Parcel parcel{delivery, *std::move(destination), *std::move(connection)};
  tx.on_commit([this, parcel = std::move(parcel), slot = std::move(slot)]() mutable {
    courier_.hand_over(std::move(parcel), std::move(slot));
  });
  return Outcome{.kind = Outcome::Kind::sent};
}

}  // namespace tidemill::events
