/// Objects that were there before their rule, or that it missed: found by asking the rule's pattern
/// of the event that each object's upload would make. Joins S3 and the events, hence here.
#pragma once

#include "base/caller.h"
#include "base/json.h"
#include "base/random.h"
#include "events/hub.h"
#include "store/store.h"

namespace tidemill::server {

class Backfill {
 public:
  /// All outlive it.
  Backfill(store::Store& store, events::Hub& hub, Random& random)
      : store_(store), hub_(hub), random_(random) {}

  struct Order {
    events::BusKey bus;
    std::string rule;
    bool start = false;  ///< Else only told.
    std::size_t shown_max = 100;
  };

  /// {"rule", "looked_at": how many objects, "missing": how many match and never reached the rule,
  /// "objects": the first of them, {"uri", "size", "modified_ms"}; "started": of how many the event
  /// was published, to this rule alone}. An object that reached the rule meanwhile isn't started
  /// again. Fails with AWS's ResourceNotFoundException if there is no such rule.
  Task<Result<json::value>> run(const Caller& caller, Order order);

 private:
  struct Walk;
  Task<Status> page(const Caller& caller, Walk& walk);
  Task<Result<int>> publish(const Walk& walk, const std::vector<events::Event>& events);

  store::Store& store_;
  events::Hub& hub_;
  Random& random_;
};

}  // namespace tidemill::server
