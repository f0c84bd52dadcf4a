#include "glue/trigger.h"

#include <fmt/format.h>

#include "calendar/expression.h"
#include "glue/refusal.h"

namespace tidemill::glue {
namespace {

constexpr std::string_view columns =
    "id, account, region, name, type, state, definition, created_ms";

Result<JobTrigger> read_trigger(const store::Row& row) {
  JobTrigger trigger{.id = row.integer(0),
                     .scope = {row.text(1), row.text(2)},
                     .name = row.text(3),
                     .type = row.text(4),
                     .state = row.text(5),
                     .definition = {},
                     .created = {row.integer(7)}};
  TM_TRY(trigger.definition, json::parse_object(row.bytes(6)));
  return trigger;
}

Result<std::optional<JobTrigger>> opened(Result<std::optional<Result<JobTrigger>>> found) {
  if (!found) return std::unexpected(found.error());
  if (!*found) return std::nullopt;
  TM_TRY(auto trigger, **std::move(found));
  return trigger;
}

}  // namespace

std::string trigger_arn(const Scope& scope, std::string_view name) {
  return make_arn("glue", scope, fmt::format("trigger/{}", name));
}

std::string JobTrigger::arn() const { return trigger_arn(scope, name); }

std::string JobTrigger::schedule() const {
  return std::string(json::text_or_empty(definition, "Schedule"));
}

json::array JobTrigger::actions() const {
  const auto* actions = definition.if_contains("Actions");
  return actions != nullptr && actions->is_array() ? actions->get_array() : json::array();
}

std::vector<std::string> JobTrigger::jobs() const {
  std::vector<std::string> names;
  for (const auto& action : actions()) {
    names.emplace_back(json::text_or_empty(action.as_object(), "JobName"));
  }
  return names;
}

Status check_trigger(const JobTrigger& trigger) {
  if (trigger.type != "SCHEDULED" && trigger.type != "ON_DEMAND") {
    return invalid_input(fmt::format(
        "Triggers of type {} are not served here; SCHEDULED and ON_DEMAND are.", trigger.type));
  }
  if (trigger.type == "SCHEDULED") {
    TM_TRY([[maybe_unused]] const auto read,
           calendar::parse_expression(trigger.schedule(), calendar::Dialect::trigger));
  } else if (!trigger.schedule().empty()) {
    return invalid_input("A trigger of type ON_DEMAND has no schedule.");
  }
  for (const auto& action : trigger.actions()) {
    if (action.is_object() && !json::text_or_empty(action.get_object(), "JobName").empty())
      continue;
    return invalid_input("Every action of a trigger must name a job: JobName.");
  }
  return {};
}

Result<std::optional<JobTrigger>> find_trigger(store::Tx& tx, const Scope& scope,
                                               std::string_view name) {
  static const std::string sql = fmt::format(
      "SELECT {} FROM glue_triggers WHERE account = $1 AND region = $2 AND name = $3", columns);
  return opened(tx.one(sql, read_trigger, scope.account, scope.region, name));
}

Result<std::optional<JobTrigger>> find_trigger(store::Tx& tx, std::int64_t id) {
  static const std::string sql = fmt::format("SELECT {} FROM glue_triggers WHERE id = $1", columns);
  return opened(tx.one(sql, read_trigger, id));
}

Result<JobTrigger> require_trigger(store::Tx& tx, const Scope& scope, std::string_view name) {
  TM_TRY(auto found, find_trigger(tx, scope, name));
  if (found) return *std::move(found);
  return not_found(fmt::format("Trigger {} not found.", name));
}

Result<std::vector<JobTrigger>> list_triggers(store::Tx& tx, const Scope& scope) {
  static const std::string sql = fmt::format(
      "SELECT {} FROM glue_triggers WHERE account = $1 AND region = $2 ORDER BY name", columns);
  TM_TRY(auto rows, tx.all(sql, read_trigger, scope.account, scope.region));
  std::vector<JobTrigger> triggers;
  for (auto& row : rows) {
    TM_TRY(auto trigger, std::move(row));
    triggers.push_back(std::move(trigger));
  }
  return triggers;
}

Result<JobTrigger> save_trigger(store::Tx& tx, JobTrigger trigger) {
  TM_TRY(const auto id,
         tx.one(
             "INSERT INTO glue_triggers (account, region, name, type, state, definition,"
             " created_ms) VALUES ($1, $2, $3, $4, $5, $6, $7)"
             " ON CONFLICT (account, region, name) DO UPDATE SET state = $5, definition = $6"
             " RETURNING id",
             [](const store::Row& row) { return row.integer(0); }, trigger.scope.account,
             trigger.scope.region, trigger.name, trigger.type, trigger.state,
             json::dump(trigger.definition), trigger.created.ms));
  trigger.id = *id;
  return trigger;
}

Status remove_trigger(store::Tx& tx, const JobTrigger& trigger) {
  TM_CHECK(tx.exec("DELETE FROM glue_tags WHERE arn = $1", trigger.arn()));
  TM_CHECK(tx.exec("DELETE FROM glue_triggers WHERE id = $1", trigger.id));
  return {};
}

}  // namespace tidemill::glue
