/// Runs of workflows as the store keeps them. Functions take the open transaction.
/// (AWS: WorkflowRun of the Workflows API.)
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/arn.h"
#include "base/time.h"
#include "glue/arguments.h"
#include "glue/trigger.h"
#include "store/store.h"

namespace tidemill::glue {

/// What ended the waiting of events for a run; one of the two is set.
struct BatchCondition {
  std::optional<std::int64_t> size;      ///< Events, where their number was reached.
  std::optional<std::int64_t> window_s;  ///< Where the time was over before.
};

struct WorkflowRun {
  std::int64_t seq = 0;
  std::string id;             ///< "wr_" and 64 hex digits.
  std::int64_t workflow = 0;  ///< Workflow::id.
  Scope scope;
  std::string name;                  ///< Of the workflow.
  std::string previous_id;           ///< Of the run that it resumes; else empty.
  std::string status = "RUNNING";    ///< RUNNING, COMPLETED, STOPPING, STOPPED, ERROR
  Arguments properties;              ///< WorkflowRunProperties.
  std::vector<JobTrigger> triggers;  ///< As they were at its start: what it goes by.
  std::optional<BatchCondition> batch;
  TimeMs started;
  std::optional<TimeMs> completed;
  std::string error;

  [[nodiscard]] bool is_open() const { return status == "RUNNING" || status == "STOPPING"; }
};

[[nodiscard]] Result<std::optional<WorkflowRun>> find_workflow_run(store::Tx& tx,
                                                                   std::string_view id);
/// Of a workflow, the newest first, those before `before` (0: all).
[[nodiscard]] Result<std::vector<WorkflowRun>> list_workflow_runs(store::Tx& tx,
                                                                  std::int64_t workflow,
                                                                  std::int64_t before, int count);
/// How many runs of the workflow aren't over.
[[nodiscard]] Result<std::int64_t> open_workflow_runs(store::Tx& tx, std::int64_t workflow);
[[nodiscard]] Status add_workflow_run(store::Tx& tx, const WorkflowRun& run);
/// What `explain` shows of the run with that id; empty if there is none.
[[nodiscard]] Result<json::object> shown_workflow_run(store::Tx& tx, std::string_view id);
/// Writes its status, properties and end.
[[nodiscard]] Status save_workflow_run(store::Tx& tx, const WorkflowRun& run);

}  // namespace tidemill::glue
