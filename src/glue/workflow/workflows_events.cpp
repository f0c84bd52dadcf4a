// What reaches a workflow as a rule's target: events gather for its EVENT trigger, other triggers
// start a run at once.
#include <algorithm>

#include <fmt/format.h>

#include "base/failpoint.h"
#include "glue/workflow/workflows.h"

namespace tidemill::glue {
namespace {

using Kind = events::Outcome::Kind;

events::Outcome refusal(std::string code, std::string message) {
  return {.kind = Kind::refused, .code = std::move(code), .message = std::move(message)};
}

std::string object_of(const events::Delivery& delivery) {
  const auto arguments = trigger_of(delivery).arguments;
  const auto bucket = arguments.find("--bucket"), key = arguments.find("--object_key");
  if (bucket == arguments.end() || key == arguments.end()) return {};
  return fmt::format("s3://{}/{}", bucket->second, key->second);
}

}  // namespace

Result<std::optional<JobTrigger>> event_trigger_of(store::Tx& tx, const Workflow& workflow) {
  TM_TRY(auto triggers, triggers_of(tx, workflow.scope, workflow.name));
  const auto found = std::ranges::find(triggers, "EVENT", &JobTrigger::type);
  if (found == triggers.end() || found->state == "DEACTIVATED") return std::nullopt;
  return std::move(*found);
}

Result<events::Outcome> Workflows::take(store::Tx& tx, const events::Delivery& delivery) {
  const auto arn = Arn::parse(delivery.target_arn);
  TM_ASSERT(arn.has_value());
  const Scope scope{arn->account, arn->region};
  const auto name = std::string_view(arn->resource).substr(arn->resource.find('/') + 1);
  TM_TRY(const auto workflow, find_workflow(tx, scope, name));
  if (!workflow) {
    return refusal("NO_RESOURCE", fmt::format("Glue workflow {} does not exist.", name));
  }
  if (!delivery.rule_arn.contains(":trigger/")) return gather(tx, *workflow, delivery);
  TM_TRY(const bool room, has_room(tx, *workflow));
  if (!room) {
    return events::Outcome{
        .kind = Kind::retry,
        .code = "RESOURCE_LIMIT_EXCEEDED",
        .message = fmt::format("Concurrent runs exceeded for workflow: {}.", name),
        .waits_for_target = true};
  }
  auto run = new_run(*workflow, {});
  const auto id = run.id;
  const auto type = delivery.event_detail_type.substr(delivery.event_detail_type.rfind(' ') + 1);
  const auto begun = begin(tx, std::move(run), type);
  if (begun) return events::Outcome{.result = id};
  if (begun.error().code != Errc::invalid_argument) return std::unexpected(begun.error());
  return refusal("INVALID_PARAMETER", begun.error().message);  // The trigger is gone meanwhile.
}

Result<events::Outcome> Workflows::gather(store::Tx& tx, const Workflow& workflow,
                                          const events::Delivery& delivery) {
  TM_TRY(const auto trigger, event_trigger_of(tx, workflow));
  if (!trigger) {
    return refusal(
        "INVALID_PARAMETER",
        fmt::format("Glue workflow {} has no trigger of type EVENT that is on.", workflow.name));
  }
  TM_FAILPOINT_CHECK("glue.workflow.batch");
  const auto now = parts_.clock.now();
  const auto batching = batching_of(trigger->definition);
  TM_TRY(auto open, open_batch(tx, trigger->id, now));
  if (!open) {
    open = Batch{.run = "wr_" + random_hex(parts_.random, 32),
                 .workflow = workflow.id,
                 .trigger = trigger->id,
                 .due = now.plus(std::chrono::seconds(batching.window_s)),
                 .events = {},
                 .objects = {}};
  }
  const auto batch =
      with_event(*std::move(open), batching, now, delivery.event_id, object_of(delivery));
  TM_CHECK(save_batch(tx, batch));
  if (batch.is_full) {
    TM_CHECK(start_batches(tx, workflow));
  } else {
    tx.on_commit([this, due = batch.due] { parts_.due(due); });
  }
  return events::Outcome{.result = batch.run};
}

/// As many as the workflow has room for.
Status Workflows::start_batches(store::Tx& tx, const Workflow& workflow) {
  for (;;) {
    TM_TRY(const auto batch, due_batch(tx, workflow.id, parts_.clock.now()));
    if (!batch) return {};
    TM_TRY(const bool room, has_room(tx, workflow));
    if (!room) return {};
    TM_CHECK(remove_batch(tx, batch->run));
    TM_CHECK(start_batch(tx, workflow, *batch));
  }
}

Status Workflows::start_batch(store::Tx& tx, const Workflow& workflow, const Batch& batch) {
  auto run = new_run(workflow, properties_of(batch));
  run.id = batch.run;
  TM_TRY(const auto trigger, find_trigger(tx, batch.trigger));
  if (!trigger) {
    run.status = "ERROR";
    run.completed = run.started;
    run.error = "The EVENT trigger that these events reached was deleted.";
    return add_workflow_run(tx, run);
  }
  run.batch = condition_of(batch, batching_of(trigger->definition));
  return begin(tx, std::move(run), "EVENT");
}

Result<std::optional<TimeMs>> Workflows::start_due(store::Tx& tx) {
  const auto now = parts_.clock.now();
  TM_TRY(const auto due, due_workflows(tx, now));
  for (const auto id : due) {
    TM_TRY(const auto workflow, find_workflow(tx, id));
    if (workflow) TM_CHECK(start_batches(tx, *workflow));
  }
  return next_due(tx, now);
}

}  // namespace tidemill::glue
