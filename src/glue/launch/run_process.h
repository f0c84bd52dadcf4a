/// One run's process from its preparation to its end: spawn or adoption, time-out, stop, log.
///
/// Lives on the launcher's loop; held by its coroutine and by the launcher.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "glue/launch/command.h"
#include "glue/launch/environment.h"
#include "glue/launch/launcher.h"
#include "glue/launch/log_tail.h"
#include "glue/launch/run_dir.h"
#include "glue/launch/script_cache.h"
#include "io/loops.h"
#include "io/process.h"
#include "io/wake.h"

namespace tidemill::glue {

/// What all runs of a launcher share.
struct LaunchContext {
  std::string runs_dir, bootstrap, python, python_path, endpoint_url;
  std::int64_t log_bytes_max = 0;
  std::chrono::milliseconds kill_grace{};
  boost::asio::any_io_executor executor;
  io::Pool& pool;
  RunLog& log;
  const Clock& clock;
  std::function<Result<RunCredentials>(const Launch&)> credentials;
  ManifestOf manifest;
  ScriptCache scripts;
  io::FileWatch watch;
  RunObserver* observer = nullptr;
  bool is_closing = false;
};

class RunProcess : public std::enable_shared_from_this<RunProcess> {
 public:
  RunProcess(std::shared_ptr<LaunchContext> context, std::shared_ptr<const Launch> launch);

  /// Carries the run out. nullopt if the program is about to end, or the run was dropped: then the
  /// end is nobody's business here.
  Task<std::optional<Ended>> carry_out();

  /// Ends it: SIGTERM to all of its processes, SIGKILL after the grace.
  void stop();
  /// SIGKILL at once, and nobody is told.
  void drop();
  /// The program ends: leaves the process alone.
  void let_go() { wake_.notify(); }

  [[nodiscard]] bool is_dropped() const noexcept { return is_dropped_; }

 private:
  struct Begun {
    std::optional<io::ProcessId> process;
    io::Fd pidfd;
    bool existed = false;  ///< The directory was there: nothing was done.
  };

  Task<Result<std::optional<RunEnd>>> begin();
  Task<Result<std::optional<RunEnd>>> recover();
  Task<Result<CommandFacts>> gather();
  Task<Result<Begun>> spawn(bool again);
  Task<void> watch_process();
  void arm_deadline();
  void end_processes();
  Task<void> follow_output();
  Task<void> pass_on(bool at_end);
  Task<bool> pass_on_from(LogTail& tail, std::string group, bool at_end);
  [[nodiscard]] Ended conclude(RunEnd end) const;
  [[nodiscard]] Ended ended_with(RunEnd end) const;
  void save_offsets() const;
  [[nodiscard]] std::string group(std::string_view kind) const;

  std::shared_ptr<LaunchContext> context_;
  std::shared_ptr<const Launch> launch_;
  RunDir dir_;
  std::optional<io::ProcessId> process_;
  io::Fd pidfd_;
  std::optional<io::Readable> readable_;
  io::Timer deadline_, grace_;
  io::Wake wake_;
  std::optional<TimeMs> spawned_;
  std::unique_ptr<LogTail> out_, err_;
  std::optional<RunEnd::Cause> forced_;  ///< Why we ended it, if we did.
  bool has_exited_ = false, has_output_ = true, is_dropped_ = false;
  bool log_failed_ = false;
};

/// Calls `act` again while the store is too busy to take it.
Task<Status> persist(std::shared_ptr<LaunchContext> context, std::function<Task<Status>()> act);

}  // namespace tidemill::glue
