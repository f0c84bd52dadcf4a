#include "glue/launch/process_launcher.h"

#include <sys/stat.h>

#include <cerrno>
#include <condition_variable>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <unordered_set>

#include <fmt/format.h>

#include "glue/bootstrap_text.h"
#include "glue/launch/run_process.h"

namespace tidemill::glue {
namespace {

constexpr int pool_threads = 2;
constexpr std::size_t pool_queue_max = 4096;

Status make_directory(const std::string& path) {
  if (::mkdir(path.c_str(), 0700) == 0 || errno == EEXIST) return {};
  return fail(Errc::internal, fmt::format("making {}: {}", path, std::strerror(errno)));
}

Status write_bootstrap(const std::string& path) {
  const std::string temporary = path + ".new";
  std::ofstream file(temporary, std::ios::binary | std::ios::trunc);
  file << bootstrap_text;
  file.close();
  if (!file || std::rename(temporary.c_str(), path.c_str()) != 0) {
    return fail(Errc::internal, fmt::format("writing {}: {}", path, std::strerror(errno)));
  }
  return {};
}

}  // namespace

/// Everything but `quiet` belongs to the loop.
struct ProcessLauncher::State : std::enable_shared_from_this<ProcessLauncher::State> {
  State(const ProcessLauncherOptions& o, ProcessLauncherNeeds& needs)
      : options(o), loops(needs.loops), pool(pool_threads, pool_queue_max) {
    const auto executor = loops.executor(o.loop);
    const std::string runtime = o.data_dir + "/runtime";
    context = std::shared_ptr<LaunchContext>(
        new LaunchContext{.runs_dir = o.data_dir + "/runs",
                          .bootstrap = runtime + "/tidemill_bootstrap.py",
                          .python = o.python,
                          .python_path = o.python_path,
                          .endpoint_url = o.endpoint_url,
                          .log_bytes_max = o.log_bytes_max,
                          .kill_grace = o.kill_grace,
                          .executor = executor,
                          .pool = pool,
                          .log = needs.log,
                          .clock = needs.clock,
                          .credentials = std::move(needs.credentials),
                          .manifest = std::move(needs.manifest),
                          .scripts = ScriptCache(runtime + "/files", needs.scripts, pool),
                          .watch = io::FileWatch(executor)});
    const int processors = static_cast<int>(std::max(1U, std::thread::hardware_concurrency()));
    slots = o.max_running > 0 ? o.max_running : 2 * processors + 2;
  }

  /// Runs `act` on the loop.
  template <class Act>
  void on_loop(Act act) {
    loops.post(options.loop,
               [self = shared_from_this(), act = std::move(act)]() mutable { act(*self); });
  }

  void begin(std::shared_ptr<const Launch> launch) {
    take();
    auto process = std::make_shared<RunProcess>(context, launch);
    running.emplace(launch->run_id, process);
    loops.spawn(options.loop, [self = shared_from_this(), process, launch] {
      return carry_out(self, process, launch);
    });
  }

  void enqueue(std::string run_id) {
    waiting.push_back(std::move(run_id));
    fill();
  }

  /// Gives free places to those who wait.
  void fill() {
    while (!context->is_closing && taken < slots && !waiting.empty()) {
      std::string run_id = std::move(waiting.front());
      waiting.pop_front();
      take();
      loops.spawn(options.loop,
                  [self = shared_from_this(), run_id] { return load_and_begin(self, run_id); });
    }
  }

  void take() {
    if (++taken == 1) quiet_changed();
  }

  void give_back() {
    --taken;
    fill();
    if (taken == 0) quiet_changed();
  }

  void quiet_changed() {
    const std::lock_guard lock(quiet_mutex);
    is_quiet = taken == 0;
    quiet.notify_all();
  }

  static Task<void> load_and_begin(std::shared_ptr<State> self, std::string run_id);
  static Task<void> carry_out(std::shared_ptr<State> self, std::shared_ptr<RunProcess> process,
                              std::shared_ptr<const Launch> launch);
  static Task<void> end_waiting(std::shared_ptr<State> self, std::string run_id);

  ProcessLauncherOptions options;
  io::Loops& loops;
  io::Pool pool;
  std::shared_ptr<LaunchContext> context;
  int slots = 1;
  int taken = 0;  ///< Places in use, also by a run that is being loaded.
  std::deque<std::string> waiting;
  std::unordered_map<std::string, std::shared_ptr<RunProcess>> running;
  std::mutex quiet_mutex;
  std::condition_variable quiet;
  bool is_quiet = true;
};

Task<void> ProcessLauncher::State::load_and_begin(std::shared_ptr<State> self, std::string run_id) {
  auto loaded = co_await self->context->observer->load(run_id);
  if (loaded && !self->context->is_closing) {
    self->begin(std::make_shared<const Launch>(*std::move(loaded)));
  } else if (!loaded && loaded.error().code != Errc::not_found) {
    TM_LOG(warn, "glue", "a waiting run can't be read",
           {{"run", run_id}, {"error", loaded.error().message}});
    if (co_await io::sleep_for(std::chrono::seconds(1))) self->waiting.push_back(run_id);
  }
  self->give_back();
}

Task<void> ProcessLauncher::State::carry_out(std::shared_ptr<State> self,
                                             std::shared_ptr<RunProcess> process,
                                             std::shared_ptr<const Launch> launch) {
  const auto ended = co_await process->carry_out();
  bool is_over = process->is_dropped();
  if (ended && !process->is_dropped()) {
    const Ended facts = *ended;
    std::function<Task<Status>()> tell = [&self, &launch, &facts] {
      return self->context->observer->ended(launch->run_id, facts);
    };
    const Status told = co_await persist(self->context, tell);
    is_over = told.has_value();
    if (!told) {
      TM_LOG(error, "glue", "a run's end isn't recorded",
             {{"run", launch->run_id}, {"error", told.error().message}});
    }
  }
  const auto found = self->running.find(launch->run_id);
  if (found != self->running.end() && found->second == process) self->running.erase(found);
  self->give_back();
  if (!is_over) co_return;
  auto work = [&self, &launch]() -> Status {
    RunDir(self->context->runs_dir, launch->run_id).remove();
    return {};
  };
  const Status removed = co_await self->pool.run(work);
  if (!removed) TM_LOG(debug, "glue", "a run's directory stays", {{"run", launch->run_id}});
}

/// A run that was stopped before its turn came.
Task<void> ProcessLauncher::State::end_waiting(std::shared_ptr<State> self, std::string run_id) {
  const Ended facts{.end = {.cause = RunEnd::Cause::stopped, .error = {}},
                    .at = self->context->clock.now(),
                    .first_line = {}};
  std::function<Task<Status>()> tell = [&self, &run_id, &facts] {
    return self->context->observer->ended(run_id, facts);
  };
  const Status told = co_await persist(self->context, tell);
  if (!told) TM_LOG(error, "glue", "a run's end isn't recorded", {{"run", run_id}});
}

Result<std::unique_ptr<ProcessLauncher>> ProcessLauncher::make(ProcessLauncherOptions options,
                                                               ProcessLauncherNeeds needs) {
  for (const char* part : {"/runs", "/runtime", "/runtime/files"}) {
    TM_CHECK(make_directory(options.data_dir + part));
  }
  auto state = std::make_shared<State>(options, needs);
  TM_CHECK(write_bootstrap(state->context->bootstrap));
  state->context->scripts.prune();
  return std::unique_ptr<ProcessLauncher>(new ProcessLauncher(std::move(state)));
}

ProcessLauncher::ProcessLauncher(std::shared_ptr<State> state) : state_(std::move(state)) {}
ProcessLauncher::~ProcessLauncher() = default;

void ProcessLauncher::observe(RunObserver& observer) { state_->context->observer = &observer; }

void ProcessLauncher::start(std::shared_ptr<const Launch> launch) {
  state_->on_loop([launch = std::move(launch)](State& state) {
    if (state.context->is_closing) return;
    if (state.taken < state.slots && state.waiting.empty()) {
      state.begin(launch);
    } else {
      state.enqueue(launch->run_id);
    }
  });
}

void ProcessLauncher::clean(std::vector<std::string> open_run_ids) {
  const std::unordered_set<std::string> open(open_run_ids.begin(), open_run_ids.end());
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(state_->context->runs_dir, error)) {
    if (!open.contains(entry.path().filename().string())) {
      std::filesystem::remove_all(entry.path(), error);
    }
  }
}

void ProcessLauncher::resume(std::string run_id) {
  state_->on_loop([run_id = std::move(run_id)](State& state) { state.enqueue(run_id); });
}

void ProcessLauncher::adopt(std::shared_ptr<const Launch> launch) {
  // It runs already: it takes a place even where there is none.
  state_->on_loop([launch = std::move(launch)](State& state) { state.begin(launch); });
}

void ProcessLauncher::stop(std::string run_id) {
  state_->on_loop([run_id = std::move(run_id)](State& state) {
    if (const auto found = state.running.find(run_id); found != state.running.end()) {
      found->second->stop();
      return;
    }
    const auto waits = std::ranges::find(state.waiting, run_id);
    if (waits == state.waiting.end()) return;  // Being loaded: it will read that it is to stop.
    state.waiting.erase(waits);
    state.loops.spawn(state.options.loop, [self = state.shared_from_this(), run_id] {
      return State::end_waiting(self, run_id);
    });
  });
}

void ProcessLauncher::drop_all() {
  state_->on_loop([](State& state) {
    state.waiting.clear();
    for (const auto& [id, process] : state.running) process->drop();
  });
}

Task<void> ProcessLauncher::drained(std::chrono::milliseconds wait) {
  constexpr auto look_again = std::chrono::milliseconds(10);
  for (auto waited = look_again; waited < wait; waited += look_again) {
    // What was posted to the loop before has its turn first.
    if (!co_await io::sleep_for(look_again)) co_return;
    const std::lock_guard lock(state_->quiet_mutex);
    if (state_->is_quiet) co_return;
  }
}

void ProcessLauncher::close(std::chrono::milliseconds wait) {
  state_->on_loop([](State& state) {
    state.context->is_closing = true;
    state.waiting.clear();
    for (const auto& [id, process] : state.running) process->let_go();
    state.quiet_changed();
  });
  std::unique_lock lock(state_->quiet_mutex);
  state_->quiet.wait_for(lock, wait, [this] { return state_->is_quiet; });
}

}  // namespace tidemill::glue
