#include "events/replay.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/json.h"
#include "base/log.h"

namespace tidemill::events {
namespace {

constexpr std::string_view columns =
    "id, account, region, name, archive, bus_account, bus_region, bus, filter_arns, description,"
    " reason, from_ms, until_ms, state, started_ms, ended_ms, last_ms, last_event, sent";

std::vector<std::string> texts_of(std::string_view list) {
  std::vector<std::string> out;
  const auto parsed = json::parse(list);
  TM_ASSERT(parsed.has_value() && parsed->is_array());
  for (const auto& item : parsed->get_array()) out.emplace_back(json::view(item.get_string()));
  return out;
}

Replay read_replay(const store::Row& row) {
  return {.id = row.integer(0),
          .scope = {row.text(1), row.text(2)},
          .name = row.text(3),
          .archive = row.text(4),
          .destination = {{row.text(5), row.text(6)}, row.text(7)},
          .filter_arns = texts_of(row.bytes(8)),
          .description = row.maybe_text(9),
          .reason = row.maybe_text(10),
          .from = {row.integer(11)},
          .until = {row.integer(12)},
          .state = row.text(13),
          .started = {row.integer(14)},
          .ended = row.maybe_time(15),
          .last = row.maybe_time(16),
          .last_event = row.integer(17),
          .sent = row.integer(18)};
}

struct Archived {
  std::int64_t seq = 0;
  Event event;
};

/// The envelope as it was, with the replay's name before the resources. Text in quotes can't hold
/// the marker: quotes inside of it are escaped.
std::string replayed(std::string envelope, std::string_view replay) {
  const auto at = envelope.find(R"(,"resources":[)");
  TM_ASSERT(at != envelope.npos);
  return envelope.insert(at, R"(,"replay-name":)" + json::quote(replay));
}

Archived read_archived(const store::Row& row, const Replay& replay) {
  Archived archived{.seq = row.integer(0), .event = {}};
  auto& event = archived.event;
  event.id = row.text(1);
  event.subject = row.text(2);
  event.scope = replay.destination.scope;
  event.bus = replay.destination.bus;
  event.time = {row.integer(4)};
  event.replay_name = replay.name;
  event.only_rules = replay.filter_arns;
  auto envelope = row.text(3);
  const auto parsed = json::parse_object(envelope);
  TM_ASSERT(parsed.has_value());
  event.source = json::text_or_empty(*parsed, "source");
  event.detail_type = json::text_or_empty(*parsed, "detail-type");
  event.whole = replayed(std::move(envelope), replay.name);
  return archived;
}

Status save_progress(store::Tx& tx, const Replay& replay) {
  TM_CHECK(
      tx.exec("UPDATE replays SET state = $2, ended_ms = $3, last_ms = $4, last_event = $5,"
              " sent = $6 WHERE id = $1",
              replay.id, replay.state, replay.ended, replay.last, replay.last_event, replay.sent));
  return {};
}

}  // namespace

std::string Replay::arn() const { return make_arn("events", scope, "replay/" + name); }

Result<Replay> require_replay(store::Tx& tx, const Scope& scope, std::string_view name) {
  static const std::string sql = fmt::format(
      "SELECT {} FROM replays WHERE account = $1 AND region = $2 AND name = $3", columns);
  TM_TRY(auto found, tx.one(sql, read_replay, scope.account, scope.region, name));
  if (found) return *std::move(found);
  return fail(Errc::not_found, "ResourceNotFoundException",
              fmt::format("Replay {} does not exist.", name));
}

Result<std::vector<Replay>> list_replays(store::Tx& tx, const Scope& scope) {
  static const std::string sql = fmt::format(
      "SELECT {} FROM replays WHERE account = $1 AND region = $2 AND archive <> '' ORDER BY name",
      columns);
  return tx.all(sql, read_replay, scope.account, scope.region);
}

Status add_replay(store::Tx& tx, const Replay& replay) {
  const auto& bus = replay.destination;
  const json::array filters(replay.filter_arns.begin(), replay.filter_arns.end());
  const auto added = tx.exec(
      "INSERT INTO replays (account, region, name, archive, bus_account, bus_region, bus,"
      " filter_arns, description, from_ms, until_ms, state, started_ms)"
      " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, 'STARTING', $12)",
      replay.scope.account, replay.scope.region, replay.name, replay.archive, bus.scope.account,
      bus.scope.region, bus.bus, json::dump(filters), replay.description, replay.from.ms,
      replay.until.ms, replay.started.ms);
  if (!added && added.error().code == Errc::already_exists) {
    return fail(Errc::already_exists, "ResourceAlreadyExistsException",
                fmt::format("Replay {} already exists.", replay.name));
  }
  TM_CHECK(added);
  return {};
}

Status cancel_replay(store::Tx& tx, const Replay& replay) {
  if (replay.ended || replay.state == "CANCELLING") {
    return fail(Errc::conflict, "IllegalStatusException",
                fmt::format("Replay {} is not in a valid state for this operation.", replay.name));
  }
  TM_CHECK(tx.exec("UPDATE replays SET state = 'CANCELLING' WHERE id = $1", replay.id));
  return {};
}

void Replayer::wake() {
  store_.post(
      [this](store::Tx& tx) -> Status {
        TM_TRY(const bool more, step(tx));
        if (more) tx.on_commit([this] { wake(); });
        return {};
      },
      [this](const Status& done) {
        if (done) return;
        TM_LOG(error, "events", "replay failed", {{"reason", done.error().message}});
        wake_later_();
      });
}

Result<bool> Replayer::step(store::Tx& tx) {
  static const std::string sql =
      fmt::format("SELECT {} FROM replays WHERE ended_ms IS NULL ORDER BY id LIMIT 1", columns);
  TM_TRY(auto replay, tx.one(sql, read_replay));
  if (!replay) return false;
  bool complete = false;
  const bool cancelled = replay->state == "CANCELLING";
  if (!cancelled) TM_CHECK(send(tx, *replay, complete));
  replay->state = cancelled ? "CANCELLED" : complete ? "COMPLETED" : "RUNNING";
  if (cancelled || complete) replay->ended = clock_.now();
  TM_CHECK(save_progress(tx, *replay));
  return true;
}

Result<bool> Replayer::wanted(const Replay& replay, const Event& event) const {
  if (!replay.archive.empty()) return true;
  const auto rules = hub_.rules().match(replay.destination, event.whole);
  return std::ranges::any_of(rules, [&event](const auto& rule) {
    return std::ranges::find(event.only_rules, rule->rule.arn()) != event.only_rules.end();
  });
}

Status Replayer::send(store::Tx& tx, Replay& replay, bool& complete) {
  const auto read = [&replay](const store::Row& row) { return read_archived(row, replay); };
  const auto batch =
      replay.archive.empty()
          ? tx.all(
                "SELECT seq, id, subject, envelope, published_ms FROM events WHERE account = $1"
                " AND region = $2 AND bus = $3 AND seq > $4 AND published_ms >= $5"
                " AND published_ms < $6 ORDER BY seq LIMIT $7",
                read, replay.destination.scope.account, replay.destination.scope.region,
                replay.destination.bus, replay.last_event, replay.from.ms, replay.until.ms,
                batch_max)
          : tx.all(
                "SELECT e.seq, e.id, e.subject, e.envelope, a.time_ms FROM archives r"
                " JOIN archived_events a ON a.archive = r.id JOIN events e ON e.seq = a.event"
                " WHERE r.account = $1 AND r.region = $2 AND r.name = $3"
                " AND (a.time_ms, a.event) > ($4, $5) AND a.time_ms >= $6 AND a.time_ms < $7"
                " ORDER BY a.time_ms, a.event LIMIT $8",
                read, replay.scope.account, replay.scope.region, replay.archive,
                replay.last ? replay.last->ms : replay.from.ms, replay.last_event, replay.from.ms,
                replay.until.ms, batch_max);
  TM_CHECK(batch);
  for (const auto& [seq, event] : *batch) {
    replay.last = event.time;
    replay.last_event = seq;
    TM_TRY(const bool wants, wanted(replay, event));
    if (!wants) continue;
    TM_CHECK(hub_.publish(tx, event));
    ++replay.sent;
  }
  complete = int(batch->size()) < batch_max;
  return {};
}

}  // namespace tidemill::events
