/// EventBridge's operations on archives and replays. Made once by the server; called on event
/// loops.
#pragma once

#include <fmt/format.h>

#include "base/caller.h"
#include "events/replay.h"
#include "wire/gen/events.h"
#include "wire/router.h"

namespace tidemill::events {

namespace w = wire::events;

class ArchiveApi {
 public:
  /// All outlive it.
  ArchiveApi(store::Store& store, Hub& hub, Replayer& replayer, const Clock& clock)
      : store_(store), hub_(hub), replayer_(replayer), clock_(clock) {}

  void register_with(wire::Router& router);

  Task<Result<w::CreateArchiveResponse>> create_archive(const Caller& caller,
                                                        w::CreateArchiveRequest request);
  Task<Result<w::DescribeArchiveResponse>> describe_archive(const Caller& caller,
                                                            w::DescribeArchiveRequest request);
  Task<Result<w::ListArchivesResponse>> list_archives(const Caller& caller,
                                                      w::ListArchivesRequest request);
  Task<Result<w::UpdateArchiveResponse>> update_archive(const Caller& caller,
                                                        w::UpdateArchiveRequest request);
  Task<Result<w::DeleteArchiveResponse>> delete_archive(const Caller& caller,
                                                        w::DeleteArchiveRequest request);

  Task<Result<w::StartReplayResponse>> start_replay(const Caller& caller,
                                                    w::StartReplayRequest request);
  Task<Result<w::DescribeReplayResponse>> describe_replay(const Caller& caller,
                                                          w::DescribeReplayRequest request);
  Task<Result<w::ListReplaysResponse>> list_replays(const Caller& caller,
                                                    w::ListReplaysRequest request);
  Task<Result<w::CancelReplayResponse>> cancel_replay(const Caller& caller,
                                                      w::CancelReplayRequest request);

 private:
  void register_replays(wire::Router& router);

  store::Store& store_;
  Hub& hub_;
  Replayer& replayer_;
  const Clock& clock_;
};

/// ListArchives and ListReplays take one filter at most.
template <class Request>
Status check_filters(const Request& request, std::string_view operation) {
  const int filters = request.NamePrefix.has_value() + request.EventSourceArn.has_value() +
                      request.State.has_value();
  if (filters <= 1) return {};
  return fail(Errc::invalid_argument, "ValidationException",
              fmt::format("At most one filter is allowed for {}. Use either : State, "
                          "EventSourceArn, or NamePrefix.",
                          operation));
}

}  // namespace tidemill::events
