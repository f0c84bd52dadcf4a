/// CloudTrail's LookupEvents. Made once by the server; called on event loops.
#pragma once

#include "base/caller.h"
#include "cloudtrail/trail.h"
#include "store/store.h"
#include "wire/gen/cloudtrail.h"
#include "wire/router.h"

namespace tidemill::cloudtrail {

namespace w = wire::cloudtrail;

class Api {
 public:
  /// audit.db, which outlives the Api.
  explicit Api(store::Store& store) : store_(store) {}

  void register_with(wire::Router& router);

 private:
  Task<Result<w::LookupEventsResponse>> lookup(const Caller& caller,
                                               w::LookupEventsRequest request);

  store::Store& store_;
};

}  // namespace tidemill::cloudtrail
