#include "events/rule.h"

#include <fmt/format.h>

#include "base/json.h"
#include "base/own_arn.h"
#include "events/rule_history.h"

namespace tidemill::events {
namespace {

constexpr std::string_view rule_columns =
    "id, account, region, bus, name, pattern, enabled, description, role_arn, created_by, "
    "created_ms, modified_ms, schedule";

Rule read_rule(const store::Row& row) {
  Rule rule;
  rule.id = row.integer(0);
  rule.key = {{row.text(1), row.text(2)}, row.text(3)};
  rule.name = row.text(4);
  rule.pattern = row.text(5);
  rule.enabled = row.integer(6) != 0;
  rule.description = row.maybe_text(7);
  rule.role_arn = row.maybe_text(8);
  rule.created_by = row.text(9);
  rule.created = {row.integer(10)};
  rule.modified = {row.integer(11)};
  rule.schedule = row.text(12);
  return rule;
}

std::string select_rules(std::string_view where) {
  return fmt::format("SELECT {} FROM rules {}", rule_columns, where);
}

std::optional<std::string> maybe(const json::object& o, std::string_view name) {
  const auto* v = o.if_contains(name);
  if (v == nullptr || !v->is_string()) return std::nullopt;
  return std::string(json::view(v->get_string()));
}

std::int64_t integer_or(const json::object& o, std::string_view name, std::int64_t otherwise) {
  const auto* v = o.if_contains(name);
  return v != nullptr && v->is_int64() ? v->get_int64() : otherwise;
}

}  // namespace

std::string BusKey::arn() const { return make_arn("events", scope, "event-bus/" + bus); }

std::string BusKey::rule_arn(std::string_view rule) const {
  return make_arn(
      "events", scope,
      bus == "default" ? fmt::format("rule/{}", rule) : fmt::format("rule/{}/{}", bus, rule));
}

Result<RuleTarget> RuleTarget::parse(std::string_view definition, std::string_view account) {
  TM_TRY(const auto object, json::parse_object(definition));
  RuleTarget target;
  target.id = json::text_or_empty(object, "Id");
  target.arn = own_arn(json::text_or_empty(object, "Arn"), account);
  target.role_arn = json::text_or_empty(object, "RoleArn");
  target.input.constant = maybe(object, "Input");
  target.input.path = maybe(object, "InputPath");
  if (const auto* t = object.if_contains("InputTransformer"); t != nullptr && t->is_object()) {
    auto& transformer = target.input.transformer.emplace();
    transformer.text = json::text_or_empty(t->get_object(), "InputTemplate");
    if (const auto* map = t->get_object().if_contains("InputPathsMap");
        map != nullptr && map->is_object()) {
      for (const auto& member : map->get_object()) {
        if (!member.value().is_string()) continue;
        transformer.paths[std::string(member.key())] = json::view(member.value().get_string());
      }
    }
  }
  if (const auto* s = object.if_contains("SqsParameters"); s != nullptr && s->is_object()) {
    target.group_id = json::text_or_empty(s->get_object(), "MessageGroupId");
  }
  if (const auto* h = object.if_contains("HttpParameters"); h != nullptr && h->is_object()) {
    target.http = json::dump(*h);
  }
  if (const auto* d = object.if_contains("DeadLetterConfig"); d != nullptr && d->is_object()) {
    target.dead_letter_arn = own_arn(json::text_or_empty(d->get_object(), "Arn"), account);
  }
  if (const auto* r = object.if_contains("RetryPolicy"); r != nullptr && r->is_object()) {
    target.retry.attempts_max =
        int(integer_or(r->get_object(), "MaximumRetryAttempts", RetryPolicy::attempts_default));
    target.retry.age_seconds_max =
        integer_or(r->get_object(), "MaximumEventAgeInSeconds", RetryPolicy::age_seconds_default);
  }
  return target;
}

std::optional<RuleName> parse_rule_arn(std::string_view text) {
  const auto arn = Arn::parse(text);
  constexpr std::string_view kind = "rule/";
  if (!arn || arn->service != "events" || !arn->resource.starts_with(kind)) return std::nullopt;
  RuleName name{{{arn->account, arn->region}, "default"}, arn->resource.substr(kind.size())};
  if (const auto slash = name.rule.find('/'); slash != name.rule.npos) {
    name.bus.bus = name.rule.substr(0, slash);
    name.rule.erase(0, slash + 1);
  }
  return name;
}

Status require_bus(store::Tx& tx, const BusKey& key) {
  if (key.bus == "default") return {};
  TM_TRY(const auto found,
         tx.one(
             "SELECT 1 FROM buses WHERE account = $1 AND region = $2 AND name = $3",
             [](const store::Row& row) { return row.integer(0); }, key.scope.account,
             key.scope.region, key.bus));
  if (found) return {};
  return fail(Errc::not_found, "ResourceNotFoundException",
              fmt::format("Event bus {} does not exist.", key.bus));
}

Result<std::optional<Rule>> find_rule(store::Tx& tx, const BusKey& key, std::string_view name) {
  static const std::string sql =
      select_rules("WHERE account = $1 AND region = $2 AND bus = $3 AND name = $4");
  return tx.one(sql, read_rule, key.scope.account, key.scope.region, key.bus, name);
}

Result<std::optional<Rule>> find_rule(store::Tx& tx, std::int64_t id) {
  static const std::string sql = select_rules("WHERE id = $1");
  return tx.one(sql, read_rule, id);
}

Result<Rule> require_rule(store::Tx& tx, const BusKey& key, std::string_view name) {
  TM_CHECK(require_bus(tx, key));
  TM_TRY(auto rule, find_rule(tx, key, name));
  if (rule) return *std::move(rule);
  return fail(Errc::not_found, "ResourceNotFoundException",
              fmt::format("Rule {} does not exist on EventBus {}.", name, key.bus));
}

Result<std::vector<Rule>> list_rules(store::Tx& tx, const BusKey& key, const RulePage& page) {
  static const std::string sql = select_rules(
      "WHERE account = $1 AND region = $2 AND bus = $3 AND name >= $4 AND name <> $5"
      " ORDER BY name LIMIT $6");
  std::vector<Rule> rules;
  const auto add = [&](const store::Row& row) {
    auto rule = read_rule(row);
    if (!rule.name.starts_with(page.prefix)) return false;
    rules.push_back(std::move(rule));
    return true;
  };
  TM_CHECK(tx.each(sql, add, key.scope.account, key.scope.region, key.bus,
                   std::max(page.prefix, page.after), page.after, page.count));
  return rules;
}

Result<std::vector<Rule>> all_rules(store::Tx& tx) {
  static const std::string sql = select_rules("ORDER BY id");
  return tx.all(sql, read_rule);
}

Result<Rule> save_rule(store::Tx& tx, Rule rule) {
  TM_TRY(
      auto saved,
      tx.one(
          "INSERT INTO rules (account, region, bus, name, pattern, enabled, description,"
          " role_arn, created_by, created_ms, modified_ms, schedule)"
          " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $10, $11)"
          " ON CONFLICT (account, region, bus, name) DO UPDATE SET pattern = $5,"
          " enabled = $6, description = $7, role_arn = $8, modified_ms = $10, schedule = $11"
          " RETURNING id, created_by, created_ms",
          [](const store::Row& row) {
            return std::tuple(row.integer(0), row.text(1), TimeMs{row.integer(2)});
          },
          rule.key.scope.account, rule.key.scope.region, rule.key.bus, rule.name, rule.pattern,
          rule.enabled ? 1 : 0, rule.description, rule.role_arn, rule.created_by, rule.modified.ms,
          rule.schedule.empty() ? std::nullopt : std::optional(rule.schedule)));
  TM_ASSERT(saved.has_value());
  std::tie(rule.id, rule.created_by, rule.created) = *std::move(saved);
  TM_CHECK(note_change(tx, rule));
  return rule;
}

Status remove_rule(store::Tx& tx, const Rule& rule, TimeMs now) {
  TM_CHECK(note_deletion(tx, rule, now));
  TM_CHECK(tx.exec("DELETE FROM event_tags WHERE arn = $1", rule.arn()));
  TM_CHECK(tx.exec("DELETE FROM rule_files WHERE rule_arn = $1", rule.arn()));
  TM_CHECK(tx.exec("DELETE FROM rules WHERE id = $1", rule.id));
  return {};
}

Result<std::vector<std::string>> target_definitions(store::Tx& tx, std::int64_t rule) {
  return tx.all(
      "SELECT definition FROM targets WHERE rule = $1 ORDER BY id",
      [](const store::Row& row) { return row.text(0); }, rule);
}

Result<std::vector<RuleTarget>> targets_of(store::Tx& tx, std::int64_t rule) {
  TM_TRY(const auto definitions, target_definitions(tx, rule));
  if (definitions.empty()) return std::vector<RuleTarget>();
  TM_TRY(const auto account, tx.one(
                                 "SELECT account FROM rules WHERE id = $1",
                                 [](const store::Row& row) { return row.text(0); }, rule));
  std::vector<RuleTarget> targets;
  for (const auto& definition : definitions) {
    TM_TRY(auto target, RuleTarget::parse(definition, account.value_or("")));
    targets.push_back(std::move(target));
  }
  return targets;
}

Status save_target(store::Tx& tx, std::int64_t rule, const RuleTarget& target,
                   std::string_view definition) {
  TM_CHECK(
      tx.exec("INSERT INTO targets (rule, id, arn, definition) VALUES ($1, $2, $3, $4)"
              " ON CONFLICT (rule, id) DO UPDATE SET arn = $3, definition = $4",
              rule, target.id, target.arn, definition));
  return {};
}

Result<bool> remove_target(store::Tx& tx, std::int64_t rule, std::string_view id) {
  TM_TRY(const auto changed, tx.exec("DELETE FROM targets WHERE rule = $1 AND id = $2", rule, id));
  return changed > 0;
}

}  // namespace tidemill::events
