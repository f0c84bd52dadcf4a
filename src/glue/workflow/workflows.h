/// What follows from what: triggers start jobs or runs of their workflow, ends of runs fire the
/// triggers that watch them, events gather for workflows. Every step is in the transaction of what
/// caused it: a job run's end, the triggers that fire by it and the runs that these start are one
/// commit, so a crash neither loses nor doubles a start.
///
/// On the commit thread throughout, inside the transactions of those who call it. Owned by the
/// server.
#pragma once

#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/random.h"
#include "events/hub.h"
#include "glue/runs.h"
#include "glue/workflow/batch.h"
#include "glue/workflow/graph.h"
#include "glue/workflow/workflow.h"

namespace tidemill::glue {

/// The trigger of the workflow that events reach; nullopt where there is none that is on.
[[nodiscard]] Result<std::optional<JobTrigger>> event_trigger_of(store::Tx& tx,
                                                                 const Workflow& workflow);

class Workflows final : public RunFollower {
 public:
  struct Parts {
    events::Hub& hub;
    Runs& runs;
    const Clock& clock;
    Random& random;
    /// On the commit thread after a commit: call start_due() then.
    std::function<void(TimeMs)> due;
  };
  explicit Workflows(Parts parts) : parts_(std::move(parts)) {}

  /// Fires a SCHEDULED or ON_DEMAND trigger: starts its jobs or, in a workflow, a run of that. What
  /// has no room yet waits. Gives the event's number (events.seq). `late_ms` as schedule::Starter.
  [[nodiscard]] Result<std::int64_t> fire(store::Tx& tx, const JobTrigger& trigger, TimeMs at,
                                          std::optional<std::int64_t> late_ms = {});

  /// Gives the run's id. Fails with ConcurrentRunsExceededException, or InvalidInputException where
  /// the workflow has no start trigger.
  [[nodiscard]] Result<std::string> start(store::Tx& tx, const Workflow& workflow,
                                          const Arguments& properties);
  /// Stops its jobs; nothing further fires. Fails with IllegalWorkflowStateException.
  [[nodiscard]] Status stop(store::Tx& tx, WorkflowRun run);
  /// A further run that takes over what the old one came to, but for these nodes and what follows
  /// from them; gives its id. Fails with IllegalWorkflowStateException, InvalidInputException or as
  /// start().
  [[nodiscard]] Result<std::string> resume(store::Tx& tx, const Workflow& workflow,
                                           const WorkflowRun& old,
                                           const std::vector<std::string>& nodes);

  /// It may have room, or is gone: starts, or refuses, what waits for it.
  [[nodiscard]] Status make_room(store::Tx& tx, const Workflow& workflow);

  /// An event, or a trigger that starts a run: for WorkflowTarget.
  [[nodiscard]] Result<events::Outcome> take(store::Tx& tx, const events::Delivery& delivery);
  /// Starts the runs whose events need not wait any longer. Gives when to call again, if at all.
  [[nodiscard]] Result<std::optional<TimeMs>> start_due(store::Tx& tx);

  Status started(store::Tx& tx, const ActionKey& key, const std::string& run_id) override;
  Status refused(store::Tx& tx, const ActionKey& key) override;
  Status retried(store::Tx& tx, const RunRow& run, const std::string& next_id) override;
  Status ended(store::Tx& tx, const RunRow& run) override;

 private:
  struct Chain {
    std::string id, workflow;  ///< `workflow`: its name; empty outside of one.
  };
  /// A trigger that fires in a chain: with all its actions, or those in `only`.
  struct Shot {
    JobTrigger trigger;
    std::string_view detail_type;
    std::vector<Ending> by;
    std::vector<std::string> only;
  };
  [[nodiscard]] Result<bool> has_room(store::Tx& tx, const Workflow& workflow) const;
  [[nodiscard]] WorkflowRun new_run(const Workflow& workflow, Arguments properties) const;
  [[nodiscard]] Status begin(store::Tx& tx, WorkflowRun run, std::string_view detail_type);
  [[nodiscard]] Status shoot(store::Tx& tx, const Chain& chain, std::vector<Shot> shots);
  [[nodiscard]] Result<std::int64_t> deliver(store::Tx& tx, const Chain& chain, const Shot& shot,
                                             const events::Event& event,
                                             std::optional<std::int64_t> late_ms);
  [[nodiscard]] events::Event event_of(const JobTrigger& trigger, std::string_view detail_type,
                                       TimeMs at) const;
  [[nodiscard]] Status follow(store::Tx& tx, const RunRow& run);
  /// Ends the workflow run if nothing of it is left; gives it if so.
  [[nodiscard]] Result<std::optional<WorkflowRun>> settle(store::Tx& tx, std::string_view chain);
  [[nodiscard]] Status settle_and_make_room(store::Tx& tx, std::string_view chain);
  [[nodiscard]] Status start_batches(store::Tx& tx, const Workflow& workflow);
  [[nodiscard]] Status start_batch(store::Tx& tx, const Workflow& workflow, const Batch& batch);
  [[nodiscard]] Result<events::Outcome> gather(store::Tx& tx, const Workflow& workflow,
                                               const events::Delivery& delivery);

  const Parts parts_;
  int shooting_ = 0;  ///< While a trigger's jobs are being started.
};

}  // namespace tidemill::glue
