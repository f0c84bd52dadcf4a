#include "events/batch_rows.h"

#include <fmt/format.h>

#include "base/log.h"

namespace tidemill::events {
namespace {

constexpr std::string_view columns =
    "id, account, region, rule_name, rule_arn, target_id, group_key, plan, opened_ms, last_ms,"
    " due_ms, files, members, missing, bucket, marker, note, reason, closed_ms";
constexpr int uris_shown = 20;

Batch read_batch(const store::Row& row) {
  Batch batch{.id = row.integer(0),
              .scope = {row.text(1), row.text(2)},
              .rule_name = row.text(3),
              .rule_arn = row.text(4),
              .target_id = row.text(5),
              .group = row.text(6),
              .plan = {},
              .state = {.opened = {row.integer(8)},
                        .last = {row.integer(9)},
                        .files = int(row.integer(11)),
                        .members = int(row.integer(12)),
                        .missing = {}},
              .due = row.maybe_time(10),
              .bucket = row.text(14),
              .marker = row.text(15),
              .note = row.text(16),
              .reason = row.text(17),
              .closed = row.maybe_time(18)};
  if (auto plan = parse_batch_plan(row.bytes(7))) batch.plan = *std::move(plan);
  if (const auto missing = row.maybe_integer(13)) batch.state.missing = int(*missing);
  return batch;
}

std::string text_of(const store::Row& row) { return row.text(0); }

json::value maybe(const std::optional<TimeMs>& time) {
  return time ? json::value(time->ms) : json::value(nullptr);
}

json::object shown(const Batch& batch) {
  return {
      {"id", batch.id},
      {"group", batch.group},
      {"state", batch.closed ? "closed" : "open"},
      {"plan", batch.plan.text},
      {"files", batch.state.files},
      {"members", batch.state.members},
      {"missing", batch.state.missing ? json::value(*batch.state.missing) : json::value(nullptr)},
      {"marker", batch.marker},
      {"note", batch.note},
      {"opened_ms", batch.state.opened.ms},
      {"closes_ms", maybe(batch.due)},
      {"reason", batch.reason},
      {"closed_ms", maybe(batch.closed)}};
}

/// The line of a run's manifest, from an event "Object Created".
std::string manifest_line(const store::Row& row) {
  json::object line;
  const auto event = json::parse_object(row.bytes(0));
  const auto* detail = event ? event->if_contains("detail") : nullptr;
  const auto member = [](const json::value* of, const char* name) {
    const auto* object = of == nullptr ? nullptr : of->if_object();
    return object == nullptr ? nullptr : object->if_contains(name);
  };
  const auto put = [&](const char* name, const json::value* value) {
    if (value != nullptr) line[name] = *value;
  };
  const auto* object = member(detail, "object");
  put("bucket", member(member(detail, "bucket"), "name"));
  put("key", member(object, "key"));
  put("size", member(object, "size"));
  put("etag", member(object, "etag"));
  put("version_id", member(object, "version-id"));
  put("sequencer", member(object, "sequencer"));
  line["event_id"] = row.bytes(1);
  if (event) put("event_time", event->if_contains("time"));
  return json::dump(line) + "\n";
}

}  // namespace

Result<std::optional<BatchPlan>> batch_plan_of(store::Tx& tx, std::string_view rule_arn) {
  TM_TRY(const auto value, tx.one("SELECT value FROM event_tags WHERE arn = $1 AND key = $2",
                                  text_of, rule_arn, batch_tag));
  if (!value) return std::nullopt;
  auto plan = parse_batch_plan(*value);
  if (plan) return *std::move(plan);
  // Of a time when the tag meant nothing yet: no reason not to start.
  TM_LOG(warn, "events", "a rule's batch tag is left aside",
         {{"rule", rule_arn}, {"reason", plan.error().message}});
  return std::nullopt;
}

Result<std::optional<Batch>> find_open_batch(store::Tx& tx, const Batch& like) {
  static const std::string sql = fmt::format(
      "SELECT {} FROM batches WHERE state = 'open' AND rule_arn = $1 AND target_id = $2"
      " AND group_key = $3",
      columns);
  return tx.one(sql, read_batch, like.rule_arn, like.target_id, like.group);
}

Result<std::optional<Batch>> find_batch(store::Tx& tx, std::int64_t id) {
  static const std::string sql = fmt::format("SELECT {} FROM batches WHERE id = $1", columns);
  return tx.one(sql, read_batch, id);
}

Result<std::optional<Batch>> find_crowded_out(store::Tx& tx, const Batch& like) {
  TM_TRY(const auto open, tx.one(
                              "SELECT count(*), min(id) FROM batches WHERE state = 'open'"
                              " AND rule_arn = $1 AND target_id = $2",
                              [](const store::Row& row) {
                                return std::pair(row.integer(0), row.maybe_integer(1).value_or(0));
                              },
                              like.rule_arn, like.target_id));
  if (open->first < batches_open_max) return std::nullopt;
  return find_batch(tx, open->second);
}

Result<std::vector<Batch>> due_batches(store::Tx& tx, TimeMs now, int count) {
  static const std::string sql = fmt::format(
      "SELECT {} FROM batches WHERE state = 'open' AND due_ms <= $1 ORDER BY due_ms LIMIT $2",
      columns);
  return tx.all(sql, read_batch, now.ms, count);
}

Result<std::optional<TimeMs>> next_due_batch(store::Tx& tx) {
  TM_TRY(const auto next, tx.one("SELECT min(due_ms) FROM batches WHERE state = 'open'",
                                 [](const store::Row& row) { return row.maybe_time(0); }));
  return next ? *next : std::nullopt;
}

Status save_batch(store::Tx& tx, const Batch& batch) {
  TM_CHECK(tx.exec(
      "INSERT INTO batches (id, account, region, rule_name, rule_arn, target_id, group_key,"
      " plan, state, opened_ms, last_ms, due_ms, files, members, missing, bucket, marker,"
      " note, reason, closed_ms) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12,"
      " $13, $14, $15, $16, $17, $18, $19, $20) ON CONFLICT (id) DO UPDATE SET state = $9,"
      " last_ms = $11, due_ms = $12, files = $13, members = $14, missing = $15,"
      " bucket = $16, marker = $17, note = $18, reason = $19, closed_ms = $20",
      batch.id, batch.scope.account, batch.scope.region, batch.rule_name, batch.rule_arn,
      batch.target_id, batch.group, batch.plan.text, batch.closed ? "closed" : "open",
      batch.state.opened.ms, batch.state.last.ms, batch.due, batch.state.files, batch.state.members,
      batch.state.missing, batch.bucket, batch.marker, batch.note, batch.reason, batch.closed));
  return {};
}

Result<bool> add_batch_file(store::Tx& tx, std::int64_t batch, std::string_view file,
                            std::int64_t delivery) {
  TM_TRY(const auto renewed,
         tx.exec("UPDATE batch_files SET delivery = $3 WHERE batch = $1 AND file = $2", batch, file,
                 delivery));
  if (renewed > 0) return false;
  TM_CHECK(tx.exec("INSERT INTO batch_files (batch, file, delivery) VALUES ($1, $2, $3)", batch,
                   file, delivery));
  return true;
}

Result<bool> take_expected(store::Tx& tx, std::int64_t batch, std::string_view file) {
  TM_TRY(const auto taken,
         tx.exec("DELETE FROM batch_expected WHERE batch = $1 AND file = $2", batch, file));
  return taken > 0;
}

Result<int> expect_files(store::Tx& tx, std::int64_t batch, std::string_view list,
                         const std::vector<std::string>& files) {
  TM_CHECK(tx.exec("DELETE FROM batch_expected WHERE batch = $1 AND list = $2", batch, list));
  for (const auto& file : files) {
    TM_CHECK(
        tx.exec("INSERT INTO batch_expected (batch, file, list) SELECT $1, $2, $3 WHERE NOT EXISTS"
                " (SELECT 1 FROM batch_files WHERE batch = $1 AND file = $2)"
                " ON CONFLICT (batch, file) DO NOTHING",
                batch, file, list));
  }
  TM_TRY(const auto missing, tx.one(
                                 "SELECT count(*) FROM batch_expected WHERE batch = $1",
                                 [](const store::Row& row) { return row.integer(0); }, batch));
  return int(*missing);
}

Status add_unread(store::Tx& tx, const UnreadList& list) {
  TM_CHECK(
      tx.exec("INSERT INTO batch_lists (batch, file) VALUES ($1, $2)"
              " ON CONFLICT (batch, file) DO NOTHING",
              list.batch, list.uri));
  return {};
}

Result<bool> remove_unread(store::Tx& tx, const UnreadList& list) {
  TM_TRY(const auto removed,
         tx.exec("DELETE FROM batch_lists WHERE batch = $1 AND file = $2", list.batch, list.uri));
  return removed > 0;
}

Result<std::optional<UnreadList>> next_unread(store::Tx& tx) {
  return tx.one("SELECT batch, file FROM batch_lists ORDER BY batch, file LIMIT 1",
                [](const store::Row& row) {
                  return UnreadList{.batch = row.integer(0), .uri = row.text(1)};
                });
}

Result<BatchFacts> facts_of_batch(store::Tx& tx, std::int64_t id) {
  TM_TRY(const auto batch, find_batch(tx, id));
  TM_ASSERT(batch.has_value());
  BatchFacts facts{.id = id,
                   .group = batch->group,
                   .files = batch->state.files,
                   .bucket = batch->bucket,
                   .marker = batch->marker,
                   .reason = batch->reason,
                   .closes = batch->due,
                   .closed = batch->closed.value_or(TimeMs()),
                   .uris = {}};
  if (facts.files > batch_uris_max) return facts;
  TM_TRY(facts.uris,
         tx.all("SELECT file FROM batch_files WHERE batch = $1 ORDER BY delivery", text_of, id));
  return facts;
}

Result<std::string> batch_manifest(store::Tx& tx, std::int64_t delivery) {
  std::string manifest;
  const auto add = [&manifest](const store::Row& row) {
    manifest += manifest_line(row);
    return true;
  };
  TM_CHECK(
      tx.each("SELECT e.envelope, e.id FROM batch_files f JOIN deliveries d ON d.id = f.delivery"
              " JOIN events e ON e.seq = d.event"
              " WHERE f.batch = (SELECT batch FROM deliveries WHERE id = $1) ORDER BY f.delivery",
              add, delivery));
  return manifest;
}

Result<json::object> show_batch(store::Tx& tx, std::int64_t id) {
  TM_TRY(const auto batch, find_batch(tx, id));
  if (!batch) return json::object();
  auto out = shown(*batch);
  const auto list = [&](std::string_view sql) -> Result<json::array> {
    TM_TRY(const auto uris, tx.all(sql, text_of, id, uris_shown));
    return json::array(uris.begin(), uris.end());
  };
  TM_TRY(out["uris"],
         list("SELECT file FROM batch_files WHERE batch = $1 ORDER BY delivery LIMIT $2"));
  TM_TRY(out["awaited"],
         list("SELECT file FROM batch_expected WHERE batch = $1 ORDER BY file LIMIT $2"));
  return out;
}

Result<json::array> show_open_batches(store::Tx& tx, std::string_view rule_arn, int count) {
  static const std::string sql = fmt::format(
      "SELECT {} FROM batches WHERE state = 'open' AND rule_arn = $1 ORDER BY id LIMIT $2",
      columns);
  TM_TRY(const auto open, tx.all(sql, read_batch, rule_arn, count));
  json::array out;
  for (const auto& batch : open) out.push_back(shown(batch));
  return out;
}

}  // namespace tidemill::events
