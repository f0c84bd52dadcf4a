// Log streams.
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

/// A listing's four orders, each beginning after ($2) or after ($3, $2). $4: the prefix.
constexpr std::string_view by_name =
    "SELECT id, name, created_ms, first_ms, last_ms, ingested_ms FROM log_streams"
    " WHERE log_group = $1 AND name > $2 AND name >= $4 ORDER BY name";
constexpr std::string_view by_name_down =
    "SELECT id, name, created_ms, first_ms, last_ms, ingested_ms FROM log_streams"
    " WHERE log_group = $1 AND ($3 = 0 OR name < $2) AND name >= $4 ORDER BY name DESC";
constexpr std::string_view by_time =
    "SELECT id, name, created_ms, first_ms, last_ms, ingested_ms FROM log_streams"
    " WHERE log_group = $1 AND (last_ms, name) > ($3, $2) ORDER BY last_ms, name";
constexpr std::string_view by_time_down =
    "SELECT id, name, created_ms, first_ms, last_ms, ingested_ms FROM log_streams"
    " WHERE log_group = $1 AND (last_ms, name) < ($3, $2) ORDER BY last_ms DESC, name DESC";

struct Place {
  std::string name;
  std::int64_t time = 0;
};

/// Where the page begins; `time` stands for "there is a token" where names alone give the order.
Result<Place> place_after(const StreamQuery& query) {
  if (!query.token) {
    if (!query.by_last_event) return Place{};
    return Place{{}, query.descending ? INT64_MAX : INT64_MIN};
  }
  TM_TRY(const auto inside, parse_list_token(*query.token));
  if (!query.by_last_event) return Place{inside, 1};
  const auto colon = inside.find(':');
  if (colon == inside.npos) return bad_token();
  Place place{inside.substr(colon + 1), 0};
  const auto* end = inside.data() + colon;
  const auto [stop, code] = std::from_chars(inside.data(), end, place.time);
  if (code != std::errc() || stop != end) return bad_token();
  return place;
}

std::string token_of(const StreamQuery& query, const Stream& last) {
  if (!query.by_last_event) return list_token(last.name);
  return list_token(fmt::format("{}:{}", last.last ? last.last->ms : -1, last.name));
}

std::string_view statement(const StreamQuery& query) {
  if (query.by_last_event) return query.descending ? by_time_down : by_time;
  return query.descending ? by_name_down : by_name;
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
  TM_TRY(const auto after, place_after(query));
  StreamPage page;
  const store::RowFn row = [&](const store::Row& r) {
    if (!r.bytes(1).starts_with(query.prefix)) return query.descending;
    if (page.streams.size() == std::size_t(query.limit)) {
      page.token = token_of(query, page.streams.back());
      return false;
    }
    page.streams.push_back(to_stream(r));
    return true;
  };
  TM_CHECK(tx.each(statement(query), row, found.id, after.name, after.time, query.prefix));
  return page;
}

}  // namespace tidemill::logs
