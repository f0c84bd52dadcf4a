/// Glue's operations on triggers. Made once by the server; called on event loops.
#pragma once

#include "base/caller.h"
#include "glue/trigger.h"
#include "wire/gen/glue.h"
#include "wire/router.h"

namespace tidemill::glue {

class TriggerApi {
 public:
  /// All outlive it.
  TriggerApi(store::Store& store, TriggerTimers& timers, const Clock& clock)
      : store_(store), timers_(timers), clock_(clock) {}

  void register_with(wire::Router& router);

  Task<Result<wire::glue::CreateTriggerResponse>> create(const Caller& caller,
                                                         wire::glue::CreateTriggerRequest request);
  Task<Result<wire::glue::GetTriggerResponse>> get(const Caller& caller,
                                                   wire::glue::GetTriggerRequest request);
  Task<Result<wire::glue::GetTriggersResponse>> get_all(const Caller& caller,
                                                        wire::glue::GetTriggersRequest request);
  Task<Result<wire::glue::BatchGetTriggersResponse>> get_batch(
      const Caller& caller, wire::glue::BatchGetTriggersRequest request);
  Task<Result<wire::glue::ListTriggersResponse>> list(const Caller& caller,
                                                      wire::glue::ListTriggersRequest request);
  Task<Result<wire::glue::UpdateTriggerResponse>> update(const Caller& caller,
                                                         wire::glue::UpdateTriggerRequest request);
  Task<Result<wire::glue::DeleteTriggerResponse>> remove(const Caller& caller,
                                                         wire::glue::DeleteTriggerRequest request);
  Task<Result<wire::glue::StartTriggerResponse>> start(const Caller& caller,
                                                       wire::glue::StartTriggerRequest request);
  Task<Result<wire::glue::StopTriggerResponse>> stop(const Caller& caller,
                                                     wire::glue::StopTriggerRequest request);

 private:
  store::Store& store_;
  TriggerTimers& timers_;
  const Clock& clock_;
};

}  // namespace tidemill::glue
