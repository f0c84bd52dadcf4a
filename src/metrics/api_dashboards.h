/// CloudWatch's operations on dashboards. Made once by the server; called on event loops.
#pragma once

#include "base/caller.h"
#include "store/store.h"
#include "wire/gen/monitoring.h"
#include "wire/router.h"

namespace tidemill::metrics {

namespace w = wire::monitoring;

class DashboardApi {
 public:
  /// Both outlive the Api.
  DashboardApi(store::Store& store, const Clock& clock) : store_(store), clock_(clock) {}

  void register_with(wire::Router& router);

 private:
  template <class Response>
  using Reply = Task<Result<Response>>;

  Reply<w::PutDashboardOutput> put(const Caller& caller, w::PutDashboardInput request);
  Reply<w::GetDashboardOutput> get(const Caller& caller, w::GetDashboardInput request);
  Reply<w::ListDashboardsOutput> list(const Caller& caller, w::ListDashboardsInput request);
  Reply<w::DeleteDashboardsOutput> remove(const Caller& caller, w::DeleteDashboardsInput request);

  store::Store& store_;
  const Clock& clock_;
};

}  // namespace tidemill::metrics
