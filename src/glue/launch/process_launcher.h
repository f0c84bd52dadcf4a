/// Carries runs out as local processes, a bounded number at a time; the rest wait in order, and of
/// those only ids are in memory.
///
/// Owned by the server. Its members may be called from any thread; all work is on one loop and a
/// small pool of its own.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>

#include "glue/launch/environment.h"
#include "glue/launch/launcher.h"
#include "io/loops.h"

namespace tidemill::glue {

struct ProcessLauncherOptions {
  std::string data_dir;            ///< Absolute.
  std::string python = "python3";  ///< The interpreter: a path, or a name sought on PATH.
  std::string python_path = {};    ///< More of PYTHONPATH for every run.
  std::string endpoint_url;        ///< AWS_ENDPOINT_URL of the runs.
  int max_running = 0;             ///< 0: twice the processors and two.
  std::int64_t log_bytes_max = 64 * 1024 * 1024;  ///< Of each of a run's two streams.
  std::chrono::milliseconds kill_grace{5000};     ///< Between SIGTERM and SIGKILL.
  int loop = 0;
};

/// All outlive the launcher's last use.
struct ProcessLauncherNeeds {
  io::Loops& loops;
  ScriptSource& scripts;
  RunLog& log;
  const Clock& clock;
  std::function<Result<RunCredentials>(const Launch&)> credentials;
  ManifestOf manifest = {};
};

class ProcessLauncher final : public Launcher {
 public:
  /// Makes the directories under DATA and writes the bootstrap there. Blocking.
  static Result<std::unique_ptr<ProcessLauncher>> make(ProcessLauncherOptions options,
                                                       ProcessLauncherNeeds needs);
  ~ProcessLauncher() override;

  void observe(RunObserver& observer) override;
  void start(std::shared_ptr<const Launch> launch) override;
  void clean(std::vector<std::string> open_run_ids) override;
  void resume(std::string run_id) override;
  void adopt(std::shared_ptr<const Launch> launch) override;
  void stop(std::string run_id) override;
  void drop_all() override;
  /// Returns once no process is left that could say anything more, or after `wait`.
  Task<void> drained(std::chrono::milliseconds wait = std::chrono::seconds(5));

  /// Begins nothing more and lets the running processes be: they live on, and the next start adopts
  /// them. Waits until their output so far is logged, at most `wait`. Not from a loop.
  void close(std::chrono::milliseconds wait = std::chrono::milliseconds(3000));

 private:
  struct State;
  explicit ProcessLauncher(std::shared_ptr<State> state);
  std::shared_ptr<State> state_;
};

}  // namespace tidemill::glue
