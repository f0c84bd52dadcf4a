// API destinations: create, describe, list, update, delete.
#include <fmt/format.h>

#include "events/api.h"
#include "events/api_connections.h"
#include "http/url.h"

namespace tidemill::events {
namespace {

template <class Request>
wire::Access destination_access(const Caller& caller, const Request& request) {
  return {.resource =
              make_arn("events", caller.scope, "api-destination/" + request.Name.value_or("*"))};
}

Result<ApiDestination> require(store::Tx& tx, const Caller& caller, const std::string& name,
                               std::string_view verb) {
  TM_TRY(auto found, find_api_destination(tx, caller.scope, name));
  if (found) return *std::move(found);
  return fail(Errc::not_found, "ResourceNotFoundException",
              fmt::format("Failed to {} the api-destination(s). An api-destination '{}' does not "
                          "exist.",
                          verb, name));
}

/// What `verb` can't do with these; the rest is checked by the operation's own shapes.
Status check(store::Tx& tx, const ApiDestination& destination, std::string_view verb) {
  const auto invalid = [verb](std::string_view parameter, std::string_view reason) {
    return fail(Errc::invalid_argument, "ValidationException",
                fmt::format("Failed to {} the api-destination(s). Parameter {} is not valid. "
                            "Reason: {}",
                            verb, parameter, reason));
  };
  if (const auto url = http::Url::parse(destination.endpoint); !url) {
    return invalid("InvocationEndpoint", url.error().message);
  }
  if (destination.rate > ApiDestination::rate_max) {
    return invalid("InvocationRateLimitPerSecond",
                   "Member must have value less than or equal to "
                   "300.");
  }
  TM_TRY(const auto connection, find_connection(tx, destination.connection_arn));
  if (connection) return {};
  return fail(Errc::not_found, "ResourceNotFoundException",
              fmt::format("Failed to {} the api-destination(s). Connection '{}' does not exist.",
                          verb, destination.connection_arn));
}

/// It is as active as its connection.
template <class Shown>
Result<Shown> shown(store::Tx& tx, const ApiDestination& destination) {
  TM_TRY(const auto connection, find_connection(tx, destination.connection_arn));
  Shown out;
  out.ApiDestinationArn = destination.arn();
  out.ApiDestinationState = connection && connection->is_authorized() ? "ACTIVE" : "INACTIVE";
  out.CreationTime = destination.created;
  out.LastModifiedTime = destination.modified;
  if constexpr (requires { out.InvocationEndpoint; }) {
    out.Name = destination.name;
    out.ConnectionArn = destination.connection_arn;
    out.InvocationEndpoint = destination.endpoint;
    out.HttpMethod = destination.method;
    out.InvocationRateLimitPerSecond = destination.rate;
  }
  if constexpr (requires { out.Description; }) out.Description = destination.description;
  return out;
}

}  // namespace

void ConnectionApi::register_destinations(wire::Router& router) {
  router.on<wire::events::op::CreateApiDestination>(
      this, &ConnectionApi::create_destination, destination_access<w::CreateApiDestinationRequest>);
  router.on<wire::events::op::DescribeApiDestination>(
      this, &ConnectionApi::describe_destination,
      destination_access<w::DescribeApiDestinationRequest>);
  router.on<wire::events::op::ListApiDestinations>(this, &ConnectionApi::list_destinations);
  router.on<wire::events::op::UpdateApiDestination>(
      this, &ConnectionApi::update_destination, destination_access<w::UpdateApiDestinationRequest>);
  router.on<wire::events::op::DeleteApiDestination>(
      this, &ConnectionApi::delete_destination, destination_access<w::DeleteApiDestinationRequest>);
}

Task<Result<w::CreateApiDestinationResponse>> ConnectionApi::create_destination(
    const Caller& caller, w::CreateApiDestinationRequest request) {
  const auto now = clock_.now();
  const ApiDestination destination{
      .scope = caller.scope,
      .name = *request.Name,
      .uuid = random_uuid(random_),
      .description = request.Description,
      .connection_arn = *request.ConnectionArn,
      .endpoint = *request.InvocationEndpoint,
      .method = *request.HttpMethod,
      .rate = request.InvocationRateLimitPerSecond.value_or(ApiDestination::rate_max),
      .created = now,
      .modified = now};
  auto change = [&](store::Tx& tx) -> Result<w::CreateApiDestinationResponse> {
    TM_CHECK(check(tx, destination, "create"));
    const auto inserted = insert_api_destination(tx, destination);
    if (!inserted && inserted.error().code == Errc::already_exists) {
      return fail(Errc::already_exists, "ResourceAlreadyExistsException",
                  fmt::format("An api-destination '{}' already exists.", destination.name));
    }
    TM_CHECK(inserted);
    return shown<w::CreateApiDestinationResponse>(tx, destination);
  };
  co_return co_await store_.write(change);
}

Task<Result<w::DescribeApiDestinationResponse>> ConnectionApi::describe_destination(
    const Caller& caller, w::DescribeApiDestinationRequest request) {
  auto query = [&](store::Tx& tx) -> Result<w::DescribeApiDestinationResponse> {
    TM_TRY(const auto destination, require(tx, caller, *request.Name, "describe"));
    return shown<w::DescribeApiDestinationResponse>(tx, destination);
  };
  co_return co_await store_.read(query);
}

Task<Result<w::ListApiDestinationsResponse>> ConnectionApi::list_destinations(
    const Caller& caller, w::ListApiDestinationsRequest request) {
  auto query = [&](store::Tx& tx) -> Result<w::ListApiDestinationsResponse> {
    TM_TRY(auto all, list_api_destinations(tx, caller.scope));
    std::erase_if(all, [&](const ApiDestination& one) {
      return !one.name.starts_with(request.NamePrefix.value_or("")) ||
             one.connection_arn != request.ConnectionArn.value_or(one.connection_arn);
    });
    w::ListApiDestinationsResponse response;
    TM_TRY(const auto page,
           page_of(
               std::move(all), request.NextToken, request.Limit,
               [](const ApiDestination& one) { return one.name; }, response.NextToken));
    auto& list = response.ApiDestinations.emplace();
    for (const auto& one : page) {
      TM_TRY(list.emplace_back(), shown<w::ApiDestination>(tx, one));
    }
    return response;
  };
  co_return co_await store_.read(query);
}

Task<Result<w::UpdateApiDestinationResponse>> ConnectionApi::update_destination(
    const Caller& caller, w::UpdateApiDestinationRequest request) {
  auto change = [&](store::Tx& tx) -> Result<w::UpdateApiDestinationResponse> {
    TM_TRY(auto destination, require(tx, caller, *request.Name, "update"));
    if (request.Description) destination.description = request.Description;
    destination.connection_arn = request.ConnectionArn.value_or(destination.connection_arn);
    destination.endpoint = request.InvocationEndpoint.value_or(destination.endpoint);
    destination.method = request.HttpMethod.value_or(destination.method);
    destination.rate = request.InvocationRateLimitPerSecond.value_or(destination.rate);
    destination.modified = clock_.now();
    TM_CHECK(check(tx, destination, "update"));
    TM_CHECK(update_api_destination(tx, destination));
    return shown<w::UpdateApiDestinationResponse>(tx, destination);
  };
  co_return co_await store_.write(change);
}

Task<Result<w::DeleteApiDestinationResponse>> ConnectionApi::delete_destination(
    const Caller& caller, w::DeleteApiDestinationRequest request) {
  auto change = [&](store::Tx& tx) -> Result<w::DeleteApiDestinationResponse> {
    TM_TRY(const auto destination, require(tx, caller, *request.Name, "delete"));
    TM_CHECK(remove_api_destination(tx, destination));
    return w::DeleteApiDestinationResponse();
  };
  co_return co_await store_.write(change);
}

}  // namespace tidemill::events
