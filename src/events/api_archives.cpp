// Archives: create, describe, list, update, delete.
#include <fmt/format.h>

#include "events/api.h"
#include "events/api_archives.h"
#include "pattern/pattern.h"

namespace tidemill::events {
namespace {

template <class Request>
wire::Access archive_access(const Caller& caller, const Request& request) {
  return {.resource =
              make_arn("events", caller.scope, "archive/" + request.ArchiveName.value_or("*"))};
}

/// The bus that an archive is of; its ARN is asked for.
Result<BusKey> source_of(store::Tx& tx, const std::string& arn_text) {
  const auto arn = Arn::parse(arn_text);
  if (!arn || arn->service != "events" || !arn->resource.starts_with("event-bus/")) {
    return fail(Errc::invalid_argument, "ValidationException",
                "Parameter EventSourceArn is not valid. Reason: Must contain an event bus ARN.");
  }
  BusKey key{{arn->account, arn->region}, arn->resource.substr(10)};
  TM_CHECK(require_bus(tx, key));
  return key;
}

Status check_pattern(const std::optional<std::string>& pattern) {
  if (!pattern) return {};
  TM_TRY([[maybe_unused]] const auto compiled, pattern::Pattern::compile(*pattern));
  return {};
}

template <class Shown>
Shown shown(const Archive& archive) {
  Shown out;
  out.ArchiveName = archive.name;
  out.EventSourceArn = archive.source.arn();
  out.State = "ENABLED";
  out.RetentionDays = archive.retention_days;
  out.SizeBytes = archive.size_bytes;
  out.EventCount = archive.event_count;
  out.CreationTime = archive.created;
  return out;
}

template <class Response>
Response changed(const Archive& archive) {
  Response out;
  out.ArchiveArn = archive.arn();
  out.State = "ENABLED";
  out.CreationTime = archive.created;
  return out;
}

}  // namespace

Task<Result<w::CreateArchiveResponse>> ArchiveApi::create_archive(const Caller& caller,
                                                                  w::CreateArchiveRequest request) {
  TM_CO_CHECK(check_pattern(request.EventPattern));
  auto change = [&](store::Tx& tx) -> Result<w::CreateArchiveResponse> {
    TM_TRY(auto source, source_of(tx, *request.EventSourceArn));
    Archive archive{.scope = caller.scope,
                    .name = *request.ArchiveName,
                    .source = std::move(source),
                    .pattern = request.EventPattern,
                    .description = request.Description,
                    .retention_days = request.RetentionDays.value_or(0),
                    .created = clock_.now()};
    TM_TRY(const auto added, add_archive(tx, std::move(archive)));
    tx.on_commit([this, added] { hub_.archives().put(added); });
    return changed<w::CreateArchiveResponse>(added);
  };
  co_return co_await store_.write(change);
}

Task<Result<w::DescribeArchiveResponse>> ArchiveApi::describe_archive(
    const Caller& caller, w::DescribeArchiveRequest request) {
  auto query = [&](store::Tx& tx) -> Result<w::DescribeArchiveResponse> {
    TM_TRY(const auto archive, require_archive(tx, caller.scope, *request.ArchiveName));
    auto out = shown<w::DescribeArchiveResponse>(archive);
    out.ArchiveArn = archive.arn();
    out.Description = archive.description;
    out.EventPattern = archive.pattern;
    return out;
  };
  co_return co_await store_.read(query);
}

Task<Result<w::ListArchivesResponse>> ArchiveApi::list_archives(const Caller& caller,
                                                                w::ListArchivesRequest request) {
  TM_CO_CHECK(check_filters(request, "ListArchives"));
  auto query = [&](store::Tx& tx) -> Result<w::ListArchivesResponse> {
    TM_TRY(auto archives, events::list_archives(tx, caller.scope));
    std::erase_if(archives, [&](const Archive& archive) {
      return !archive.name.starts_with(request.NamePrefix.value_or("")) ||
             (request.EventSourceArn && archive.source.arn() != *request.EventSourceArn) ||
             (request.State && *request.State != "ENABLED");
    });
    w::ListArchivesResponse response;
    TM_TRY(const auto page,
           page_of(
               std::move(archives), request.NextToken, request.Limit,
               [](const Archive& archive) { return archive.name; }, response.NextToken));
    auto& list = response.Archives.emplace();
    for (const auto& archive : page) list.push_back(shown<w::Archive>(archive));
    return response;
  };
  co_return co_await store_.read(query);
}

Task<Result<w::UpdateArchiveResponse>> ArchiveApi::update_archive(const Caller& caller,
                                                                  w::UpdateArchiveRequest request) {
  TM_CO_CHECK(check_pattern(request.EventPattern));
  auto change = [&](store::Tx& tx) -> Result<w::UpdateArchiveResponse> {
    TM_TRY(auto archive, require_archive(tx, caller.scope, *request.ArchiveName));
    if (request.EventPattern) archive.pattern = request.EventPattern;
    if (request.Description) archive.description = request.Description;
    if (request.RetentionDays) archive.retention_days = *request.RetentionDays;
    TM_CHECK(events::update_archive(tx, archive));
    tx.on_commit([this, archive] { hub_.archives().put(archive); });
    return changed<w::UpdateArchiveResponse>(archive);
  };
  co_return co_await store_.write(change);
}

Task<Result<w::DeleteArchiveResponse>> ArchiveApi::delete_archive(const Caller& caller,
                                                                  w::DeleteArchiveRequest request) {
  auto change = [&](store::Tx& tx) -> Result<w::DeleteArchiveResponse> {
    TM_TRY(const auto archive, require_archive(tx, caller.scope, *request.ArchiveName));
    TM_CHECK(remove_archive(tx, archive));
    tx.on_commit([this, id = archive.id] { hub_.archives().erase(id); });
    return w::DeleteArchiveResponse();
  };
  co_return co_await store_.write(change);
}

void ArchiveApi::register_with(wire::Router& router) {
  router.on<w::op::CreateArchive>(this, &ArchiveApi::create_archive,
                                  archive_access<w::CreateArchiveRequest>);
  router.on<w::op::DescribeArchive>(this, &ArchiveApi::describe_archive,
                                    archive_access<w::DescribeArchiveRequest>);
  router.on<w::op::UpdateArchive>(this, &ArchiveApi::update_archive,
                                  archive_access<w::UpdateArchiveRequest>);
  router.on<w::op::DeleteArchive>(this, &ArchiveApi::delete_archive,
                                  archive_access<w::DeleteArchiveRequest>);
  router.on<w::op::ListArchives>(this, &ArchiveApi::list_archives);
  register_replays(router);
}

}  // namespace tidemill::events
