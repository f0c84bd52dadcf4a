/// EventBridge Scheduler's operations: each maps a request to the groups and schedules of this
/// folder. Made once by the server; called on event loops.
#pragma once

#include "base/caller.h"
#include "events/hub.h"
#include "schedule/book.h"
#include "store/store.h"
#include "wire/gen/scheduler.h"
#include "wire/router.h"

namespace tidemill::schedule {

namespace w = wire::scheduler;

class Api {
 public:
  /// What it works with; all outlive the Api.
  struct Parts {
    store::Store& store;
    Book& book;
    const events::Hub& hub;
    calendar::Zones& zones;
    const Clock& clock;
  };
  Api(const Parts& parts, PassRole pass_role) : parts_(parts), pass_role_(std::move(pass_role)) {}

  void register_with(wire::Router& router);

  Task<Result<w::CreateScheduleOutput>> create(const Caller& caller,
                                               w::CreateScheduleInput request);
  Task<Result<w::GetScheduleOutput>> get(const Caller& caller, w::GetScheduleInput request);
  Task<Result<w::UpdateScheduleOutput>> update(const Caller& caller,
                                               w::UpdateScheduleInput request);
  Task<Result<w::DeleteScheduleOutput>> remove(const Caller& caller,
                                               w::DeleteScheduleInput request);
  Task<Result<w::ListSchedulesOutput>> list(const Caller& caller, w::ListSchedulesInput request);

  Task<Result<w::CreateScheduleGroupOutput>> create_group(const Caller& caller,
                                                          w::CreateScheduleGroupInput request);
  Task<Result<w::GetScheduleGroupOutput>> get_group(const Caller& caller,
                                                    w::GetScheduleGroupInput request);
  Task<Result<w::DeleteScheduleGroupOutput>> remove_group(const Caller& caller,
                                                          w::DeleteScheduleGroupInput request);
  Task<Result<w::ListScheduleGroupsOutput>> list_groups(const Caller& caller,
                                                        w::ListScheduleGroupsInput request);

  Task<Result<w::TagResourceOutput>> tag(const Caller& caller, w::TagResourceInput request);
  Task<Result<w::UntagResourceOutput>> untag(const Caller& caller, w::UntagResourceInput request);
  Task<Result<w::ListTagsForResourceOutput>> list_tags(const Caller& caller,
                                                       w::ListTagsForResourceInput request);

 private:
  void register_groups(wire::Router& router);
  [[nodiscard]] Status check(const Caller& caller, const w::CreateScheduleInput& request) const;

  const Parts parts_;
  const PassRole pass_role_;
};

}  // namespace tidemill::schedule
