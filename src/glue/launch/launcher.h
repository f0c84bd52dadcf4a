/// Who carries out runs: the interface between the domain (glue::Runs) and what starts, stops and
/// adopts processes. A test passes a fake.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/arn.h"
#include "base/error.h"
#include "base/time.h"
#include "glue/arguments.h"
#include "glue/run.h"
#include "io/process.h"
#include "io/task.h"

namespace tidemill::glue {

/// All that carrying out a run needs. A copy of its row, taken at a commit.
struct Launch {
  std::string run_id, job_name;
  Scope scope;
  std::string command;  ///< glueetl, gluestreaming or pythonshell.
  std::string script;   ///< s3://…
  std::string role_arn;
  Arguments arguments;  ///< Merged.
  int timeout_minutes = 0;
  int attempt = 0;
  std::string trigger_source;
  std::int64_t delivery = 0;             ///< Of a rule or schedule that started it; 0: none did.
  std::optional<TimeMs> spawned;         ///< Set where it has been RUNNING.
  std::optional<io::ProcessId> process;  ///< As above.
  bool stopping = false;

  /// Files came together: the run has a manifest of them.
  [[nodiscard]] bool has_manifest() const {
    const auto manifest = arguments.find("--manifest");
    return delivery != 0 && arguments.contains("--batch_id") && manifest != arguments.end() &&
           manifest->second == manifest_name;
  }
};

/// A process began.
struct Spawned {
  io::ProcessId process;
  TimeMs at;
};

/// A run's process is no more, or never was.
struct Ended {
  RunEnd end;
  TimeMs at;
  std::optional<TimeMs> first_line;  ///< When the script's own code began.
};

/// Who is told. All are called on the launcher's loop, and retried while they fail for a reason
/// that may pass.
class RunObserver {
 public:
  virtual ~RunObserver() = default;
  virtual Task<Status> spawned(std::string run_id, Spawned facts) = 0;
  virtual Task<Status> ended(std::string run_id, Ended facts) = 0;
  /// The run again; fails with not_found once it is final or forgotten.
  virtual Task<Result<Launch>> load(std::string run_id) = 0;
};

/// All members may be called from any thread and never block.
class Launcher {
 public:
  virtual ~Launcher() = default;
  /// Before all else, once.
  virtual void observe(RunObserver& observer) = 0;
  /// The run is committed as STARTING.
  virtual void start(std::shared_ptr<const Launch> launch) = 0;
  /// After a restart, first: removes what runs other than these have left behind.
  virtual void clean(std::vector<std::string> open_run_ids) = 0;
  /// After a restart: a run that was STARTING and may have begun or not.
  virtual void resume(std::string run_id) = 0;
  /// After a restart: a run that was RUNNING or STOPPING.
  virtual void adopt(std::shared_ptr<const Launch> launch) = 0;
  /// The run is committed as STOPPING.
  virtual void stop(std::string run_id) = 0;
  /// Ends all processes at once and tells nobody (test mode's reset).
  virtual void drop_all() = 0;
};

}  // namespace tidemill::glue
