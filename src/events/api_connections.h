/// EventBridge's operations on connections and API destinations. Made once by the server; called on
/// event loops.
#pragma once

#include "base/caller.h"
#include "base/random.h"
#include "events/api_destination.h"
#include "events/authorizer.h"
#include "events/connection.h"
#include "wire/gen/events.h"
#include "wire/router.h"

namespace tidemill::events {

namespace w = wire::events;

class ConnectionApi {
 public:
  /// All outlive it.
  struct Parts {
    store::Store& store;
    Authorizer& authorizer;
    const Clock& clock;
    Random& random;
    const Sealer& sealer;
  };
  explicit ConnectionApi(const Parts& parts)
      : store_(parts.store),
        authorizer_(parts.authorizer),
        clock_(parts.clock),
        random_(parts.random),
        sealer_(parts.sealer) {}

  void register_with(wire::Router& router);

  Task<Result<w::CreateConnectionResponse>> create_connection(const Caller& caller,
                                                              w::CreateConnectionRequest request);
  Task<Result<w::DescribeConnectionResponse>> describe_connection(
      const Caller& caller, w::DescribeConnectionRequest request);
  Task<Result<w::ListConnectionsResponse>> list_connections(const Caller& caller,
                                                            w::ListConnectionsRequest request);
  Task<Result<w::UpdateConnectionResponse>> update_connection(const Caller& caller,
                                                              w::UpdateConnectionRequest request);
  Task<Result<w::DeleteConnectionResponse>> delete_connection(const Caller& caller,
                                                              w::DeleteConnectionRequest request);
  Task<Result<w::DeauthorizeConnectionResponse>> deauthorize_connection(
      const Caller& caller, w::DeauthorizeConnectionRequest request);

  Task<Result<w::CreateApiDestinationResponse>> create_destination(
      const Caller& caller, w::CreateApiDestinationRequest request);
  Task<Result<w::DescribeApiDestinationResponse>> describe_destination(
      const Caller& caller, w::DescribeApiDestinationRequest request);
  Task<Result<w::ListApiDestinationsResponse>> list_destinations(
      const Caller& caller, w::ListApiDestinationsRequest request);
  Task<Result<w::UpdateApiDestinationResponse>> update_destination(
      const Caller& caller, w::UpdateApiDestinationRequest request);
  Task<Result<w::DeleteApiDestinationResponse>> delete_destination(
      const Caller& caller, w::DeleteApiDestinationRequest request);

 private:
  void register_destinations(wire::Router& router);

  store::Store& store_;
  Authorizer& authorizer_;
  const Clock& clock_;
  Random& random_;
  const Sealer& sealer_;
};

}  // namespace tidemill::events
