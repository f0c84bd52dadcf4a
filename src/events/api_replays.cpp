// Replays: start, describe, list, cancel.
#include <fmt/format.h>

#include "events/api.h"
#include "events/api_archives.h"

namespace tidemill::events {
namespace {

template <class Request>
wire::Access replay_access(const Caller& caller, const Request& request) {
  return {.resource =
              make_arn("events", caller.scope, "replay/" + request.ReplayName.value_or("*"))};
}

std::unexpected<Error> not_valid(std::string_view parameter, std::string_view reason) {
  return fail(Errc::invalid_argument, "ValidationException",
              fmt::format("Parameter {} is not valid. Reason: {}", parameter, reason));
}

/// The archive that the request names, of the bus that it names.
Result<Archive> archive_of(store::Tx& tx, const w::StartReplayRequest& request) {
  const auto arn = Arn::parse(*request.EventSourceArn);
  if (!arn || arn->service != "events" || !arn->resource.starts_with("archive/")) {
    return not_valid("EventSourceArn", "Must contain an archive ARN.");
  }
  TM_TRY(auto archive, require_archive(tx, {arn->account, arn->region}, arn->resource.substr(8)));
  const auto bus = Arn::parse(*request.Destination->Arn);
  if (!bus || bus->service != "events" || !bus->resource.starts_with("event-bus/")) {
    return not_valid("Destination.Arn", "Must contain an event bus ARN.");
  }
  TM_CHECK(require_bus(tx, {{bus->account, bus->region}, bus->resource.substr(10)}));
  if (*request.Destination->Arn != archive.source.arn()) {
    return not_valid("Destination.Arn", "Cross event bus replay is not permitted.");
  }
  return archive;
}

template <class Shown>
Shown shown(const Replay& replay) {
  Shown out;
  out.ReplayName = replay.name;
  out.EventSourceArn = make_arn("events", replay.scope, "archive/" + replay.archive);
  out.State = replay.state;
  out.StateReason = replay.reason;
  out.EventStartTime = replay.from;
  out.EventEndTime = replay.until;
  out.EventLastReplayedTime = replay.last;
  out.ReplayStartTime = replay.started;
  out.ReplayEndTime = replay.ended;
  return out;
}

}  // namespace

Task<Result<w::StartReplayResponse>> ArchiveApi::start_replay(const Caller& caller,
                                                              w::StartReplayRequest request) {
  if (*request.EventEndTime <= *request.EventStartTime) {
    co_return not_valid("EventEndTime", "EventStartTime must be before EventEndTime.");
  }
  auto change = [&](store::Tx& tx) -> Result<w::StartReplayResponse> {
    TM_TRY(const auto archive, archive_of(tx, request));
    const Replay replay{
        .scope = caller.scope,
        .name = *request.ReplayName,
        .archive = archive.name,
        .destination = archive.source,
        .filter_arns = request.Destination->FilterArns.value_or(std::vector<std::string>()),
        .description = request.Description,
        .from = *request.EventStartTime,
        .until = *request.EventEndTime,
        .started = clock_.now()};
    TM_CHECK(add_replay(tx, replay));
    tx.on_commit([this] { replayer_.wake(); });
    w::StartReplayResponse response;
    response.ReplayArn = replay.arn();
    response.State = "STARTING";
    response.ReplayStartTime = replay.started;
    return response;
  };
  co_return co_await store_.write(change);
}

Task<Result<w::DescribeReplayResponse>> ArchiveApi::describe_replay(
    const Caller& caller, w::DescribeReplayRequest request) {
  auto query = [&](store::Tx& tx) -> Result<w::DescribeReplayResponse> {
    TM_TRY(const auto replay, require_replay(tx, caller.scope, *request.ReplayName));
    auto out = shown<w::DescribeReplayResponse>(replay);
    out.ReplayArn = replay.arn();
    out.Description = replay.description;
    auto& destination = out.Destination.emplace();
    destination.Arn = replay.destination.arn();
    if (!replay.filter_arns.empty()) destination.FilterArns = replay.filter_arns;
    return out;
  };
  co_return co_await store_.read(query);
}

Task<Result<w::ListReplaysResponse>> ArchiveApi::list_replays(const Caller& caller,
                                                              w::ListReplaysRequest request) {
  TM_CO_CHECK(check_filters(request, "ListReplays"));
  auto query = [&](store::Tx& tx) -> Result<w::ListReplaysResponse> {
    TM_TRY(auto replays, events::list_replays(tx, caller.scope));
    std::erase_if(replays, [&](const Replay& replay) {
      const auto archive = make_arn("events", replay.scope, "archive/" + replay.archive);
      return !replay.name.starts_with(request.NamePrefix.value_or("")) ||
             (request.EventSourceArn && archive != *request.EventSourceArn) ||
             (request.State && *request.State != replay.state);
    });
    w::ListReplaysResponse response;
    TM_TRY(const auto page,
           page_of(
               std::move(replays), request.NextToken, request.Limit,
               [](const Replay& replay) { return replay.name; }, response.NextToken));
    auto& list = response.Replays.emplace();
    for (const auto& replay : page) list.push_back(shown<w::Replay>(replay));
    return response;
  };
  co_return co_await store_.read(query);
}

Task<Result<w::CancelReplayResponse>> ArchiveApi::cancel_replay(const Caller& caller,
                                                                w::CancelReplayRequest request) {
  auto change = [&](store::Tx& tx) -> Result<w::CancelReplayResponse> {
    TM_TRY(const auto replay, require_replay(tx, caller.scope, *request.ReplayName));
    TM_CHECK(events::cancel_replay(tx, replay));
    tx.on_commit([this] { replayer_.wake(); });
    w::CancelReplayResponse response;
    response.ReplayArn = replay.arn();
    response.State = "CANCELLING";
    return response;
  };
  co_return co_await store_.write(change);
}

void ArchiveApi::register_replays(wire::Router& router) {
  router.on<w::op::StartReplay>(this, &ArchiveApi::start_replay,
                                replay_access<w::StartReplayRequest>);
  router.on<w::op::DescribeReplay>(this, &ArchiveApi::describe_replay,
                                   replay_access<w::DescribeReplayRequest>);
  router.on<w::op::CancelReplay>(this, &ArchiveApi::cancel_replay,
                                 replay_access<w::CancelReplayRequest>);
  router.on<w::op::ListReplays>(this, &ArchiveApi::list_replays);
}

}  // namespace tidemill::events
