// Connections: create, describe, list, update, delete, deauthorize.
#include "events/api_connections.h"

#include <fmt/format.h>

#include "events/api.h"
#include "http/url.h"
#include "wire/json_codec.h"

namespace tidemill::events {
namespace {

template <class Request>
wire::Access connection_access(const Caller& caller, const Request& request) {
  return {.resource = make_arn("events", caller.scope, "connection/" + request.Name.value_or("*"))};
}

std::unexpected<Error> invalid(std::string message) {
  return fail(Errc::invalid_argument, "ValidationException", std::move(message));
}

/// `verb` as AWS words it: "describe", "update", …
Result<Connection> require(store::Tx& tx, const Caller& caller, const std::string& name,
                           std::string_view verb) {
  TM_TRY(auto found, find_connection(tx, caller.scope, name));
  if (found) return *std::move(found);
  return fail(
      Errc::not_found, "ResourceNotFoundException",
      fmt::format("Failed to {} the connection(s). Connection '{}' does not exist.", verb, name));
}

/// AuthParameters of a request as JSON.
template <class Operation, class Parameters>
Result<json::object> auth_of(const Parameters& parameters) {
  const auto& shape = wire::member_shape(*Operation::operation.input, "AuthParameters");
  return json::parse_object(wire::encode_json(shape, &parameters));
}

Status check_endpoint(const json::object& auth) {
  const auto* oauth = auth.if_contains("OAuthParameters");
  if (oauth == nullptr || !oauth->is_object()) return {};
  const auto endpoint = json::text_or_empty(oauth->get_object(), "AuthorizationEndpoint");
  if (const auto url = http::Url::parse(endpoint); !url) {
    return invalid(fmt::format("Parameter AuthorizationEndpoint is not valid. Reason: {}",
                               url.error().message));
  }
  return {};
}

Status check_connectivity(bool is_given) {
  if (!is_given) return {};
  return invalid(
      "Parameter ConnectivityParameters is not valid. Reason: private connectivity through VPC "
      "Lattice isn't there; endpoints of private networks are reached as they are.");
}

template <class Response>
Response changed(const Connection& connection) {
  Response out;
  out.ConnectionArn = connection.arn();
  out.ConnectionState = connection.state;
  out.CreationTime = connection.created;
  out.LastModifiedTime = connection.modified;
  if constexpr (requires { out.LastAuthorizedTime; }) {
    out.LastAuthorizedTime = connection.authorized;
  }
  return out;
}

Result<w::DescribeConnectionResponse> described(const Connection& connection) {
  auto out = changed<w::DescribeConnectionResponse>(connection);
  out.Name = connection.name;
  out.Description = connection.description;
  out.StateReason = connection.reason;
  out.AuthorizationType = std::string(type_name(connection.type));
  out.SecretArn = connection.secret_arn();
  out.KmsKeyIdentifier = connection.kms_key;
  if (connection.auth.empty()) return out;
  const auto& shape =
      wire::member_shape(*wire::events::op::DescribeConnection::operation.output, "AuthParameters");
  TM_CHECK(wire::decode_json(json::dump(without_secrets(connection.auth)), shape,
                             &out.AuthParameters.emplace()));
  return out;
}

w::Connection listed(const Connection& connection) {
  auto out = changed<w::Connection>(connection);
  out.Name = connection.name;
  out.StateReason = connection.reason;
  out.AuthorizationType = std::string(type_name(connection.type));
  return out;
}

/// What it authorizes by is new, as of its modification. OAuth has to prove itself first.
void authorize_anew(Connection& connection) {
  ++connection.version;
  connection.reason.reset();
  connection.state = connection.type == Connection::Type::oauth ? "AUTHORIZING" : "AUTHORIZED";
  if (connection.is_authorized()) connection.authorized = connection.modified;
}

}  // namespace

void ConnectionApi::register_with(wire::Router& router) {
  router.on<wire::events::op::CreateConnection>(this, &ConnectionApi::create_connection,
                                                connection_access<w::CreateConnectionRequest>);
  router.on<wire::events::op::DescribeConnection>(this, &ConnectionApi::describe_connection,
                                                  connection_access<w::DescribeConnectionRequest>);
  router.on<wire::events::op::ListConnections>(this, &ConnectionApi::list_connections);
  router.on<wire::events::op::UpdateConnection>(this, &ConnectionApi::update_connection,
                                                connection_access<w::UpdateConnectionRequest>);
  router.on<wire::events::op::DeleteConnection>(this, &ConnectionApi::delete_connection,
                                                connection_access<w::DeleteConnectionRequest>);
  router.on<wire::events::op::DeauthorizeConnection>(
      this, &ConnectionApi::deauthorize_connection,
      connection_access<w::DeauthorizeConnectionRequest>);
  register_destinations(router);
}

Task<Result<w::CreateConnectionResponse>> ConnectionApi::create_connection(
    const Caller& caller, w::CreateConnectionRequest request) {
  TM_CO_CHECK(check_connectivity(request.InvocationConnectivityParameters.has_value() ||
                                 request.AuthParameters->ConnectivityParameters.has_value()));
  TM_CO_TRY(const auto given, auth_of<wire::events::op::CreateConnection>(*request.AuthParameters));
  const auto now = clock_.now();
  Connection connection{.scope = caller.scope,
                        .name = *request.Name,
                        .uuid = random_uuid(random_),
                        .description = request.Description,
                        .kms_key = request.KmsKeyIdentifier,
                        .type = *parse_type(*request.AuthorizationType),
                        .created = now,
                        .modified = now};
  TM_CO_TRY(connection.auth, checked_auth(connection.type, given));
  TM_CO_CHECK(check_endpoint(connection.auth));
  seal_auth(connection, sealer_);
  authorize_anew(connection);
  auto change = [&](store::Tx& tx) -> Result<w::CreateConnectionResponse> {
    const auto inserted = insert_connection(tx, connection);
    if (!inserted && inserted.error().code == Errc::already_exists) {
      return fail(Errc::already_exists, "ResourceAlreadyExistsException",
                  fmt::format("Connection {} already exists.", connection.name));
    }
    TM_CHECK(inserted);
    authorizer_.begin(tx, *inserted);
    return changed<w::CreateConnectionResponse>(*inserted);
  };
  co_return co_await store_.write(change);
}

Task<Result<w::DescribeConnectionResponse>> ConnectionApi::describe_connection(
    const Caller& caller, w::DescribeConnectionRequest request) {
  auto query = [&](store::Tx& tx) -> Result<w::DescribeConnectionResponse> {
    TM_TRY(auto connection, require(tx, caller, *request.Name, "describe"));
    TM_CHECK(open_auth(connection, sealer_));
    return described(connection);
  };
  co_return co_await store_.read(query);
}

Task<Result<w::ListConnectionsResponse>> ConnectionApi::list_connections(
    const Caller& caller, w::ListConnectionsRequest request) {
  auto query = [&](store::Tx& tx) -> Result<w::ListConnectionsResponse> {
    TM_TRY(auto all, events::list_connections(tx, caller.scope));
    std::erase_if(all, [&](const Connection& one) {
      return !one.name.starts_with(request.NamePrefix.value_or("")) ||
             one.state != request.ConnectionState.value_or(one.state);
    });
    w::ListConnectionsResponse response;
    TM_TRY(const auto page,
           page_of(
               std::move(all), request.NextToken, request.Limit,
               [](const Connection& one) { return one.name; }, response.NextToken));
    auto& shown = response.Connections.emplace();
    for (const auto& one : page) shown.push_back(listed(one));
    return response;
  };
  co_return co_await store_.read(query);
}

Task<Result<w::UpdateConnectionResponse>> ConnectionApi::update_connection(
    const Caller& caller, w::UpdateConnectionRequest request) {
  TM_CO_CHECK(check_connectivity(request.InvocationConnectivityParameters.has_value()));
  json::object update;
  if (request.AuthParameters) {
    TM_CO_CHECK(check_connectivity(request.AuthParameters->ConnectivityParameters.has_value()));
    TM_CO_TRY(update, auth_of<wire::events::op::UpdateConnection>(*request.AuthParameters));
  }
  auto change = [&](store::Tx& tx) -> Result<w::UpdateConnectionResponse> {
    TM_TRY(auto connection, require(tx, caller, *request.Name, "update"));
    if (request.Description) connection.description = request.Description;
    if (request.KmsKeyIdentifier) connection.kms_key = request.KmsKeyIdentifier;
    const auto type =
        request.AuthorizationType ? *parse_type(*request.AuthorizationType) : connection.type;
    connection.modified = clock_.now();
    if (request.AuthParameters || type != connection.type) {
      TM_CHECK(open_auth(connection, sealer_));
      TM_TRY(connection.auth, checked_auth(type, merged_auth(connection.auth, update)));
      TM_CHECK(check_endpoint(connection.auth));
      connection.type = type;
      seal_auth(connection, sealer_);
      authorize_anew(connection);
    }
    TM_CHECK(events::update_connection(tx, connection));
    authorizer_.begin(tx, connection);
    return changed<w::UpdateConnectionResponse>(connection);
  };
  co_return co_await store_.write(change);
}

Task<Result<w::DeleteConnectionResponse>> ConnectionApi::delete_connection(
    const Caller& caller, w::DeleteConnectionRequest request) {
  auto change = [&](store::Tx& tx) -> Result<w::DeleteConnectionResponse> {
    TM_TRY(auto connection, require(tx, caller, *request.Name, "delete"));
    TM_CHECK(remove_connection(tx, connection));
    connection.state = "DELETING";
    return changed<w::DeleteConnectionResponse>(connection);
  };
  co_return co_await store_.write(change);
}

Task<Result<w::DeauthorizeConnectionResponse>> ConnectionApi::deauthorize_connection(
    const Caller& caller, w::DeauthorizeConnectionRequest request) {
  auto change = [&](store::Tx& tx) -> Result<w::DeauthorizeConnectionResponse> {
    TM_TRY(auto connection, require(tx, caller, *request.Name, "deauthorize"));
    ++connection.version;
    connection.sealed.clear();
    connection.state = "DEAUTHORIZED";
    connection.modified = clock_.now();
    TM_CHECK(events::update_connection(tx, connection));
    connection.state = "DEAUTHORIZING";  // AWS's word for the moment of it.
    return changed<w::DeauthorizeConnectionResponse>(connection);
  };
  co_return co_await store_.write(change);
}

}  // namespace tidemill::events
