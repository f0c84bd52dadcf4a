/// Connections: how EventBridge shows who it is to an endpoint outside. Functions take the open
/// transaction; the rest is pure. (AWS: "Connections for API targets in EventBridge".)
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/arn.h"
#include "base/json.h"
#include "base/seal.h"
#include "base/time.h"
#include "store/store.h"

namespace tidemill::events {

struct Connection {
  enum class Type : std::uint8_t { basic, api_key, oauth };

  std::int64_t id = 0;
  Scope scope;
  std::string name, uuid;
  std::optional<std::string> description, kms_key;
  Type type = Type::basic;
  std::string sealed;  ///< AuthParameters as the row has them; empty: none any more.
  json::object auth;   ///< The same, open: filled by open_auth().
  std::string state = "AUTHORIZED";
  std::optional<std::string> reason;  ///< StateReason
  std::int64_t version = 1;           ///< Counts changes of what it authorizes by.
  TimeMs created, modified;
  std::optional<TimeMs> authorized;

  [[nodiscard]] std::string arn() const;
  /// Where AWS would keep the secrets; nothing is there.
  [[nodiscard]] std::string secret_arn() const;
  [[nodiscard]] bool is_authorized() const { return state == "AUTHORIZED"; }
};

/// Opens what the row has sealed. Fails with corrupt where DIR/sealing.key isn't the one that it
/// was sealed with.
[[nodiscard]] Status open_auth(Connection& connection, const Sealer& sealer);
/// Seals `auth`, for the row.
void seal_auth(Connection& connection, const Sealer& sealer);

/// "API_KEY" and the like; of an unknown text nullopt.
[[nodiscard]] std::string_view type_name(Connection::Type type) noexcept;
[[nodiscard]] std::optional<Connection::Type> parse_type(std::string_view text) noexcept;

/// The parameters of `auth` that belong to `type`, and those of invocations. Fails with AWS's
/// ValidationException if what the type needs isn't there.
[[nodiscard]] Result<json::object> checked_auth(Connection::Type type, const json::object& auth);
/// `auth` after an update: what is named replaces, the rest stays.
[[nodiscard]] json::object merged_auth(json::object auth, const json::object& update);
/// `auth` as DescribeConnection tells it: without passwords, keys, and values marked as secret.
[[nodiscard]] json::object without_secrets(const json::object& auth);
/// Every text of `auth` that mustn't be shown.
[[nodiscard]] std::vector<std::string> secrets_of(const json::object& auth);

[[nodiscard]] Result<std::optional<Connection>> find_connection(store::Tx& tx, const Scope& scope,
                                                                std::string_view name);
/// By its whole ARN.
[[nodiscard]] Result<std::optional<Connection>> find_connection(store::Tx& tx,
                                                                std::string_view arn);
/// In the order of their names.
[[nodiscard]] Result<std::vector<Connection>> list_connections(store::Tx& tx, const Scope& scope);
/// OAuth connections whose first token is still to be fetched.
[[nodiscard]] Result<std::vector<Connection>> authorizing_connections(store::Tx& tx);
/// Gives it with its id. Fails with already_exists.
[[nodiscard]] Result<Connection> insert_connection(store::Tx& tx, Connection connection);
[[nodiscard]] Status update_connection(store::Tx& tx, const Connection& connection);
[[nodiscard]] Status remove_connection(store::Tx& tx, const Connection& connection);

}  // namespace tidemill::events
