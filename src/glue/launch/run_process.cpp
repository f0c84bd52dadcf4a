#include "glue/launch/run_process.h"

#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include <array>
#include <charconv>

#include <fmt/format.h>

#include "base/failpoint.h"

namespace tidemill::glue {
namespace {

using namespace std::chrono_literals;

constexpr auto log_settle = 50ms;  // Output that comes together is logged together.
constexpr auto recovery_wait = 20ms;
constexpr int recovery_looks_max = 250;

/// "NoSuchKey: The specified key does not exist.": the error as AWS's tools print it.
std::string words(const Error& error) {
  return error.name.empty() ? error.message : fmt::format("{}: {}", error.name, error.message);
}

RunEnd failed(std::string error) {
  return {.cause = RunEnd::Cause::failed, .error = std::move(error)};
}

std::array<std::int64_t, 2> read_offsets(const std::string& path) {
  std::array<std::int64_t, 2> offsets = {0, 0};
  const io::Fd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  std::array<char, 64> text;
  const ssize_t size = fd ? ::read(fd.get(), text.data(), text.size()) : 0;
  const char* at = text.data();
  const char* end = at + std::max<ssize_t>(size, 0);
  for (auto& offset : offsets) {
    const auto read = std::from_chars(at, end, offset);
    if (read.ec != std::errc()) return {0, 0};
    at = std::min(read.ptr + 1, end);
  }
  return offsets;
}

}  // namespace

Task<Status> persist(std::shared_ptr<LaunchContext> context, std::function<Task<Status>()> act) {
  auto pause = 20ms;
  for (;;) {
    Status done = co_await act();
    const bool may_pass =
        !done && (done.error().code == Errc::throttled || done.error().code == Errc::storage_full);
    if (!may_pass || context->is_closing) co_return done;
    if (!co_await io::sleep_for(pause)) co_return done;
    pause = std::min(pause * 2, std::chrono::milliseconds(2000));
  }
}

RunProcess::RunProcess(std::shared_ptr<LaunchContext> context, std::shared_ptr<const Launch> launch)
    : context_(std::move(context)),
      launch_(std::move(launch)),
      dir_(context_->runs_dir, launch_->run_id),
      deadline_(context_->executor),
      grace_(context_->executor),
      wake_(context_->executor) {}

Task<std::optional<Ended>> RunProcess::carry_out() {
  const auto self = shared_from_this();  // For the length of this coroutine.
  if (launch_->stopping && !launch_->process) {
    co_return ended_with({.cause = RunEnd::Cause::stopped, .error = {}});
  }
  const auto begun = co_await begin();
  if (!begun) co_return ended_with(failed(words(begun.error())));
  if (*begun) {
    co_await follow_output();
    co_return conclude(**begun);
  }
  co_await watch_process();
  deadline_.cancel();
  grace_.cancel();
  if (!has_exited_) co_return std::nullopt;
  const auto exit = io::reap(process_->pid);
  if (is_dropped_) co_return std::nullopt;
  co_return conclude(end_of(exit, dir_.read_status()));
}

/// Afterwards either the process runs (nullopt), or the run has ended already.
Task<Result<std::optional<RunEnd>>> RunProcess::begin() {
  if (launch_->process) co_return co_await recover();
  TM_CO_TRY(Begun begun, co_await spawn(false));
  if (begun.existed) co_return co_await recover();
  if (begun.process) {
    process_ = begun.process;
    pidfd_ = std::move(begun.pidfd);
    spawned_ = context_->clock.now();
    co_return std::nullopt;
  }
  co_return RunEnd{.cause = RunEnd::Cause::stopped, .error = {}};
}

Task<Result<std::optional<RunEnd>>> RunProcess::recover() {
  for (int look = 0; look < recovery_looks_max; ++look) {
    Remains remains{.is_locked = dir_.is_locked(),
                    .was_running = launch_->process.has_value(),
                    .record = dir_.read_status()};
    auto process = launch_->process;
    if (!process && remains.is_locked) process = io::identify(remains.record.pid);
    remains.is_alive = process && io::is_alive(*process);
    switch (decide_recovery(remains)) {
      case Recovery::adopt: {
        auto pidfd = process ? io::open_pidfd(process->pid) : fail(Errc::not_found, "");
        if (!pidfd) break;  // Gone meanwhile: look again.
        process_ = process;
        pidfd_ = *std::move(pidfd);
        spawned_ = launch_->spawned.value_or(context_->clock.now());
        co_return std::nullopt;
      }
      case Recovery::finish: co_return end_of(std::nullopt, remains.record);
      case Recovery::lost:
        co_return failed(
            "The job run's process died (the server or the machine was restarted); how far it "
            "came isn't known");
      case Recovery::start_again: {
        TM_CO_TRY(Begun begun, co_await spawn(true));
        if (!begun.process) co_return RunEnd{.cause = RunEnd::Cause::stopped, .error = {}};
        process_ = begun.process;
        pidfd_ = std::move(begun.pidfd);
        spawned_ = context_->clock.now();
        co_return std::nullopt;
      }
      case Recovery::wait: break;
    }
    co_await io::sleep_for(recovery_wait);
  }
  co_return failed("The job run's process could not be found again after a restart");
}

Task<Result<CommandFacts>> RunProcess::gather() {
  CommandFacts facts{.python = context_->python,
                     .bootstrap = context_->bootstrap,
                     .python_path = context_->python_path,
                     .temp_dir = dir_.temp(),
                     .manifest = launch_->has_manifest() ? dir_.manifest() : std::string(),
                     .endpoint_url = context_->endpoint_url};
  TM_CO_TRY(facts.script, co_await context_->scripts.get(launch_->scope, launch_->script));
  for (const auto& uri : module_uris(*launch_)) {
    TM_CO_TRY(std::string file, co_await context_->scripts.get(launch_->scope, uri));
    facts.modules.push_back(std::move(file));
  }
  TM_CO_TRY(facts.credentials, context_->credentials(*launch_));
  co_return facts;
}

/// Makes the directory and starts the process, unless the run was stopped meanwhile.
Task<Result<RunProcess::Begun>> RunProcess::spawn(bool again) {
  TM_CO_TRY(const CommandFacts facts, co_await gather());
  std::string manifest;
  if (launch_->has_manifest()) {
    TM_CO_TRY(manifest, co_await context_->manifest(launch_->delivery));
  }
  TM_CO_TRY(auto argv, command_line(*launch_, facts));
  if (forced_ || is_dropped_ || context_->is_closing) co_return Begun{};
  io::SpawnOptions options{.argv = std::move(argv),
                           .environment = command_environment(*launch_, facts),
                           .directory = dir_.temp()};
  auto work = [this, &options, &manifest, again]() -> Result<Begun> {
    TM_TRY(const bool is_new, dir_.make());
    if (!is_new && !again) return Begun{.process = {}, .pidfd = {}, .existed = true};
    TM_TRY(const auto files, dir_.open_new());
    if (launch_->has_manifest()) TM_CHECK(dir_.write_manifest(manifest));
    options.stdout_fd = files.out.get();
    options.stderr_fd = files.err.get();
    options.extra_fd = files.status.get();
    TM_FAILPOINT_CHECK("glue.run.before_spawn");
    TM_TRY(const int pid, io::spawn(options));
    (void)TM_FAILPOINT("glue.run.after_spawn");
    Begun begun{.process = io::identify(pid)};
    TM_TRY(begun.pidfd, io::open_pidfd(pid));
    return begun;
  };
  auto begun = co_await context_->pool.run(work);
  if (!begun && begun.error().code == Errc::not_found) {
    begun.error().message = fmt::format(
        "The Python interpreter of the job can't be started ({}); name one with --python",
        begun.error().message);
  }
  co_return begun;
}

Task<void> RunProcess::watch_process() {
  readable_.emplace(context_->executor, std::move(pidfd_));
  readable_->once([self = shared_from_this()] {
    self->has_exited_ = true;
    self->wake_.notify();
  });
  arm_deadline();
  if (is_dropped_) drop();
  if (forced_ || launch_->stopping) stop();
  const Spawned facts{.process = *process_, .at = *spawned_};
  std::function<Task<Status>()> tell = [this, facts] {
    return context_->observer->spawned(launch_->run_id, facts);
  };
  if (!launch_->spawned && !is_dropped_) {
    const Status told = co_await persist(context_, tell);
    if (!told)
      TM_LOG(warn, "glue", "a run's start isn't recorded", {{"error", told.error().message}});
  }
  co_await follow_output();
}

void RunProcess::arm_deadline() {
  if (launch_->timeout_minutes <= 0) return;
  const auto gone = std::chrono::milliseconds(context_->clock.now().ms - spawned_->ms);
  const std::chrono::milliseconds all = std::chrono::minutes(launch_->timeout_minutes);
  deadline_.expires_after(std::max(all - std::max(gone, 0ms), 0ms));
  deadline_.async_wait([self = shared_from_this()](const boost::system::error_code& error) {
    if (error || self->has_exited_ || self->forced_) return;
    self->forced_ = RunEnd::Cause::timed_out;
    self->end_processes();
  });
}

void RunProcess::stop() {
  const bool is_first = !forced_;
  if (is_first) forced_ = RunEnd::Cause::stopped;
  end_processes();
}

void RunProcess::end_processes() {
  if (!process_ || has_exited_ || !io::is_alive(*process_)) return;
  io::signal_group(process_->pid, SIGTERM);
  grace_.expires_after(context_->kill_grace);
  grace_.async_wait([self = shared_from_this()](const boost::system::error_code& error) {
    if (!error && !self->has_exited_) io::signal_group(self->process_->pid, SIGKILL);
  });
}

void RunProcess::drop() {
  is_dropped_ = true;
  if (process_ && !has_exited_ && io::is_alive(*process_)) {
    io::signal_group(process_->pid, SIGKILL);
  }
}

std::string RunProcess::group(std::string_view kind) const {
  const bool is_shell = launch_->command == "pythonshell";
  return fmt::format("/aws-glue/{}/{}", is_shell ? "python-jobs" : "jobs", kind);
}

/// Until the process has exited and all it has written is handed on.
Task<void> RunProcess::follow_output() {
  for (const char* kind : {"output", "error"}) {
    if (is_dropped_) break;
    const Status opened = co_await context_->log.open(launch_->scope, group(kind), launch_->run_id);
    if (!opened) TM_LOG(warn, "glue", "no log stream", {{"error", opened.error().message}});
  }
  const auto offsets = read_offsets(dir_.path() + "/logged");
  out_ =
      std::make_unique<LogTail>(LogTail::Options{dir_.out(), offsets[0], context_->log_bytes_max});
  err_ =
      std::make_unique<LogTail>(LogTail::Options{dir_.err(), offsets[1], context_->log_bytes_max});
  if (readable_) {
    const auto written = [weak = weak_from_this()] {
      const auto self = weak.lock();
      if (self && !std::exchange(self->has_output_, true)) self->wake_.notify();
    };
    const auto out_key = context_->watch.add(dir_.out(), written);
    const auto err_key = context_->watch.add(dir_.err(), written);
    while (!has_exited_ && !context_->is_closing) {
      if (std::exchange(has_output_, false)) co_await pass_on(false);
      co_await wake_.wait();
      if (has_output_ && !has_exited_) co_await wake_.wait_for(log_settle);
    }
    if (out_key) context_->watch.remove(*out_key);
    if (err_key) context_->watch.remove(*err_key);
  }
  if (has_exited_ && process_) io::signal_group(process_->pid, SIGKILL);  // What it left behind.
  co_await pass_on(has_exited_ || !readable_);
}

Task<void> RunProcess::pass_on(bool at_end) {
  bool is_more = true;
  while (is_more && !is_dropped_) {
    is_more = co_await pass_on_from(*out_, group("output"), at_end);
    const bool more_errors = co_await pass_on_from(*err_, group("error"), at_end);
    is_more = is_more || more_errors;
    if (is_more) save_offsets();
  }
}

Task<bool> RunProcess::pass_on_from(LogTail& tail, std::string log_group, bool at_end) {
  auto lines = tail.read(context_->clock.now(), at_end);
  if (lines.empty()) co_return false;
  const Status kept = co_await context_->log.append(launch_->scope, std::move(log_group),
                                                    launch_->run_id, std::move(lines));
  if (!kept && !std::exchange(log_failed_, true)) {
    TM_LOG(warn, "glue", "output of a run isn't logged",
           {{"run", launch_->run_id}, {"error", kept.error().message}});
  }
  co_return true;
}

void RunProcess::save_offsets() const {
  const io::Fd fd(::open((dir_.path() + "/logged").c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
  const std::string text = fmt::format("{:020} {:020}\n", out_->offset(), err_->offset());
  if (!fd) return;
  [[maybe_unused]] const auto size = ::pwrite(fd.get(), text.data(), text.size(), 0);
}

Ended RunProcess::ended_with(RunEnd end) const {
  if (forced_ && end.cause != RunEnd::Cause::stopped) end = {.cause = *forced_, .error = {}};
  return {.end = std::move(end), .at = context_->clock.now(), .first_line = {}};
}

Ended RunProcess::conclude(RunEnd end) const {
  Ended ended = ended_with(std::move(end));
  if (const auto started = dir_.read_status().started_ns) {
    ended.first_line = TimeMs{*started / 1'000'000};
  }
  return ended;
}

}  // namespace tidemill::glue
