#include "cloudtrail/trail.h"

#include "base/json.h"
#include "base/log.h"

namespace tidemill::cloudtrail {
namespace {

constexpr std::size_t waiting_max = 10'000;
constexpr std::size_t waiting_bytes_max = 32 << 20;
constexpr int forgotten_a_step = 1000;

std::string resources_text(const Record& record) {
  json::array list;
  for (const auto& [name, type] : record.resources) list.push_back(json::array{name, type});
  return json::dump(list);
}

Status insert_key(store::Tx& tx, const Record& record, std::int64_t seq, std::string_view key,
                  std::string_view value) {
  if (value.empty()) return {};
  TM_CHECK(
      tx.exec("INSERT INTO audit_keys (account, region, key, value, at_ms, seq)"
              " VALUES ($1, $2, $3, $4, $5, $6)"
              " ON CONFLICT (account, region, key, value, at_ms, seq) DO NOTHING",
              record.scope.account, record.scope.region, key, value, record.at.ms, seq));
  return {};
}

Status insert(store::Tx& tx, const Record& record) {
  const auto read = [](const store::Row& row) { return row.integer(0); };
  TM_TRY(const auto seq,
         tx.one("INSERT INTO audit_events (account, region, at_ms, event_id, name, source,"
                " username, access_key, resources, record)"
                " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) RETURNING seq",
                read, record.scope.account, record.scope.region, record.at.ms, record.event_id,
                record.name, record.source, record.username, record.access_key,
                resources_text(record), record.text));
  TM_CHECK(insert_key(tx, record, *seq, "EventId", record.event_id));
  TM_CHECK(insert_key(tx, record, *seq, "EventName", record.name));
  TM_CHECK(insert_key(tx, record, *seq, "EventSource", record.source));
  TM_CHECK(insert_key(tx, record, *seq, "Username", record.username));
  TM_CHECK(insert_key(tx, record, *seq, "AccessKeyId", record.access_key));
  for (const auto& [name, type] : record.resources) {
    TM_CHECK(insert_key(tx, record, *seq, "ResourceName", name));
    TM_CHECK(insert_key(tx, record, *seq, "ResourceType", type));
  }
  return {};
}

Status insert(store::Tx& tx, const std::vector<Record>& records) {
  for (const auto& record : records) TM_CHECK(insert(tx, record));
  return {};
}

Result<Record> read_record(const store::Row& row) {
  Record record{.scope = {},
                .at = {row.integer(0)},
                .event_id = row.text(2),
                .name = row.text(3),
                .source = row.text(4),
                .username = row.text(5),
                .access_key = row.text(6),
                .resources = {},
                .text = row.text(8)};
  TM_TRY(const auto resources, json::parse(row.bytes(7)));
  for (const auto& one : resources.as_array()) {
    const auto& pair = one.as_array();
    record.resources.emplace_back(json::view(pair.at(0).as_string()),
                                  json::view(pair.at(1).as_string()));
  }
  return record;
}

constexpr std::string_view all_sql =
    "SELECT at_ms, seq, event_id, name, source, username, access_key, resources, record"
    " FROM audit_events WHERE account = $1 AND region = $2 AND at_ms >= $3"
    " AND (at_ms, seq) < ($4, $5) ORDER BY at_ms DESC, seq DESC";
constexpr std::string_view keyed_sql =
    "SELECT e.at_ms, e.seq, e.event_id, e.name, e.source, e.username, e.access_key, e.resources,"
    " e.record FROM audit_keys k JOIN audit_events e ON e.seq = k.seq"
    " WHERE k.account = $1 AND k.region = $2 AND k.key = $6 AND k.value = $7 AND k.at_ms >= $3"
    " AND (k.at_ms, k.seq) < ($4, $5) ORDER BY k.at_ms DESC, k.seq DESC";

}  // namespace

void Trail::drop(std::size_t count) {
  if (count == 0) return;
  if (dropped_.fetch_add(count) == 0) {
    TM_LOG(warn, "cloudtrail", "calls are missing in the audit trail", {{"count", count}});
  }
}

void Trail::note(const wire::AuditedCall& call) {
  auto record = make_record(call, random_);
  {
    const std::lock_guard lock(lock_);
    const auto bytes = waiting_bytes_ + record.text.size();
    if (waiting_.size() >= waiting_max || bytes > waiting_bytes_max) return drop(1);
    waiting_bytes_ = bytes;
    waiting_.push_back(std::move(record));
    if (is_writing_) return;
    is_writing_ = true;
  }
  write_waiting();
}

Trail::Batch Trail::take() {
  const std::lock_guard lock(lock_);
  waiting_bytes_ = 0;
  return std::make_shared<std::vector<Record>>(std::exchange(waiting_, {}));
}

void Trail::write_waiting() {
  auto batch = take();
  store_.post([batch](store::Tx& tx) { return insert(tx, *batch); },
              [this, batch](const Status& done) { written(batch, done); });
}

void Trail::written(const Batch& batch, const Status& done) {
  if (!done) drop(batch->size());
  {
    const std::lock_guard lock(lock_);
    // After a failure the next call tries again.
    is_writing_ = done.has_value() && !waiting_.empty();
    if (!is_writing_) return;
  }
  write_waiting();
}

void Trail::close() {
  const auto batch = take();
  if (batch->empty()) return;
  auto write = [&](store::Tx& tx) { return insert(tx, *batch); };
  if (!store_.write_now(write)) drop(batch->size());
}

Result<LookupPage> Trail::lookup(store::Tx& tx, const LookupQuery& query) {
  LookupPage page;
  Place last;
  Status parsed;
  const store::RowFn take = [&](const store::Row& row) {
    if (int(page.records.size()) == query.count) {
      page.next = last;
      return false;
    }
    auto record = read_record(row);
    if (!record) parsed = std::unexpected(record.error());
    if (!record) return false;
    page.records.push_back(*std::move(record));
    last = {row.integer(0), row.integer(1)};
    return true;
  };
  const auto from = query.from ? query.from->ms : 0;
  const auto end = query.until ? Place{query.until->ms + 1, 0} : Place{INT64_MAX, INT64_MAX};
  const auto before = query.before.value_or(end);
  if (query.key.empty()) {
    TM_CHECK(tx.each(all_sql, take, query.scope.account, query.scope.region, from, before.at_ms,
                     before.seq));
  } else {
    TM_CHECK(tx.each(keyed_sql, take, query.scope.account, query.scope.region, from, before.at_ms,
                     before.seq, query.key, query.value));
  }
  TM_CHECK(parsed);
  return page;
}

Result<bool> Trail::forget(store::Tx& tx, TimeMs before) {
  TM_CHECK(
      tx.exec("DELETE FROM audit_keys WHERE seq IN"
              " (SELECT seq FROM audit_events WHERE at_ms < $1 ORDER BY at_ms, seq LIMIT $2)",
              before.ms, forgotten_a_step));
  TM_TRY(const auto gone,
         tx.exec("DELETE FROM audit_events WHERE seq IN"
                 " (SELECT seq FROM audit_events WHERE at_ms < $1 ORDER BY at_ms, seq LIMIT $2)",
                 before.ms, forgotten_a_step));
  return gone == forgotten_a_step;
}

Status Trail::reset(store::Tx& tx) {
  TM_CHECK(tx.exec("DELETE FROM audit_keys"));
  TM_CHECK(tx.exec("DELETE FROM audit_events"));
  return {};
}

}  // namespace tidemill::cloudtrail
