#include "events/authorizer.h"

#include "base/log.h"
#include "events/oauth.h"

namespace tidemill::events {
namespace {

constexpr std::size_t reason_length_max = 512;

}  // namespace

void Authorizer::begin(store::Tx& tx, const Connection& connection) {
  if (connection.state != "AUTHORIZING") return;
  tx.on_commit([this, connection] {
    loops_.spawn(0, [this, connection] { return authorize(connection); });
  });
}

Status Authorizer::load(store::Tx& tx) {
  TM_TRY(const auto connections, authorizing_connections(tx));
  for (const auto& connection : connections) begin(tx, connection);
  return {};
}

Task<void> Authorizer::authorize(Connection connection) {
  Status verdict;
  const auto opened = open_auth(connection, sealer_);
  auto call = opened ? make_token_call(connection) : std::unexpected(opened.error());
  if (!call) {
    verdict = std::unexpected(call.error());
  } else {
    const auto answer = co_await client_.call(*std::move(call));
    const auto token = read_token(connection, answer, clock_.now());
    if (!token) verdict = std::unexpected(token.error());
  }
  auto change = [&](store::Tx& tx) { return conclude(tx, connection, verdict); };
  const auto stored = co_await store_.write(change);
  if (!stored) {
    TM_LOG(warn, "events", "a connection's state was not stored",
           {{"connection", connection.name}, {"reason", stored.error().message}});
  }
}

Status Authorizer::conclude(store::Tx& tx, const Connection& tried, const Status& verdict) const {
  TM_TRY(auto connection, find_connection(tx, tried.scope, tried.name));
  const bool is_current = connection && connection->id == tried.id &&
                          connection->version == tried.version &&
                          connection->state == "AUTHORIZING";
  if (!is_current) return {};
  connection->state = verdict ? "AUTHORIZED" : "DEAUTHORIZED";
  if (verdict) {
    connection->reason.reset();
    connection->authorized = clock_.now();
  } else {
    connection->reason = verdict.error().message.substr(0, reason_length_max);
  }
  return update_connection(tx, *connection);
}

}  // namespace tidemill::events
