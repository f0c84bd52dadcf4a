#include "events/archive.h"

#include <fmt/format.h>

namespace tidemill::events {
namespace {

constexpr std::int64_t day_ms = 86'400'000;
constexpr std::string_view columns =
    "id, account, region, name, bus_account, bus_region, bus, pattern, description, retention_days,"
    " created_ms, event_count, size_bytes";

Archive read_archive(const store::Row& row) {
  return {.id = row.integer(0),
          .scope = {row.text(1), row.text(2)},
          .name = row.text(3),
          .source = {{row.text(4), row.text(5)}, row.text(6)},
          .pattern = row.maybe_text(7),
          .description = row.maybe_text(8),
          .retention_days = int(row.integer(9)),
          .created = {row.integer(10)},
          .event_count = row.integer(11),
          .size_bytes = row.integer(12)};
}

}  // namespace

std::string Archive::arn() const { return make_arn("events", scope, "archive/" + name); }

Result<Archive> require_archive(store::Tx& tx, const Scope& scope, std::string_view name) {
  static const std::string sql = fmt::format(
      "SELECT {} FROM archives WHERE account = $1 AND region = $2 AND name = $3", columns);
  TM_TRY(auto found, tx.one(sql, read_archive, scope.account, scope.region, name));
  if (found) return *std::move(found);
  return fail(Errc::not_found, "ResourceNotFoundException",
              fmt::format("Archive {} does not exist.", name));
}

Result<std::vector<Archive>> list_archives(store::Tx& tx, const Scope& scope) {
  static const std::string sql = fmt::format(
      "SELECT {} FROM archives WHERE account = $1 AND region = $2 ORDER BY name", columns);
  return tx.all(sql, read_archive, scope.account, scope.region);
}

Result<Archive> add_archive(store::Tx& tx, Archive archive) {
  const auto& source = archive.source;
  const auto id = tx.one(
      "INSERT INTO archives (account, region, name, bus_account, bus_region, bus, pattern,"
      " description, retention_days, created_ms) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)"
      " RETURNING id",
      [](const store::Row& row) { return row.integer(0); }, archive.scope.account,
      archive.scope.region, archive.name, source.scope.account, source.scope.region, source.bus,
      archive.pattern, archive.description, archive.retention_days, archive.created.ms);
  if (!id && id.error().code == Errc::already_exists) {
    return fail(Errc::already_exists, "ResourceAlreadyExistsException",
                fmt::format("Archive {} already exists.", archive.name));
  }
  TM_CHECK(id);
  archive.id = **id;
  return archive;
}

Status update_archive(store::Tx& tx, const Archive& archive) {
  TM_CHECK(tx.exec(
      "UPDATE archives SET pattern = $2, description = $3, retention_days = $4 WHERE id = $1",
      archive.id, archive.pattern, archive.description, archive.retention_days));
  return {};
}

Status remove_archive(store::Tx& tx, const Archive& archive) {
  TM_CHECK(tx.exec("DELETE FROM archived_events WHERE archive = $1", archive.id));
  TM_CHECK(tx.exec("DELETE FROM archives WHERE id = $1", archive.id));
  return {};
}

Status expire_archived(store::Tx& tx, TimeMs now) {
  struct Kept {
    std::int64_t id, days;
  };
  TM_TRY(const auto bounded,
         tx.all("SELECT id, retention_days FROM archives WHERE retention_days > 0",
                [](const store::Row& row) { return Kept{row.integer(0), row.integer(1)}; }));
  for (const auto& [id, days] : bounded) {
    TM_TRY(const auto gone, tx.exec("DELETE FROM archived_events WHERE archive = $1"
                                    " AND time_ms < $2",
                                    id, now.ms - days * day_ms));
    if (gone == 0) continue;
    TM_CHECK(
        tx.exec("UPDATE archives SET (event_count, size_bytes) = (SELECT count(*),"
                " coalesce(sum(bytes), 0) FROM archived_events WHERE archive = $1) WHERE id = $1",
                id));
  }
  return {};
}

Status ArchiveBook::load(store::Tx& tx) {
  static const std::string sql = fmt::format("SELECT {} FROM archives", columns);
  TM_TRY(const auto archives, tx.all(sql, read_archive));
  open_.clear();
  for (const auto& archive : archives) put(archive);
  return {};
}

void ArchiveBook::put(const Archive& archive) {
  Open open{.source = archive.source, .pattern = std::nullopt};
  if (archive.pattern) {
    auto compiled = pattern::Pattern::compile(*archive.pattern);
    TM_ASSERT(compiled.has_value());
    open.pattern = *std::move(compiled);
  }
  open_.insert_or_assign(archive.id, std::move(open));
}

Status ArchiveBook::keep(store::Tx& tx, const Event& event, std::int64_t seq,
                         std::string_view envelope) const {
  if (open_.empty() || !event.replay_name.empty()) return {};
  std::optional<pattern::Event> parsed;
  for (const auto& [id, open] : open_) {
    if (open.source != BusKey{event.scope, event.bus}) continue;
    if (open.pattern) {
      if (!parsed) {
        TM_TRY(parsed, pattern::Event::parse(envelope));
      }
      if (!open.pattern->matches(*parsed)) continue;
    }
    TM_CHECK(tx.exec(
        "INSERT INTO archived_events (archive, time_ms, event, bytes) VALUES ($1, $2, $3, $4)", id,
        event.time.ms, seq, envelope.size()));
    TM_CHECK(
        tx.exec("UPDATE archives SET event_count = event_count + 1, size_bytes = size_bytes + $2"
                " WHERE id = $1",
                id, envelope.size()));
  }
  return {};
}

}  // namespace tidemill::events
