#include "events/rule_history.h"

#include <algorithm>

#include <fmt/format.h>

namespace tidemill::events {
namespace {

constexpr std::string_view columns = "id, at_ms, made, pattern, enabled, name";

RuleVersion read_version(const store::Row& row) {
  return {.change = row.integer(0),
          .at = {row.integer(1)},
          .made = row.integer(2) != 0,
          .deleted = row.null(3),
          .enabled = row.integer(4) != 0,
          .pattern = row.text(3)};
}

Status insert(store::Tx& tx, const Rule& rule, const RuleVersion& version) {
  TM_CHECK(
      tx.exec("INSERT INTO rule_changes (account, region, bus, name, at_ms, made, pattern, enabled)"
              " VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
              rule.key.scope.account, rule.key.scope.region, rule.key.bus, rule.name, version.at,
              version.made ? 1 : 0, version.deleted ? std::nullopt : std::optional(version.pattern),
              version.enabled ? 1 : 0));
  return {};
}

}  // namespace

Result<std::optional<RuleVersion>> newest_version(store::Tx& tx, const BusKey& bus,
                                                  std::string_view name) {
  static const std::string sql = fmt::format(
      "SELECT {} FROM rule_changes WHERE account = $1 AND region = $2 AND bus = $3 AND name = $4"
      " ORDER BY id DESC LIMIT 1",
      columns);
  return tx.one(sql, read_version, bus.scope.account, bus.scope.region, bus.bus, name);
}

Status note_change(store::Tx& tx, const Rule& rule) {
  TM_TRY(const auto last, newest_version(tx, rule.key, rule.name));
  const bool was_there = last && !last->deleted;
  if (was_there && last->pattern == rule.pattern && last->enabled == rule.enabled) return {};
  return insert(
      tx, rule,
      {.at = rule.modified, .made = !was_there, .enabled = rule.enabled, .pattern = rule.pattern});
}

Status note_deletion(store::Tx& tx, const Rule& rule, TimeMs now) {
  return insert(tx, rule, {.at = now, .deleted = true, .pattern = {}});
}

Result<std::int64_t> last_change(store::Tx& tx) {
  TM_TRY(const auto last, tx.one("SELECT coalesce(max(id), 0) FROM rule_changes",
                                 [](const store::Row& row) { return row.integer(0); }));
  return std::max(*last, std::int64_t(0));
}

bool is_after(const Meeting& meeting, const RuleVersion& version) {
  if (version.change > 0) return version.change <= meeting.as_of;
  return version.at <= meeting.published;
}

Result<std::vector<RulePast>> rules_met(store::Tx& tx, const BusKey& bus, const Meeting& meeting) {
  static const std::string sql = fmt::format(
      "SELECT {} FROM rule_changes WHERE account = $1 AND region = $2 AND bus = $3"
      " ORDER BY name, id",
      columns);
  std::vector<RulePast> rules;
  const auto add = [&](const store::Row& row) {
    if (rules.empty() || rules.back().name != row.bytes(5)) rules.push_back({.name = row.text(5)});
    auto& rule = rules.back();
    rule.now = read_version(row);
    if (rule.now.made) rule.made_at = rule.now.at;
    if (rule.now.change <= 0 || is_after(meeting, rule.now)) rule.then = rule.now;
    return true;
  };
  TM_CHECK(tx.each(sql, add, bus.scope.account, bus.scope.region, bus.bus));
  for (auto& rule : rules) {
    if (!rule.then) continue;
    const bool is_later = !is_after(meeting, *rule.then);
    if (rule.then->deleted || (is_later && rule.then->made)) {
      rule.then.reset();
    } else {
      rule.assumed = is_later;
    }
  }
  std::erase_if(rules, [](const RulePast& rule) { return !rule.then && rule.now.deleted; });
  return rules;
}

Status forget_changes(store::Tx& tx) {
  // The oldest event saw the fewest changes: of what it saw, the newest row of each rule counts.
  TM_CHECK(
      tx.exec("DELETE FROM rule_changes WHERE id <= (SELECT as_of FROM events ORDER BY seq LIMIT 1)"
              " AND (pattern IS NULL OR EXISTS (SELECT 1 FROM rule_changes later"
              " WHERE later.account = rule_changes.account AND later.region = rule_changes.region"
              " AND later.bus = rule_changes.bus AND later.name = rule_changes.name"
              " AND later.id > rule_changes.id"
              " AND later.id <= (SELECT as_of FROM events ORDER BY seq LIMIT 1)))"));
  return {};
}

}  // namespace tidemill::events
