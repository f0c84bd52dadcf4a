#include "glue/trigger.h"

#include <fmt/format.h>

#include "calendar/expression.h"
#include "glue/refusal.h"
#include "glue/tags.h"

namespace tidemill::glue {
namespace {

constexpr std::string_view columns =
    "id, account, region, name, type, state, definition, created_ms, workflow";

JobTrigger read_trigger(const store::Row& row) {
  auto definition = json::parse_object(row.bytes(6));
  TM_ASSERT(definition.has_value());
  return {.id = row.integer(0),
          .scope = {row.text(1), row.text(2)},
          .name = row.text(3),
          .workflow = row.text(8),
          .type = row.text(4),
          .state = row.text(5),
          .definition = *std::move(definition),
          .created = {row.integer(7)}};
}

/// What only one type of trigger has.
Status check_members(const JobTrigger& trigger) {
  constexpr std::pair<std::string_view, const char*> members[] = {
      {"SCHEDULED", "Schedule"}, {"CONDITIONAL", "Predicate"}, {"EVENT", "EventBatchingCondition"}};
  for (const auto& [type, member] : members) {
    if (trigger.type == type || !trigger.definition.contains(member)) continue;
    return invalid_input(fmt::format("A trigger of type {} has no {}; one of type {} has.",
                                     trigger.type, member, type));
  }
  return {};
}

Status check_actions(const json::array& actions) {
  if (actions.empty()) return invalid_input("A trigger needs Actions: the jobs that it starts.");
  for (const auto& action : actions) {
    const auto* object = action.if_object();
    if (object != nullptr && object->contains("CrawlerName")) {
      return invalid_input(
          "An action starts a crawler; there are no crawlers here. Name a job: JobName.");
    }
    if (object != nullptr && !json::text_or_empty(*object, "JobName").empty()) continue;
    return invalid_input("Every action of a trigger must name a job: JobName.");
  }
  return {};
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

Result<Predicate> JobTrigger::predicate() const {
  const auto* given = definition.if_contains("Predicate");
  return parse_predicate(given != nullptr ? given->as_object() : json::object());
}

json::object shown_trigger(const JobTrigger& trigger) {
  auto shown = trigger.definition;
  shown["Name"] = trigger.name;
  if (!trigger.workflow.empty()) shown["WorkflowName"] = trigger.workflow;
  shown["Type"] = trigger.type;
  shown["State"] = trigger.state;
  return shown;
}

JobTrigger trigger_from(const Scope& scope, const json::object& shown) {
  const auto text = [&](std::string_view name) {
    return std::string(json::text_or_empty(shown, name));
  };
  JobTrigger trigger{.scope = scope,
                     .name = text("Name"),
                     .workflow = text("WorkflowName"),
                     .type = text("Type"),
                     .state = text("State"),
                     .definition = shown,
                     .created = {}};
  for (const auto* other : {"Name", "WorkflowName", "Type", "State"}) {
    trigger.definition.erase(other);
  }
  return trigger;
}

Status check_trigger(const JobTrigger& trigger) {
  TM_CHECK(check_members(trigger));
  if (trigger.type == "SCHEDULED") {
    TM_TRY([[maybe_unused]] const auto read,
           calendar::parse_expression(trigger.schedule(), calendar::Dialect::trigger));
  }
  if (trigger.type == "CONDITIONAL") {
    TM_TRY([[maybe_unused]] const auto read, trigger.predicate());
  }
  if (trigger.type == "EVENT" && trigger.workflow.empty()) {
    return invalid_input("A trigger of type EVENT must belong to a workflow: WorkflowName.");
  }
  return check_actions(trigger.actions());
}

Result<std::optional<JobTrigger>> find_trigger(store::Tx& tx, const Scope& scope,
                                               std::string_view name) {
  static const std::string sql = fmt::format(
      "SELECT {} FROM glue_triggers WHERE account = $1 AND region = $2 AND name = $3", columns);
  return tx.one(sql, read_trigger, scope.account, scope.region, name);
}

Result<std::optional<JobTrigger>> find_trigger(store::Tx& tx, std::int64_t id) {
  static const std::string sql = fmt::format("SELECT {} FROM glue_triggers WHERE id = $1", columns);
  return tx.one(sql, read_trigger, id);
}

Result<JobTrigger> require_trigger(store::Tx& tx, const Scope& scope, std::string_view name) {
  TM_TRY(auto found, find_trigger(tx, scope, name));
  if (found) return *std::move(found);
  return not_found(fmt::format("Trigger {} not found.", name));
}

Result<std::vector<JobTrigger>> list_triggers(store::Tx& tx, const Scope& scope) {
  static const std::string sql = fmt::format(
      "SELECT {} FROM glue_triggers WHERE account = $1 AND region = $2 ORDER BY name", columns);
  return tx.all(sql, read_trigger, scope.account, scope.region);
}

Result<std::vector<JobTrigger>> triggers_of(store::Tx& tx, const Scope& scope,
                                            std::string_view workflow) {
  static const std::string sql = fmt::format(
      "SELECT {} FROM glue_triggers WHERE account = $1 AND region = $2 AND workflow = $3"
      " ORDER BY name",
      columns);
  return tx.all(sql, read_trigger, scope.account, scope.region, workflow);
}

Result<std::vector<JobTrigger>> free_followers(store::Tx& tx, const Scope& scope) {
  static const std::string sql = fmt::format(
      "SELECT {} FROM glue_triggers WHERE account = $1 AND region = $2 AND workflow = ''"
      " AND type = 'CONDITIONAL' AND state = 'ACTIVATED' ORDER BY name",
      columns);
  return tx.all(sql, read_trigger, scope.account, scope.region);
}

Result<JobTrigger> save_trigger(store::Tx& tx, JobTrigger trigger) {
  TM_TRY(const auto id,
         tx.one(
             "INSERT INTO glue_triggers (account, region, name, type, state, definition,"
             " created_ms, workflow) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)"
             " ON CONFLICT (account, region, name) DO UPDATE SET state = $5, definition = $6"
             " RETURNING id",
             [](const store::Row& row) { return row.integer(0); }, trigger.scope.account,
             trigger.scope.region, trigger.name, trigger.type, trigger.state,
             json::dump(trigger.definition), trigger.created.ms, trigger.workflow));
  trigger.id = *id;
  return trigger;
}

Status remove_trigger(store::Tx& tx, const JobTrigger& trigger) {
  TM_CHECK(remove_tags(tx, trigger.arn()));
  TM_CHECK(tx.exec("DELETE FROM glue_triggers WHERE id = $1", trigger.id));
  return {};
}

}  // namespace tidemill::glue
