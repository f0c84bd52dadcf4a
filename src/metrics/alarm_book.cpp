#include "metrics/alarm_book.h"

#include <algorithm>

#include <fmt/format.h>

#include "metrics/alarm_text.h"

namespace tidemill::metrics {
namespace {

constexpr auto history_kept = std::chrono::days(30);
constexpr std::size_t tags_max = 50;

constexpr std::string_view columns =
    "id, account, region, name, settings, actions_enabled, state, reason, reason_data, state_ms,"
    " changed_ms, configured_ms, revision";

Alarm read_alarm(const store::Row& row) {
  Alarm alarm;
  alarm.id = row.integer(0);
  alarm.key = {{row.text(1), row.text(2)}, row.text(3)};
  alarm.settings = json::parse_object(row.bytes(4)).value();
  alarm.actions_enabled = row.integer(5) != 0;
  alarm.state = row.text(6);
  alarm.reason = row.text(7);
  alarm.reason_data = row.maybe_text(8);
  alarm.state_at = {row.integer(9)};
  alarm.changed = {row.integer(10)};
  alarm.configured = {row.integer(11)};
  alarm.revision = row.integer(12);
  return alarm;
}

Error not_there(std::string_view name, std::string message) {
  return Error{.code = Errc::not_found,
               .message = std::move(message),
               .name = std::string(name),
               .status = 404};
}

Result<Alarm> require_tagged(store::Tx& tx, const AlarmKey& key) {
  TM_TRY(auto alarm, AlarmBook::find(tx, key));
  if (alarm) return *std::move(alarm);
  return std::unexpected(not_there("ResourceNotFoundException", "Unknown"));
}

bool is_asked_for(const Alarm& alarm, const AlarmQuery& query) {
  if (!query.state.empty() && alarm.state != query.state) return false;
  if (query.action_prefix.empty()) return true;
  for (const auto* list : {"OKActions", "AlarmActions", "InsufficientDataActions"}) {
    for (const auto& action : alarm.texts(list)) {
      if (action.starts_with(query.action_prefix)) return true;
    }
  }
  return false;
}

Result<AlarmPage> list_named(store::Tx& tx, const AlarmQuery& query) {
  auto names = query.names;
  std::ranges::sort(names);
  names.erase(std::ranges::unique(names).begin(), names.end());
  AlarmPage page;
  for (const auto& name : names) {
    if (name <= query.after) continue;
    TM_TRY(auto alarm, AlarmBook::find(tx, {query.scope, name}));
    if (!alarm || !is_asked_for(*alarm, query)) continue;
    if (int(page.alarms.size()) == query.count) {
      page.next = page.alarms.back().key.name;
      break;
    }
    page.alarms.push_back(*std::move(alarm));
  }
  return page;
}

Status put_tags(store::Tx& tx, std::int64_t alarm, const Tags& tags) {
  for (const auto& [key, value] : tags) {
    TM_CHECK(
        tx.exec("INSERT INTO alarm_tags (alarm, key, value) VALUES ($1, $2, $3)"
                " ON CONFLICT (alarm, key) DO UPDATE SET value = excluded.value",
                alarm, key, value));
  }
  return {};
}

}  // namespace

Result<std::optional<Alarm>> AlarmBook::find(store::Tx& tx, const AlarmKey& key) {
  static const std::string sql = fmt::format(
      "SELECT {} FROM alarms WHERE account = $1 AND region = $2 AND name = $3", columns);
  return tx.one(sql, read_alarm, key.scope.account, key.scope.region, key.name);
}

Result<std::vector<Alarm>> AlarmBook::all(store::Tx& tx, std::int64_t after, int count) {
  static const std::string sql =
      fmt::format("SELECT {} FROM alarms WHERE id > $1 ORDER BY id LIMIT $2", columns);
  return tx.all(sql, read_alarm, after, count);
}

Result<AlarmPage> AlarmBook::list(store::Tx& tx, const AlarmQuery& query) {
  static const std::string sql = fmt::format(
      "SELECT {} FROM alarms WHERE account = $1 AND region = $2 AND name >= $3"
      " AND name > $4 ORDER BY name",
      columns);
  if (!query.names.empty()) return list_named(tx, query);
  AlarmPage page;
  const store::RowFn row = [&](const store::Row& r) {
    if (!r.bytes(3).starts_with(query.prefix)) return false;
    auto alarm = read_alarm(r);
    if (!is_asked_for(alarm, query)) return true;
    if (int(page.alarms.size()) == query.count) {
      page.next = page.alarms.back().key.name;
      return false;
    }
    page.alarms.push_back(std::move(alarm));
    return true;
  };
  TM_CHECK(tx.each(sql, row, query.scope.account, query.scope.region, query.prefix, query.after));
  return page;
}

Status AlarmBook::put(store::Tx& tx, const AlarmKey& key, const json::object& settings,
                      const Tags& tags) {
  TM_CHECK(check_alarm(settings));
  if (tags.size() > tags_max) return invalid("An alarm can have 50 tags.");
  TM_TRY(const auto before, find(tx, key));
  Alarm alarm = before.value_or(Alarm{});
  alarm.key = key;
  alarm.settings = settings;
  const auto* enabled = settings.if_contains("ActionsEnabled");
  alarm.actions_enabled = enabled == nullptr || enabled->as_bool();
  alarm.configured = parts_.clock.now();
  if (!before) alarm.state_at = alarm.changed = alarm.configured;
  alarm.settings.erase("ActionsEnabled");
  TM_CHECK(
      tx.exec("INSERT INTO alarms (account, region, name, settings, actions_enabled, state, reason,"
              " reason_data, state_ms, changed_ms, configured_ms, revision)"
              " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, 1)"
              " ON CONFLICT (account, region, name) DO UPDATE SET settings = excluded.settings,"
              " actions_enabled = excluded.actions_enabled,"
              " configured_ms = excluded.configured_ms, revision = revision + 1",
              key.scope.account, key.scope.region, key.name, json::dump(alarm.settings),
              alarm.actions_enabled ? 1 : 0, alarm.state, alarm.reason, alarm.reason_data,
              alarm.state_at.ms, alarm.changed.ms, alarm.configured.ms));
  if (!before) {  // Tags of an alarm that is there already are TagResource's.
    TM_TRY(const auto made, find(tx, key));
    TM_CHECK(put_tags(tx, made->id, tags));
  }
  TM_CHECK(note(tx, key,
                {"ConfigurationUpdate",
                 fmt::format("Alarm \"{}\" {}", key.name, before ? "updated" : "created"),
                 configuration_data(alarm, before ? "Update" : "Create")}));
  if (parts_.changed) tx.on_commit([this] { parts_.changed(); });
  return {};
}

Status AlarmBook::remove(store::Tx& tx, const Scope& scope, std::span<const std::string> names) {
  std::map<std::string, Alarm> alarms;
  for (const auto& name : names) {
    TM_TRY(auto alarm, find(tx, {scope, name}));
    if (!alarm) return std::unexpected(not_there("ResourceNotFound", ""));
    alarms[name] = *std::move(alarm);
  }
  for (const auto& [name, alarm] : alarms) {
    TM_CHECK(tx.exec("DELETE FROM alarm_tags WHERE alarm = $1", alarm.id));
    TM_CHECK(tx.exec("DELETE FROM alarms WHERE id = $1", alarm.id));
    TM_CHECK(note(tx, alarm.key,
                  {"ConfigurationUpdate", fmt::format("Alarm \"{}\" deleted", name),
                   configuration_data(alarm, "Delete")}));
  }
  return {};
}

Status AlarmBook::enable_actions(store::Tx& tx, const Scope& scope,
                                 std::span<const std::string> names, bool enabled) {
  for (const auto& name : names) {
    TM_TRY(auto alarm, find(tx, {scope, name}));
    if (!alarm || alarm->actions_enabled == enabled) continue;
    alarm->actions_enabled = enabled;
    TM_CHECK(
        tx.exec("UPDATE alarms SET actions_enabled = $2, configured_ms = $3,"
                " revision = revision + 1 WHERE id = $1",
                alarm->id, enabled ? 1 : 0, parts_.clock.now().ms));
    TM_CHECK(note(tx, alarm->key,
                  {"ConfigurationUpdate", fmt::format("Alarm \"{}\" updated", name),
                   configuration_data(*alarm, "Update")}));
  }
  return {};
}

Status AlarmBook::set_state(store::Tx& tx, const AlarmKey& key, const Verdict& verdict) {
  TM_TRY(auto alarm, find(tx, key));
  if (!alarm) return std::unexpected(not_there("ResourceNotFound", ""));
  return change_state(tx, *std::move(alarm), verdict);
}

Status AlarmBook::judge(store::Tx& tx, const Alarm& seen, const Verdict& verdict) {
  TM_TRY(auto alarm, find(tx, seen.key));
  if (!alarm || alarm->id != seen.id || alarm->revision != seen.revision) return {};
  if (alarm->state == verdict.state) return {};
  return change_state(tx, *std::move(alarm), verdict);
}

/// A state that stays as it was gets its new reason, and is no news.
Status AlarmBook::change_state(store::Tx& tx, Alarm alarm, const Verdict& verdict) const {
  const Alarm before = alarm;
  alarm.state = verdict.state;
  alarm.reason = verdict.reason;
  alarm.reason_data = verdict.reason_data;
  alarm.state_at = parts_.clock.now();
  if (before.state != alarm.state) alarm.changed = alarm.state_at;
  TM_CHECK(tx.exec(
      "UPDATE alarms SET state = $2, reason = $3, reason_data = $4, state_ms = $5,"
      " changed_ms = $6, revision = revision + 1 WHERE id = $1",
      alarm.id, alarm.state, alarm.reason, alarm.reason_data, alarm.state_at.ms, alarm.changed.ms));
  if (before.state == alarm.state) return {};
  TM_CHECK(
      note(tx, alarm.key,
           {"StateUpdate", fmt::format("Alarm updated from {} to {}", before.state, alarm.state),
            state_update_data(before, alarm)}));
  TM_CHECK(publish(tx, before, alarm));
  return act(tx, before, alarm);
}

Status AlarmBook::publish(store::Tx& tx, const Alarm& before, const Alarm& after) const {
  events::Event event;
  event.time = after.state_at;
  event.id = ordered_uuid(parts_.random, event.time);
  event.scope = after.key.scope;
  event.source = "aws.cloudwatch";
  event.detail_type = "CloudWatch Alarm State Change";
  event.resources = {after.key.arn()};
  event.detail = state_change_detail(before, after, random_uuid(parts_.random));
  return parts_.bus.publish(tx, event);
}

/// What became of each action is told in the history, with its ARN.
Status AlarmBook::act(store::Tx& tx, const Alarm& before, const Alarm& alarm) const {
  if (!alarm.actions_enabled) return {};
  const auto notice = notice_of(before, alarm);
  for (const auto& action : alarm.actions()) {
    std::optional<std::string> against = "nothing here performs actions";
    if (parts_.actions != nullptr) {
      TM_TRY(against, parts_.actions->perform(tx, action, notice));
    }
    TM_CHECK(note(tx, alarm.key,
                  {"Action",
                   fmt::format("{} action {}",
                               against ? "Failed to execute" : "Successfully executed", action),
                   action_data(alarm, action, notice.message, against)}));
  }
  return {};
}

Status AlarmBook::note(store::Tx& tx, const AlarmKey& key, const Note& note) const {
  const auto now = parts_.clock.now();
  TM_CHECK(tx.exec("DELETE FROM alarm_history WHERE at_ms < $1", now.plus(-history_kept).ms));
  TM_CHECK(tx.exec(
      "INSERT INTO alarm_history (account, region, name, at_ms, type, summary, data)"
      " VALUES ($1, $2, $3, $4, $5, $6, $7)",
      key.scope.account, key.scope.region, key.name, now.ms, note.type, note.summary, note.data));
  return {};
}

Result<std::vector<HistoryItem>> AlarmBook::history(store::Tx& tx, const HistoryQuery& query) {
  static const std::string sql =
      "SELECT seq, name, type, summary, data, at_ms FROM alarm_history WHERE account = $1"
      " AND region = $2 AND ($3 = '' OR name = $3) AND ($4 = '' OR type = $4)"
      " AND at_ms >= $5 AND at_ms <= $6";
  static const std::string up = sql + " AND seq > $7 ORDER BY seq LIMIT $8";
  static const std::string down = sql + " AND ($7 = 0 OR seq < $7) ORDER BY seq DESC LIMIT $8";
  const auto read = [](const store::Row& row) {
    return HistoryItem{row.integer(0), row.text(1), row.text(2),
                       row.text(3),    row.text(4), {row.integer(5)}};
  };
  return tx.all(query.oldest_first ? up : down, read, query.scope.account, query.scope.region,
                query.name, query.type, query.from.value_or(TimeMs{0}).ms,
                query.until.value_or(TimeMs{INT64_MAX}).ms, query.after, query.count);
}

Status AlarmBook::tag(store::Tx& tx, const AlarmKey& key, const Tags& given) {
  TM_TRY(const auto alarm, require_tagged(tx, key));
  TM_CHECK(put_tags(tx, alarm.id, given));
  TM_TRY(const auto now, tags(tx, key));
  if (now.size() > tags_max) return invalid("An alarm can have 50 tags.");
  return {};
}

Status AlarmBook::untag(store::Tx& tx, const AlarmKey& key, std::span<const std::string> keys) {
  TM_TRY(const auto alarm, require_tagged(tx, key));
  for (const auto& tag : keys) {
    TM_CHECK(tx.exec("DELETE FROM alarm_tags WHERE alarm = $1 AND key = $2", alarm.id, tag));
  }
  return {};
}

Result<Tags> AlarmBook::tags(store::Tx& tx, const AlarmKey& key) {
  Tags tags;
  const store::RowFn row = [&tags](const store::Row& r) {
    tags[r.text(0)] = r.text(1);
    return true;
  };
  TM_CHECK(
      tx.each("SELECT t.key, t.value FROM alarm_tags t JOIN alarms a ON a.id = t.alarm"
              " WHERE a.account = $1 AND a.region = $2 AND a.name = $3 ORDER BY t.key",
              row, key.scope.account, key.scope.region, key.name));
  return tags;
}

Status AlarmBook::reset(store::Tx& tx) {
  for (const auto* table : {"alarms", "alarm_tags", "alarm_history"}) {
    TM_CHECK(tx.exec(fmt::format("DELETE FROM {}", table)));
  }
  return {};
}

}  // namespace tidemill::metrics
