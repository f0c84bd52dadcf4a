#include "glue/workflow/workflow_run.h"

#include <fmt/format.h>

#include "glue/workflow/actions.h"

namespace tidemill::glue {
namespace {

constexpr std::string_view columns =
    "seq, id, workflow, account, region, name, previous_id, status, properties, triggers,"
    " batch_size, batch_window, started_ms, completed_ms, error";

WorkflowRun read_run(const store::Row& row) {
  WorkflowRun run{.seq = row.integer(0),
                  .id = row.text(1),
                  .workflow = row.integer(2),
                  .scope = {row.text(3), row.text(4)},
                  .name = row.text(5),
                  .previous_id = row.text(6),
                  .status = row.text(7),
                  .properties = parse_arguments(row.bytes(8)),
                  .triggers = {},
                  .batch = {},
                  .started = {row.integer(12)},
                  .completed = row.maybe_time(13),
                  .error = row.text(14)};
  const auto triggers = json::parse(row.bytes(9));
  TM_ASSERT(triggers.has_value());
  for (const auto& trigger : triggers->as_array()) {
    run.triggers.push_back(trigger_from(run.scope, trigger.as_object()));
  }
  const BatchCondition batch{row.maybe_integer(10), row.maybe_integer(11)};
  if (batch.size || batch.window_s) run.batch = batch;
  return run;
}

std::string triggers_json(const WorkflowRun& run) {
  json::array shown;
  for (const auto& trigger : run.triggers) shown.push_back(shown_trigger(trigger));
  return json::dump(shown);
}

}  // namespace

Result<std::optional<WorkflowRun>> find_workflow_run(store::Tx& tx, std::string_view id) {
  static const std::string sql =
      fmt::format("SELECT {} FROM glue_workflow_runs WHERE id = $1", columns);
  return tx.one(sql, read_run, id);
}

Result<std::vector<WorkflowRun>> list_workflow_runs(store::Tx& tx, std::int64_t workflow,
                                                    std::int64_t before, int count) {
  static const std::string sql = fmt::format(
      "SELECT {} FROM glue_workflow_runs WHERE workflow = $1 AND ($2 = 0 OR seq < $2)"
      " ORDER BY seq DESC LIMIT $3",
      columns);
  return tx.all(sql, read_run, workflow, before, count);
}

Result<std::int64_t> open_workflow_runs(store::Tx& tx, std::int64_t workflow) {
  TM_TRY(const auto count,
         tx.one(
             "SELECT count(*) FROM glue_workflow_runs WHERE workflow = $1 AND final = 0",
             [](const store::Row& row) { return row.integer(0); }, workflow));
  return *count;
}

Result<json::object> shown_workflow_run(store::Tx& tx, std::string_view id) {
  TM_TRY(const auto run, find_workflow_run(tx, id));
  if (!run) return json::object();
  json::object shown{{"id", run->id},
                     {"workflow", run->name},
                     {"state", run->status},
                     {"delivery", 0},
                     {"created_ms", run->started.ms},
                     {"completed_ms", run->completed ? json::value(run->completed->ms) : nullptr},
                     {"error", run->error}};
  TM_TRY(const auto actions, actions_of(tx, id));
  auto& list = shown["actions"].emplace_array();
  for (const auto& action : actions) {
    list.push_back(json::object{{"trigger", action.key.trigger},
                                {"job", action.job},
                                {"run", action.run},
                                {"state", action.state}});
  }
  return shown;
}

Status add_workflow_run(store::Tx& tx, const WorkflowRun& run) {
  const auto batch = run.batch.value_or(BatchCondition());
  TM_CHECK(tx.exec(
      "INSERT INTO glue_workflow_runs (id, workflow, account, region, name, previous_id, status,"
      " final, properties, triggers, batch_size, batch_window, started_ms, completed_ms, error)"
      " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)",
      run.id, run.workflow, run.scope.account, run.scope.region, run.name, run.previous_id,
      run.status, run.is_open() ? 0 : 1, arguments_json(run.properties), triggers_json(run),
      batch.size, batch.window_s, run.started.ms, run.completed, run.error));
  return {};
}

Status save_workflow_run(store::Tx& tx, const WorkflowRun& run) {
  TM_CHECK(
      tx.exec("UPDATE glue_workflow_runs SET status = $2, final = $3, properties = $4,"
              " completed_ms = $5, error = $6 WHERE id = $1",
              run.id, run.status, run.is_open() ? 0 : 1, arguments_json(run.properties),
              run.completed, run.error));
  return {};
}

}  // namespace tidemill::glue
