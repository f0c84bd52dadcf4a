/// The runs of jobs: starting them, following their processes, ending them. The rows are the truth;
/// what must be on disk before a process begins is written in the caller's transaction.
///
/// start() and stop() are called on the commit thread inside transactions; the observer's members
/// on the launcher's loop. Owned by the server.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/json.h"
#include "base/meter.h"
#include "base/random.h"
#include "events/bus.h"
#include "events/target.h"
#include "glue/follower.h"
#include "glue/job_store.h"
#include "glue/launch/launcher.h"
#include "store/store.h"

namespace tidemill::glue {

/// A run as its row has it.
struct RunRow {
  std::int64_t seq = 0;
  std::string id;
  Scope scope;
  std::string job;
  RunState state = RunState::starting;
  int attempt = 0;
  std::string previous_id, given, arguments, settings, role, command, script;
  int timeout_minutes = 0, retries_max = 0;
  std::string trigger_source, event_id, rule_name;
  std::string chain;  ///< ActionKey::chain, where a trigger started it; rule_name is then its name.
  std::int64_t delivery = 0;
  TimeMs created, modified;
  std::optional<TimeMs> spawned, first_line, completed;
  std::optional<io::ProcessId> process;
  std::string error;
};

/// What to start: the job and what this run has of its own.
struct StartOrder {
  const Job& job;
  Trigger trigger;
  Arguments given;
  json::object settings;  ///< Timeout, WorkerType, … of this run only.
};

class Runs final : public RunObserver {
 public:
  struct Parts {
    store::Store& store;
    events::Bus& bus;
    Launcher& launcher;
    const Clock& clock;
    Random& random;
    Meter* meter = nullptr;  ///< Told after commits how runs ended.
  };
  explicit Runs(const Parts& parts) : parts_(parts) {}

  /// Who is told of the runs that triggers start; once, before the first of them. Outlives it.
  void follow(RunFollower& follower) { follower_ = &follower; }

  /// At start, before the first request: hands open runs back to the launcher.
  [[nodiscard]] Status recover(store::Tx& tx);

  /// Writes a run in STARTING and hands it over once `tx` is committed. Gives its id. Fails with
  /// ConcurrentRunsExceededException, naming the job.
  [[nodiscard]] Result<std::string> start(store::Tx& tx, StartOrder order);
  /// Fails with EntityNotFoundException, or InvalidInputException where the run is over.
  [[nodiscard]] Status stop(store::Tx& tx, const Scope& scope, std::string_view job,
                            std::string_view run_id);

  /// The job may have room, or is gone: tries what waits for it.
  [[nodiscard]] Status make_room(store::Tx& tx, const Scope& scope, std::string_view job);

  [[nodiscard]] Result<std::optional<RunRow>> find(store::Tx& tx, std::string_view run_id) const;
  /// Newest first, those before `before` (0: all); of one job, or of all where `job` is empty.
  [[nodiscard]] Result<std::vector<RunRow>> list(store::Tx& tx, const Scope& scope,
                                                 std::string_view job, std::int64_t before,
                                                 int count) const;
  /// Runs of all accounts that aren't over, by their state.
  [[nodiscard]] static Result<std::map<std::string, std::int64_t>> count_open(store::Tx& tx);
  [[nodiscard]] Status reset(store::Tx& tx);
  /// A trigger's job can't be started, and never will.
  [[nodiscard]] Status refused(store::Tx& tx, const Trigger& trigger);

  Task<Status> spawned(std::string run_id, Spawned facts) override;
  Task<Status> ended(std::string run_id, Ended facts) override;
  Task<Result<Launch>> load(std::string run_id) override;

 private:
  Status finish(store::Tx& tx, RunRow run, const RunStep& step, const Ended& facts);
  Status retry(store::Tx& tx, const RunRow& run);
  Status publish(store::Tx& tx, const RunRow& run);
  void count(store::Tx& tx, const RunRow& run, TimeMs ended) const;
  Status insert(store::Tx& tx, RunRow run);

  const Parts parts_;
  RunFollower* follower_ = nullptr;
};

/// Starts jobs for rules: arn:aws:glue:REGION:ACCOUNT:job/NAME.
class JobTarget final : public events::Target {
 public:
  explicit JobTarget(Runs& runs) : runs_(runs) {}
  [[nodiscard]] bool takes(const Arn& arn) const override;
  [[nodiscard]] std::string_view action() const override { return "glue:StartJobRun"; }
  [[nodiscard]] bool takes_batches() const override { return true; }
  Result<events::Outcome> apply(store::Tx& tx, const events::Delivery& delivery) override;

 private:
  static constexpr std::size_t full_max = 1000;
  static events::Outcome wait_for(std::string_view job);

  Runs& runs_;
  /// Jobs that had no place for one more run when they were last asked, by ARN: while they have as
  /// many, the next delivery needs no look at their definition. Commit thread.
  std::unordered_map<std::string, Occupancy> full_;
};

/// What `explain` and `runs list` show of a run.
[[nodiscard]] json::object shown_run(const RunRow& run);

}  // namespace tidemill::glue
