/// CloudWatch's operations on metrics: each maps a request to the recorder or the ledger. Made once
/// by the server; called on event loops.
#pragma once

#include <functional>

#include "base/caller.h"
#include "metrics/ledger.h"
#include "store/store.h"
#include "wire/gen/monitoring.h"
#include "wire/router.h"

namespace tidemill::metrics {

namespace w = wire::monitoring;

class MetricApi {
 public:
  /// All outlive the Api.
  struct Parts {
    store::Store& store;  ///< metrics.db
    Ledger& ledger;
    Recorder& recorder;
    const Clock& clock;
    /// Measures what is measured when it is asked for.
    std::function<Task<Status>()> sample;
  };
  explicit MetricApi(const Parts& parts) : parts_(parts) {}

  void register_with(wire::Router& router);

 private:
  template <class Response>
  using Reply = Task<Result<Response>>;

  Reply<wire::Empty> put(const Caller& caller, w::PutMetricDataInput request);
  Reply<w::GetMetricDataOutput> get(const Caller& caller, w::GetMetricDataInput request);
  Reply<w::GetMetricStatisticsOutput> statistics(const Caller& caller,
                                                 w::GetMetricStatisticsInput request);
  Reply<w::ListMetricsOutput> list(const Caller& caller, w::ListMetricsInput request);

  /// Asks with all that was measured before in sight.
  template <class Query, class R = std::invoke_result_t<Query, store::Tx&>>
  Task<R> ask(Query query) {
    TM_CO_CHECK(co_await parts_.sample());
    auto look = [&](store::Tx& tx) { return parts_.ledger.flushed(tx, query); };
    co_return co_await parts_.store.write(look);
  }

  const Parts parts_;
};

}  // namespace tidemill::metrics
