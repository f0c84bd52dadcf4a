// Log streams.
#include <algorithm>
#include <charconv>

#include <fmt/format.h>

#include "logs/ledger.h"
#include "logs/names.h"

namespace tidemill::logs {
namespace {

Stream to_stream(const store::Row& row) {
  Stream stream;
  stream.id = row.integer(0);
  stream.name = row.text(1);
  stream.created = {row.integer(2)};
  if (!row.null(3)) {
    stream.first = TimeMs{row.integer(3)};
    stream.last = TimeMs{row.integer(4)};
    stream.ingested = TimeMs{row.integer(5)};
  }
  return stream;
}

/// A listing's four orders. By name: from $2 on, without $3, where the last page ended (one bound,
/// so that the index is entered at the right place); by time: beginning after ($3, $2).
constexpr std::string_view by_name =
    "SELECT id, name, created_ms, first_ms, last_ms, ingested_ms FROM log_streams"
    " WHERE log_group = $1 AND name >= $2 AND name <> $3 ORDER BY name";
constexpr std::string_view by_name_down =
    "SELECT id, name, created_ms, first_ms, last_ms, ingested_ms FROM log_streams"
    " WHERE log_group = $1 AND name <= $2 AND name <> $3 ORDER BY name DESC";
constexpr std::string_view by_time =
    "SELECT id, name, created_ms, first_ms, last_ms, ingested_ms FROM log_streams"
    " WHERE log_group = $1 AND (last_ms, name) > ($3, $2) ORDER BY last_ms, name";
constexpr std::string_view by_time_down =
    "SELECT id, name, created_ms, first_ms, last_ms, ingested_ms FROM log_streams"
    " WHERE log_group = $1 AND (last_ms, name) < ($3, $2) ORDER BY last_ms DESC, name DESC";

/// Follows every name that has the prefix before it.
constexpr std::string_view last_character = "\U0010FFFF";

struct NamePlace {
  std::string from, without;
};

NamePlace name_place(const StreamQuery& query, const std::string& last) {
  if (!query.descending) return {std::max(last, query.prefix), last};
  auto end = query.prefix + std::string(last_character);
  return {query.token ? std::min(last, end) : std::move(end), last};
}

struct TimePlace {
  std::string name;
  std::int64_t time = 0;
};

Result<TimePlace> time_place(const StreamQuery& query, const std::string& last) {
  if (!query.token) return TimePlace{{}, query.descending ? INT64_MAX : INT64_MIN};
  const auto colon = last.find(':');
  if (colon == last.npos) return bad_token();
  TimePlace place{last.substr(colon + 1), 0};
  const auto* end = last.data() + colon;
  const auto [stop, code] = std::from_chars(last.data(), end, place.time);
  if (code != std::errc() || stop != end) return bad_token();
  return place;
}

std::string token_of(const StreamQuery& query, const Stream& last) {
  if (!query.by_last_event) return list_token(last.name);
  return list_token(fmt::format("{}:{}", last.last ? last.last->ms : -1, last.name));
}

Status list(store::Tx& tx, std::int64_t group, const StreamQuery& query, const store::RowFn& row) {
  std::string last;
  if (query.token) {
    TM_TRY(last, parse_list_token(*query.token));
  }
  if (!query.by_last_event) {
    const auto place = name_place(query, last);
    return tx.each(query.descending ? by_name_down : by_name, row, group, place.from,
                   place.without);
  }
  TM_TRY(const auto place, time_place(query, last));
  return tx.each(query.descending ? by_time_down : by_time, row, group, place.name, place.time);
}

}  // namespace

Result<std::int64_t> Ledger::insert_stream(store::Tx& tx, std::int64_t group,
                                           std::string_view name) {
  TM_TRY(const auto id, reserve(tx, 1));
  TM_CHECK(
      tx.exec("INSERT INTO log_streams (id, log_group, name, created_ms, last_ms)"
              " VALUES ($1, $2, $3, $4, -1)",
              id, group, name, clock_.now().ms));
  return id;
}

Result<std::int64_t> Ledger::stream_id(store::Tx& tx, std::int64_t group,
                                       std::string_view name) const {
  TM_TRY(const auto id, tx.one(
                            "SELECT id FROM log_streams WHERE log_group = $1 AND name = $2",
                            [](const store::Row& row) { return row.integer(0); }, group, name));
  if (!id) return no_such_stream();
  return *id;
}

Status Ledger::create_stream(store::Tx& tx, const StreamKey& key) {
  TM_TRY(const auto found, group(tx, key.group));
  const auto id = insert_stream(tx, found.id, key.name);
  if (!id && id.error().code == Errc::already_exists) {
    return fail(Errc::already_exists, "ResourceAlreadyExistsException",
                "The specified log stream already exists");
  }
  TM_CHECK(id);
  return collect(tx);
}

Status Ledger::delete_stream(store::Tx& tx, const StreamKey& key) {
  TM_TRY(const auto found, group(tx, key.group));
  TM_TRY(const auto id, stream_id(tx, found.id, key.name));
  TM_CHECK(tx.exec("DELETE FROM log_streams WHERE id = $1", id));
  TM_CHECK(tx.exec("INSERT INTO log_garbage (id, is_group) VALUES ($1, 0)", id));
  garbage_ = true;
  return collect(tx);
}

Result<StreamPage> Ledger::streams(store::Tx& tx, const StreamQuery& query) const {
  if (query.by_last_event && !query.prefix.empty()) {
    return invalid_parameter("Cannot order by LastEventTime with a logStreamNamePrefix.");
  }
  TM_TRY(const auto found, group(tx, query.group));
  StreamPage page;
  const store::RowFn row = [&](const store::Row& r) {
    if (!r.bytes(1).starts_with(query.prefix)) return false;
    if (page.streams.size() == std::size_t(query.limit)) {
      page.token = token_of(query, page.streams.back());
      return false;
    }
    page.streams.push_back(to_stream(r));
    return true;
  };
  TM_CHECK(list(tx, found.id, query, row));
  return page;
}

}  // namespace tidemill::logs
