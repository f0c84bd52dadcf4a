// Composite alarms: their rules, and what follows from the change of an alarm that they name.
#include <algorithm>
#include <deque>
#include <set>

#include <fmt/format.h>

#include "metrics/alarm_book.h"
#include "metrics/alarm_rows.h"
#include "metrics/alarm_rule.h"
#include "metrics/alarm_text.h"

namespace tidemill::metrics {
namespace {

constexpr std::size_t children_max = 100, parents_max = 150;

std::unexpected<Error> limit_exceeded(std::string message) {
  return fail(Errc::invalid_argument, "LimitExceededFault", std::move(message));
}

/// A rule names an alarm or gives its ARN.
std::optional<AlarmKey> key_of(const Scope& scope, const std::string& named) {
  if (!named.starts_with("arn:")) return AlarmKey{scope, named};
  auto key = alarm_key(named);
  if (!key || key->scope != scope) return std::nullopt;
  return key;
}

Result<AlarmRule> rule_of(const Alarm& alarm) { return AlarmRule::parse(alarm.text("AlarmRule")); }

/// The alarms that a rule names, by the way they are written.
Result<std::map<std::string, Alarm>> find_children(store::Tx& tx, const Scope& scope,
                                                   const AlarmRule& rule) {
  std::map<std::string, Alarm> children;
  std::string missing;
  for (const auto& named : rule.alarms()) {
    const auto key = key_of(scope, named);
    std::optional<Alarm> alarm;
    if (key) {
      TM_TRY(alarm, AlarmBook::find(tx, *key));
    }
    if (alarm) {
      children[named] = *std::move(alarm);
    } else {
      missing.append(missing.empty() ? "" : ", ").append(named);
    }
  }
  if (missing.empty()) return children;
  return invalid(fmt::format(
      "Could not save the composite alarm as alarms [{}] in the alarm rule do not exist", missing));
}

/// What `alarm` is to be in as its children are.
Result<std::string_view> evaluate(store::Tx& tx, const Alarm& alarm) {
  TM_TRY(const auto rule, rule_of(alarm));
  TM_TRY(const auto children, find_children(tx, alarm.key.scope, rule));
  const bool holds = rule.holds(
      [&](const std::string& named) -> std::string_view { return children.at(named).state; });
  return holds ? state::alarm : state::ok;
}

Result<std::vector<Alarm>> joined(store::Tx& tx, std::string_view of, std::string_view by,
                                  std::int64_t id) {
  const auto sql = fmt::format(
      "SELECT {} FROM alarms WHERE id IN (SELECT {} FROM alarm_children WHERE {} = $1)"
      " ORDER BY name",
      alarm_columns, of, by);
  return tx.all(sql, read_alarm, id);
}

/// The composite alarms that name it in their rules, or whose suppressor it is.
Result<std::vector<Alarm>> dependents(store::Tx& tx, const Alarm& alarm) {
  static const std::string sql = fmt::format(
      "SELECT {} FROM alarms WHERE id IN (SELECT parent FROM alarm_children WHERE child = $1"
      " UNION SELECT id FROM alarms WHERE suppressor = $1) ORDER BY name",
      alarm_columns);
  return tx.all(sql, read_alarm, alarm.id);
}

/// The composite alarms above `start`, however far.
Result<std::map<std::int64_t, Alarm>> all_above(store::Tx& tx, const Alarm& start) {
  std::map<std::int64_t, Alarm> above;
  std::deque<Alarm> open = {start};
  for (; !open.empty(); open.pop_front()) {
    TM_TRY(auto parents, dependents(tx, open.front()));
    for (auto& parent : parents) {
      if (above.try_emplace(parent.id, parent).second) open.push_back(std::move(parent));
    }
  }
  return above;
}

Status check_cycle(store::Tx& tx, const Alarm& alarm, std::map<std::string, Alarm> needed,
                   const std::optional<Alarm>& suppressor) {
  TM_TRY(const auto above, all_above(tx, alarm));
  if (suppressor) needed[suppressor->key.name] = *suppressor;
  for (const auto& [named, child] : needed) {
    if (child.id != alarm.id && !above.contains(child.id)) continue;
    return invalid(fmt::format("The alarm {} would make a cycle: {} depends on {}.",
                               suppressor && child.id == suppressor->id ? "suppressor" : "rule",
                               child.key.name, alarm.key.name));
  }
  return {};
}

/// nullopt if the settings name none.
Result<std::optional<Alarm>> find_suppressor(store::Tx& tx, const Alarm& alarm) {
  const bool is_given = alarm.settings.contains("ActionsSuppressor");
  for (const auto* period : {"ActionsSuppressorWaitPeriod", "ActionsSuppressorExtensionPeriod"}) {
    if (alarm.settings.contains(period) != is_given) {
      return invalid(std::string(period) + (is_given ? " is required with ActionsSuppressor."
                                                     : " needs an ActionsSuppressor."));
    }
    if (alarm.integer(period) < 0) return invalid(fmt::format("{} can't be negative.", period));
  }
  if (!is_given) return std::nullopt;
  const std::string named(alarm.text("ActionsSuppressor"));
  const auto key = key_of(alarm.key.scope, named);
  std::optional<Alarm> suppressor;
  if (key) {
    TM_TRY(suppressor, AlarmBook::find(tx, *key));
  }
  if (suppressor) return suppressor;
  return invalid(fmt::format(
      "Could not save the composite alarm as the actions suppressor [{}] does not exist", named));
}

Status check_count(store::Tx& tx, const std::map<std::string, Alarm>& children) {
  if (children.size() > children_max) {
    return limit_exceeded(
        fmt::format("A composite alarm can have at most {} alarms in its rule.", children_max));
  }
  for (const auto& [named, child] : children) {
    TM_TRY(const auto parents, AlarmBook::parents(tx, child));
    if (parents.size() < parents_max) continue;
    return limit_exceeded(fmt::format("The alarm {} can be in at most {} composite alarms.",
                                      child.key.name, parents_max));
  }
  return {};
}

}  // namespace

Result<std::vector<Alarm>> AlarmBook::children(store::Tx& tx, const Alarm& alarm) {
  return joined(tx, "child", "parent", alarm.id);
}

Result<std::vector<Alarm>> AlarmBook::parents(store::Tx& tx, const Alarm& alarm) {
  return joined(tx, "parent", "child", alarm.id);
}

Status AlarmBook::put_composite(store::Tx& tx, const AlarmKey& key, const json::object& settings,
                                const Tags& tags) {
  Alarm wanted;
  wanted.key = key;
  wanted.settings = settings;
  wanted.is_composite = true;
  TM_TRY(const auto rule, rule_of(wanted));
  TM_TRY(const auto children, find_children(tx, key.scope, rule));
  TM_TRY(const auto suppressor, find_suppressor(tx, wanted));
  TM_TRY(auto alarm, save(tx, std::move(wanted), tags));
  TM_CHECK(check_cycle(tx, alarm, children, suppressor));
  TM_CHECK(tx.exec("DELETE FROM alarm_children WHERE parent = $1", alarm.id));
  TM_CHECK(check_count(tx, children));
  for (const auto& [named, child] : children) {
    TM_CHECK(
        tx.exec("INSERT INTO alarm_children (parent, child) VALUES ($1, $2)"
                " ON CONFLICT (parent, child) DO NOTHING",
                alarm.id, child.id));
  }
  TM_CHECK(put_suppressor(tx, alarm, suppressor));
  TM_TRY(const auto state, evaluate(tx, alarm));
  if (state == alarm.state) return {};
  auto reason =
      fmt::format("{} was configured and its alarm rule evaluates to {}", key.arn(), state);
  return change_state(tx, std::move(alarm), {std::string(state), std::move(reason), std::nullopt});
}

/// Each composite alarm above `changed` is looked at once, when all that it needs are settled:
/// those that its rule names, and its suppressor.
Status AlarmBook::follow(store::Tx& tx, const Alarm& changed) const {
  TM_TRY(auto above, all_above(tx, changed));
  std::map<std::int64_t, std::set<std::int64_t>> named_by, needs;
  std::map<std::int64_t, std::vector<std::int64_t>> needed_by;
  for (const auto& [id, alarm] : above) {
    TM_TRY(const auto below, children(tx, alarm));
    for (const auto& child : below) named_by[id].insert(child.id);
    needs[id] = named_by[id];
    if (alarm.suppressor) needs[id].insert(*alarm.suppressor);
    std::erase_if(needs[id], [&](auto one) { return one != changed.id && !above.contains(one); });
    for (const auto one : needs[id]) needed_by[one].push_back(id);
  }
  std::map<std::int64_t, Alarm> news = {{changed.id, changed}};
  std::map<std::int64_t, const Alarm*> causes;
  std::deque<std::int64_t> settled = {changed.id};
  for (; !settled.empty(); settled.pop_front()) {
    const auto done = settled.front();
    const auto cause = news.find(done);
    for (const auto id : needed_by[done]) {
      if (cause != news.end() && named_by[id].contains(done)) causes[id] = &cause->second;
      needs[id].erase(done);
      if (!needs[id].empty()) continue;
      settled.push_back(id);
      auto& alarm = above.at(id);
      if (causes.contains(id)) {
        TM_TRY(const bool is_news, settle(tx, alarm, *causes[id]));
        if (is_news) news[id] = alarm;
      }
      if (!alarm.suppressor || !news.contains(*alarm.suppressor)) continue;
      TM_TRY(const auto suppressor, suppressor_of(tx, alarm));
      TM_CHECK(suppress(tx, alarm, after_suppressor(alarm.suppression, suppressor)));
    }
  }
  return {};
}

Result<bool> AlarmBook::settle(store::Tx& tx, Alarm& alarm, const Alarm& cause) const {
  TM_TRY(const auto state, evaluate(tx, alarm));
  if (state == alarm.state) return false;
  return set_one(tx, alarm, {std::string(state), transition_text(cause), triggering_data(cause)});
}

Status AlarmBook::check_parents(store::Tx& tx, const std::map<std::string, Alarm>& alarms) const {
  const auto composites =
      std::ranges::count_if(alarms, [](const auto& entry) { return entry.second.is_composite; });
  if (composites > 1) {
    return invalid("At most one composite alarm can be deleted in one operation.");
  }
  std::string needed;
  int count = 0;
  for (const auto& [name, alarm] : alarms) {
    TM_TRY(const auto parents, dependents(tx, alarm));
    const bool is_needed = std::ranges::any_of(
        parents, [&](const Alarm& parent) { return !alarms.contains(parent.key.name); });
    if (!is_needed) continue;
    ++count;
    needed.append(needed.empty() ? "" : ",").append(name);
  }
  if (count == 0) return {};
  return invalid(fmt::format("Cannot delete {} as there are composite alarm(s) depending on {}.",
                             needed, count == 1 ? "it" : "them"));
}

}  // namespace tidemill::metrics
