/// CloudWatch's operations on alarms: each maps a request to the book. Made once by the server;
/// called on event loops.
#pragma once

#include "base/caller.h"
#include "metrics/alarm_book.h"
#include "store/store.h"
#include "wire/gen/monitoring.h"
#include "wire/router.h"

namespace tidemill::metrics {

namespace w = wire::monitoring;

class AlarmApi {
 public:
  /// Both outlive the Api.
  AlarmApi(store::Store& store, AlarmBook& book) : store_(store), book_(book) {}

  void register_with(wire::Router& router);

 private:
  using Done = Task<Result<wire::Empty>>;
  template <class Response>
  using Reply = Task<Result<Response>>;

  void register_tags(wire::Router& router);

  Done put(const Caller& caller, w::PutMetricAlarmInput request);
  Done put_composite(const Caller& caller, w::PutCompositeAlarmInput request);
  Reply<w::DescribeAlarmsOutput> list(const Caller& caller, w::DescribeAlarmsInput request);
  /// The children or parents of an alarm.
  Reply<w::DescribeAlarmsOutput> list_related(const Caller& caller, w::DescribeAlarmsInput request);
  Done remove(const Caller& caller, w::DeleteAlarmsInput request);
  Done set_state(const Caller& caller, w::SetAlarmStateInput request);
  Reply<w::DescribeAlarmHistoryOutput> history(const Caller& caller,
                                               w::DescribeAlarmHistoryInput request);
  Done enable(const Caller& caller, w::EnableAlarmActionsInput request);
  Done disable(const Caller& caller, w::DisableAlarmActionsInput request);
  Reply<w::TagResourceOutput> tag(const Caller& caller, w::TagResourceInput request);
  Reply<w::UntagResourceOutput> untag(const Caller& caller, w::UntagResourceInput request);
  Reply<w::ListTagsForResourceOutput> list_tags(const Caller& caller,
                                                w::ListTagsForResourceInput request);

  /// Runs `change(tx)`, a Status, in a commit.
  template <class Change>
  Done commit(Change change) {
    const Status done = co_await store_.write(std::move(change));
    if (!done) co_return std::unexpected(done.error());
    co_return wire::Empty();
  }

  store::Store& store_;
  AlarmBook& book_;
};

}  // namespace tidemill::metrics
