#include "glue/workflow/workflow.h"

#include <fmt/format.h>

#include "glue/refusal.h"
#include "glue/tags.h"

namespace tidemill::glue {
namespace {

constexpr std::string_view columns =
    "id, account, region, name, definition, created_ms, modified_ms";

Workflow read_workflow(const store::Row& row) {
  auto definition = json::parse_object(row.bytes(4));
  TM_ASSERT(definition.has_value());
  return {.id = row.integer(0),
          .scope = {row.text(1), row.text(2)},
          .name = row.text(3),
          .definition = *std::move(definition),
          .created = {row.integer(5)},
          .modified = {row.integer(6)}};
}

}  // namespace

std::string workflow_arn(const Scope& scope, std::string_view name) {
  return make_arn("glue", scope, fmt::format("workflow/{}", name));
}

std::string Workflow::arn() const { return workflow_arn(scope, name); }

Arguments Workflow::properties() const {
  const auto* properties = definition.if_contains("DefaultRunProperties");
  return properties != nullptr ? arguments_of(properties->as_object()) : Arguments();
}

std::optional<std::int64_t> Workflow::concurrent_max() const {
  const auto* max = definition.if_contains("MaxConcurrentRuns");
  return max != nullptr ? std::optional(max->as_int64()) : std::nullopt;
}

Result<std::optional<Workflow>> find_workflow(store::Tx& tx, const Scope& scope,
                                              std::string_view name) {
  static const std::string sql = fmt::format(
      "SELECT {} FROM glue_workflows WHERE account = $1 AND region = $2 AND name = $3", columns);
  return tx.one(sql, read_workflow, scope.account, scope.region, name);
}

Result<std::optional<Workflow>> find_workflow(store::Tx& tx, std::int64_t id) {
  static const std::string sql =
      fmt::format("SELECT {} FROM glue_workflows WHERE id = $1", columns);
  return tx.one(sql, read_workflow, id);
}

Result<Workflow> require_workflow(store::Tx& tx, const Scope& scope, std::string_view name) {
  TM_TRY(auto found, find_workflow(tx, scope, name));
  if (found) return *std::move(found);
  return not_found(fmt::format("Workflow {} not found.", name));
}

Result<std::vector<Workflow>> list_workflows(store::Tx& tx, const Scope& scope,
                                             std::string_view after, int count) {
  static const std::string sql = fmt::format(
      "SELECT {} FROM glue_workflows WHERE account = $1 AND region = $2 AND name > $3"
      " ORDER BY name LIMIT $4",
      columns);
  return tx.all(sql, read_workflow, scope.account, scope.region, after, count);
}

Status add_workflow(store::Tx& tx, const Workflow& workflow) {
  const auto rows = tx.exec(
      "INSERT INTO glue_workflows (account, region, name, definition, created_ms, modified_ms)"
      " VALUES ($1, $2, $3, $4, $5, $5)",
      workflow.scope.account, workflow.scope.region, workflow.name, json::dump(workflow.definition),
      workflow.created.ms);
  return inserted(rows, fmt::format("Workflow with name {} already exists.", workflow.name));
}

Status update_workflow(store::Tx& tx, const Workflow& workflow) {
  TM_CHECK(tx.exec("UPDATE glue_workflows SET definition = $2, modified_ms = $3 WHERE id = $1",
                   workflow.id, json::dump(workflow.definition), workflow.modified.ms));
  return {};
}

Status remove_workflow(store::Tx& tx, const Workflow& workflow) {
  TM_CHECK(remove_tags(tx, workflow.arn()));
  TM_CHECK(tx.exec("DELETE FROM glue_batches WHERE workflow = $1", workflow.id));
  TM_CHECK(tx.exec("DELETE FROM glue_workflows WHERE id = $1", workflow.id));
  return {};
}

}  // namespace tidemill::glue
