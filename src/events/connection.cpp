#include "events/connection.h"

#include <fmt/format.h>

#include "base/encoding.h"

namespace tidemill::events {
namespace {

constexpr std::array<std::string_view, 3> type_names{"BASIC", "API_KEY",
                                                     "OAUTH_CLIENT_CREDENTIALS"};
/// Where AuthParameters has what a type needs.
constexpr std::array<std::string_view, 3> parameter_names{
    "BasicAuthParameters", "ApiKeyAuthParameters", "OAuthParameters"};

constexpr std::string_view columns =
    "id, account, region, name, uuid, description, type, auth, kms_key, state, reason, version,"
    " created_ms, modified_ms, authorized_ms";

Connection read_connection(const store::Row& row) {
  Connection c;
  c.id = row.integer(0);
  c.scope = {row.text(1), row.text(2)};
  c.name = row.text(3);
  c.uuid = row.text(4);
  c.description = row.maybe_text(5);
  c.type = parse_type(row.bytes(6)).value_or(Connection::Type::basic);
  c.sealed = row.text(7);
  c.kms_key = row.maybe_text(8);
  c.state = row.text(9);
  c.reason = row.maybe_text(10);
  c.version = row.integer(11);
  c.created = {row.integer(12)};
  c.modified = {row.integer(13)};
  c.authorized = row.maybe_time(14);
  return c;
}

std::string select(std::string_view rest) {
  return fmt::format("SELECT {} FROM connections {}", columns, rest);
}

bool is_secret_name(std::string_view name) {
  return name == "Password" || name == "ApiKeyValue" || name == "ClientSecret";
}

bool is_secret_entry(const json::object& entry) {
  const auto* mark = entry.if_contains("IsValueSecret");
  return mark != nullptr && mark->is_bool() && mark->get_bool();
}

/// Calls `visit` for each text that is a secret, with the object that has it and its name there.
template <class Object, class Visit>
void each_secret(Object& object, const Visit& visit) {
  std::vector<std::string> found;
  for (auto& member : object) {
    if (member.value().is_object()) each_secret(member.value().get_object(), visit);
    if (member.value().is_array()) {
      for (auto& element : member.value().get_array()) {
        if (element.is_object()) each_secret(element.get_object(), visit);
      }
    }
    const std::string_view name(member.key());
    if (is_secret_name(name) || (name == "Value" && is_secret_entry(object))) {
      found.emplace_back(name);
    }
  }
  for (const auto& name : found) visit(object, name);
}

}  // namespace

std::string Connection::arn() const {
  return make_arn("events", scope, fmt::format("connection/{}/{}", name, uuid));
}

std::string Connection::secret_arn() const {
  return make_arn("secretsmanager", scope,
                  fmt::format("secret:events!connection/{}/{}", name, uuid));
}

Status open_auth(Connection& connection, const Sealer& sealer) {
  connection.auth.clear();
  if (connection.sealed.empty()) return {};
  const auto bytes = from_base64(connection.sealed);
  if (!bytes) return fail(Errc::corrupt, "a connection's sealed parameters are damaged");
  TM_TRY(const auto text, sealer.open(*bytes, connection.arn()));
  TM_TRY(connection.auth, json::parse_object(text));
  return {};
}

void seal_auth(Connection& connection, const Sealer& sealer) {
  connection.sealed.clear();
  if (connection.auth.empty()) return;
  connection.sealed = to_base64(sealer.seal(json::dump(connection.auth), connection.arn()));
}

std::string_view type_name(Connection::Type type) noexcept { return type_names[std::size_t(type)]; }

std::optional<Connection::Type> parse_type(std::string_view text) noexcept {
  const auto found = std::ranges::find(type_names, text);
  if (found == type_names.end()) return std::nullopt;
  return Connection::Type(found - type_names.begin());
}

Result<json::object> checked_auth(Connection::Type type, const json::object& auth) {
  const auto needed = parameter_names[std::size_t(type)];
  const auto* parameters = auth.if_contains(needed);
  if (parameters == nullptr || !parameters->is_object()) {
    return fail(Errc::invalid_argument, "ValidationException",
                fmt::format("Parameter AuthParameters is not valid. Reason: {} is required for "
                            "AuthorizationType {}.",
                            needed, type_name(type)));
  }
  json::object kept{{needed, *parameters}};
  if (const auto* invocation = auth.if_contains("InvocationHttpParameters")) {
    kept["InvocationHttpParameters"] = *invocation;
  }
  return kept;
}

json::object merged_auth(json::object auth, const json::object& update) {
  for (const auto& member : update) {
    auto& old = auth[member.key()];
    const bool both = old.is_object() && member.value().is_object();
    old = both ? json::value(merged_auth(old.get_object(), member.value().get_object()))
               : member.value();
  }
  return auth;
}

json::object without_secrets(const json::object& auth) {
  auto shown = auth;
  each_secret(shown, [](json::object& object, std::string_view name) { object.erase(name); });
  return shown;
}

std::vector<std::string> secrets_of(const json::object& auth) {
  std::vector<std::string> texts;
  each_secret(auth, [&texts](const json::object& object, std::string_view name) {
    texts.emplace_back(json::text_or_empty(object, name));
  });
  return texts;
}

Result<std::optional<Connection>> find_connection(store::Tx& tx, const Scope& scope,
                                                  std::string_view name) {
  static const auto sql = select("WHERE account = $1 AND region = $2 AND name = $3");
  return tx.one(sql, read_connection, scope.account, scope.region, name);
}

Result<std::optional<Connection>> find_connection(store::Tx& tx, std::string_view text) {
  const auto arn = Arn::parse(text);
  constexpr std::string_view kind = "connection/";
  if (!arn || arn->service != "events" || !arn->resource.starts_with(kind)) return std::nullopt;
  const auto name = arn->resource.substr(kind.size());
  TM_TRY(auto found,
         find_connection(tx, {arn->account, arn->region}, name.substr(0, name.find('/'))));
  if (found && found->arn() != text) found.reset();  // Another of that name.
  return found;
}

Result<std::vector<Connection>> list_connections(store::Tx& tx, const Scope& scope) {
  static const auto sql = select("WHERE account = $1 AND region = $2 ORDER BY name");
  return tx.all(sql, read_connection, scope.account, scope.region);
}

Result<std::vector<Connection>> authorizing_connections(store::Tx& tx) {
  static const auto sql = select("WHERE state = 'AUTHORIZING' ORDER BY id");
  return tx.all(sql, read_connection);
}

Result<Connection> insert_connection(store::Tx& tx, Connection c) {
  TM_TRY(const auto id,
         tx.one(
             "INSERT INTO connections (account, region, name, uuid, description, type, auth,"
             " kms_key, state, reason, version, created_ms, modified_ms, authorized_ms)"
             " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14) RETURNING id",
             [](const store::Row& row) { return row.integer(0); }, c.scope.account, c.scope.region,
             c.name, c.uuid, c.description, type_name(c.type), c.sealed, c.kms_key, c.state,
             c.reason, c.version, c.created.ms, c.modified.ms, c.authorized));
  c.id = *id;
  return c;
}

Status update_connection(store::Tx& tx, const Connection& c) {
  TM_CHECK(
      tx.exec("UPDATE connections SET description = $2, type = $3, auth = $4, kms_key = $5,"
              " state = $6, reason = $7, version = $8, modified_ms = $9, authorized_ms = $10"
              " WHERE id = $1",
              c.id, c.description, type_name(c.type), c.sealed, c.kms_key, c.state, c.reason,
              c.version, c.modified.ms, c.authorized));
  return {};
}

Status remove_connection(store::Tx& tx, const Connection& c) {
  TM_CHECK(tx.exec("DELETE FROM connections WHERE id = $1", c.id));
  return {};
}

}  // namespace tidemill::events
