#include "metrics/alarm_book.h"

#include <algorithm>

#include <fmt/format.h>

#include "metrics/alarm_rows.h"
#include "metrics/alarm_text.h"

namespace tidemill::metrics {
namespace {

constexpr auto history_kept = std::chrono::days(30);
constexpr std::size_t tags_max = 50;

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
  if (!(alarm.is_composite ? query.composite_alarms : query.metric_alarms)) return false;
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
      "SELECT {} FROM alarms WHERE account = $1 AND region = $2 AND name = $3", alarm_columns);
  return tx.one(sql, read_alarm, key.scope.account, key.scope.region, key.name);
}

Result<std::vector<Alarm>> AlarmBook::all(store::Tx& tx, std::int64_t after, int count) {
  static const std::string sql =
      fmt::format("SELECT {} FROM alarms WHERE id > $1 AND is_composite = 0 ORDER BY id LIMIT $2",
                  alarm_columns);
  return tx.all(sql, read_alarm, after, count);
}

/// Goes on where the page before ended, or at the first that has the prefix.
Result<AlarmPage> AlarmBook::list(store::Tx& tx, const AlarmQuery& query) {
  static const std::string sql = fmt::format(
      "SELECT {} FROM alarms WHERE account = $1 AND region = $2 AND name >= $3"
      " AND ($4 = '' OR state = $4) AND (is_composite = 0 AND $5 OR is_composite AND $6)"
      " ORDER BY name",
      alarm_columns);
  if (!query.names.empty()) return list_named(tx, query);
  AlarmPage page;
  const store::RowFn row = [&](const store::Row& r) {
    if (!r.bytes(3).starts_with(query.prefix)) return false;
    if (r.bytes(3) == query.after) return true;
    auto alarm = read_alarm(r);
    if (!is_asked_for(alarm, query)) return true;
    if (int(page.alarms.size()) == query.count) {
      page.next = page.alarms.back().key.name;
      return false;
    }
    page.alarms.push_back(std::move(alarm));
    return true;
  };
  TM_CHECK(tx.each(sql, row, query.scope.account, query.scope.region,
                   std::max(query.prefix, query.after), query.state, query.metric_alarms ? 1 : 0,
                   query.composite_alarms ? 1 : 0));
  return page;
}

Result<Alarm> AlarmBook::save(store::Tx& tx, Alarm alarm, const Tags& tags) const {
  if (tags.size() > tags_max) return invalid("An alarm can have 50 tags.");
  const auto& key = alarm.key;
  TM_TRY(const auto before, find(tx, key));
  if (before && before->is_composite != alarm.is_composite) {
    return invalid(
        fmt::format("The alarm {} is a {} alarm: delete it first, or choose another name.",
                    key.name, before->is_composite ? "composite" : "metric"));
  }
  const auto* enabled = alarm.settings.if_contains("ActionsEnabled");
  alarm.actions_enabled = enabled == nullptr || enabled->as_bool();
  alarm.settings.erase("ActionsEnabled");
  const auto now = parts_.clock.now();
  TM_CHECK(
      tx.exec("INSERT INTO alarms (account, region, name, settings, actions_enabled, state, reason,"
              " state_ms, changed_ms, configured_ms, revision, is_composite)"
              " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $8, $8, 1, $9)"
              " ON CONFLICT (account, region, name) DO UPDATE SET settings = excluded.settings,"
              " actions_enabled = excluded.actions_enabled,"
              " configured_ms = excluded.configured_ms, revision = revision + 1",
              key.scope.account, key.scope.region, key.name, json::dump(alarm.settings),
              alarm.actions_enabled ? 1 : 0, alarm.state, alarm.reason, now.ms,
              alarm.is_composite ? 1 : 0));
  TM_TRY(auto saved, find(tx, key));
  // Tags of an alarm that is there already are TagResource's.
  if (!before) TM_CHECK(put_tags(tx, saved->id, tags));
  TM_CHECK(note(tx, *saved,
                {"ConfigurationUpdate",
                 fmt::format("Alarm \"{}\" {}", key.name, before ? "updated" : "created"),
                 configuration_data(*saved, before ? "Update" : "Create")}));
  return *std::move(saved);
}

Status AlarmBook::put(store::Tx& tx, const AlarmKey& key, const json::object& settings,
                      const Tags& tags) {
  TM_CHECK(check_alarm(settings));
  Alarm alarm;
  alarm.key = key;
  alarm.settings = settings;
  TM_CHECK(save(tx, std::move(alarm), tags));
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
  TM_CHECK(check_parents(tx, alarms));
  for (const auto& [name, alarm] : alarms) {
    TM_CHECK(tx.exec("DELETE FROM alarm_children WHERE parent = $1", alarm.id));
    TM_CHECK(tx.exec("DELETE FROM alarm_tags WHERE alarm = $1", alarm.id));
    TM_CHECK(tx.exec("DELETE FROM alarms WHERE id = $1", alarm.id));
    TM_CHECK(note(tx, alarm,
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
    TM_CHECK(note(tx, *alarm,
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
Result<bool> AlarmBook::set_one(store::Tx& tx, Alarm& alarm, const Verdict& verdict) const {
  const Alarm before = alarm;
  alarm.state = verdict.state;
  alarm.reason = verdict.reason;
  alarm.reason_data = verdict.reason_data;
  alarm.state_at = parts_.clock.now();
  const bool is_news = before.state != alarm.state;
  if (is_news) alarm.changed = alarm.state_at;
  TM_CHECK(tx.exec(
      "UPDATE alarms SET state = $2, reason = $3, reason_data = $4, state_ms = $5,"
      " changed_ms = $6, revision = revision + 1 WHERE id = $1",
      alarm.id, alarm.state, alarm.reason, alarm.reason_data, alarm.state_at.ms, alarm.changed.ms));
  if (!is_news) return false;
  Alarm told = alarm;  // With what its actions wait for from now on.
  if (alarm.suppressor) {
    TM_TRY(const auto suppressor, suppressor_of(tx, alarm));
    told.suppression = after_change(suppressor, before.state);
  }
  TM_CHECK(
      note(tx, told,
           {"StateUpdate", fmt::format("Alarm updated from {} to {}", before.state, alarm.state),
            state_update_data(before, told)}));
  TM_CHECK(publish(tx, before, told));
  TM_CHECK(alarm.suppressor ? suppress(tx, alarm, std::move(told.suppression))
                            : act(tx, before, alarm));
  return true;
}

Status AlarmBook::change_state(store::Tx& tx, Alarm alarm, const Verdict& verdict) const {
  TM_TRY(const bool is_news, set_one(tx, alarm, verdict));
  return is_news ? follow(tx, alarm) : Status();
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
    TM_CHECK(note(tx, alarm,
                  {"Action",
                   fmt::format("{} action {}",
                               against ? "Failed to execute" : "Successfully executed", action),
                   action_data(alarm, action, notice.message, against)}));
  }
  return {};
}

Status AlarmBook::note(store::Tx& tx, const Alarm& alarm, const Note& note) const {
  const auto& key = alarm.key;
  const auto now = parts_.clock.now();
  TM_CHECK(tx.exec("DELETE FROM alarm_history WHERE at_ms < $1", now.plus(-history_kept).ms));
  TM_CHECK(tx.exec(
      "INSERT INTO alarm_history (account, region, name, at_ms, type, summary, data, is_composite)"
      " VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
      key.scope.account, key.scope.region, key.name, now.ms, note.type, note.summary, note.data,
      alarm.is_composite ? 1 : 0));
  return {};
}

Result<std::vector<HistoryItem>> AlarmBook::history(store::Tx& tx, const HistoryQuery& query) {
  const auto sql = [](std::string_view names, std::string_view order) {
    return fmt::format(
        "SELECT seq, name, type, summary, data, is_composite, at_ms FROM alarm_history"
        " WHERE account = $1 AND region = $2 AND {} AND ($4 = '' OR type = $4)"
        " AND at_ms >= $5 AND at_ms <= $6 AND (is_composite = 0 AND $9 OR is_composite AND $10){}",
        names, order);
  };
  // One alarm's is found by its name; of all it is read in its order.
  constexpr std::string_view one = "name = $3", all = "$3 = ''";
  constexpr std::string_view rising = " AND seq > $7 ORDER BY seq LIMIT $8",
                             falling = " AND ($7 = 0 OR seq < $7) ORDER BY seq DESC LIMIT $8";
  static const std::string up = sql(one, rising), down = sql(one, falling),
                           all_up = sql(all, rising), all_down = sql(all, falling);
  const auto read = [](const store::Row& row) {
    return HistoryItem{row.integer(0), row.text(1),         row.text(2),     row.text(3),
                       row.text(4),    row.integer(5) != 0, {row.integer(6)}};
  };
  const auto& ordered = query.name.empty() ? (query.oldest_first ? all_up : all_down)
                                           : (query.oldest_first ? up : down);
  return tx.all(ordered, read, query.scope.account, query.scope.region, query.name, query.type,
                query.from.value_or(TimeMs{0}).ms, query.until.value_or(TimeMs{INT64_MAX}).ms,
                query.after, query.count, query.metric_alarms ? 1 : 0,
                query.composite_alarms ? 1 : 0);
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
  return tx.texts(
      "SELECT t.key, t.value FROM alarm_tags t JOIN alarms a ON a.id = t.alarm"
      " WHERE a.account = $1 AND a.region = $2 AND a.name = $3",
      key.scope.account, key.scope.region, key.name);
}

Status AlarmBook::reset(store::Tx& tx) {
  for (const auto* table : {"alarms", "alarm_children", "alarm_tags", "alarm_history"}) {
    TM_CHECK(tx.exec(fmt::format("DELETE FROM {}", table)));
  }
  return {};
}

}  // namespace tidemill::metrics
