/// Simulation: the machine that job processes run on. They live on when the server dies, and all
/// die when the power fails; what their status files say stays.
#pragma once

#include <functional>
#include <map>
#include <string>

#include "glue/launch/run_dir.h"
#include "server/simulation/time_testing.h"

namespace tidemill::server::simulation {

/// One run's process and its directory.
struct Process {
  std::string job;
  std::int64_t pid = 0;
  bool is_alive = true;
  bool was_killed = false;
  glue::StatusRecord record;
  std::function<void()> on_exit;  ///< Of the server that watches it.
};

class Machine {
 public:
  Machine(Time& time, Trace& trace, std::uint64_t seed)
      : time_(time), trace_(trace), chance_(seed) {}

  [[nodiscard]] Process* find(const std::string& run_id) {
    const auto found = processes_.find(run_id);
    return found == processes_.end() ? nullptr : &found->second;
  }
  Process& spawn(const std::string& run_id, const std::string& job) {
    auto& process =
        processes_[run_id] = {.job = job, .pid = ++last_pid_, .record = {}, .on_exit = {}};
    trace_("process {} of {} {}", process.pid, job, run_id);
    time_.in(first_act_ms, [this, run_id, pid = process.pid] { first_act(run_id, pid); });
    return process;
  }
  /// SIGTERM, and what follows.
  void kill(const std::string& run_id) {
    auto* process = find(run_id);
    if (process == nullptr || !process->is_alive) return;
    process->was_killed = true;
    time_.in(chance_.in(50) ? 50 : 5000, [this, run_id, pid = process->pid] { exit(run_id, pid); });
  }
  void remove(const std::string& run_id) { processes_.erase(run_id); }
  /// All but the directories of these runs go.
  void keep_only(const std::vector<std::string>& run_ids) {
    std::erase_if(processes_, [&](const auto& one) {
      return std::ranges::find(run_ids, one.first) == run_ids.end();
    });
  }
  void server_dies() {
    for (auto& [id, process] : processes_) process.on_exit = {};
  }
  void power_fails() {
    for (auto& [id, process] : processes_) {
      if (std::exchange(process.is_alive, false)) lost.insert(id);
    }
  }
  [[nodiscard]] int alive(const std::string& job) const {
    return int(std::ranges::count_if(
        processes_, [&](const auto& one) { return one.second.is_alive && one.second.job == job; }));
  }

  std::map<std::string, int> begun;       ///< How often a run's script began.
  std::map<std::string, int> exit_codes;  ///< Of those that came to their own end.
  std::set<std::string> lost;             ///< Died with the power.

 private:
  static constexpr std::int64_t first_act_ms = 30;

  Process* living(const std::string& run_id, std::int64_t pid) {
    auto* process = find(run_id);
    return process != nullptr && process->pid == pid && process->is_alive ? process : nullptr;
  }
  void first_act(const std::string& run_id, std::int64_t pid) {
    auto* process = living(run_id, pid);
    if (process == nullptr) return;
    process->record.started_ns = time_.clock.now().ms * 1'000'000;
    process->record.pid = pid;
    ++begun[run_id];
    if (chance_.in(5)) return;  // It hangs, until somebody ends it.
    const int code = chance_.in(20) ? 1 : 0;
    time_.in(second_ms * (1 + chance_.below(chance_.in(30) ? 1200 : 60)),
             [this, run_id, pid, code] {
               auto* ending = living(run_id, pid);
               if (ending == nullptr) return;
               ending->record.ended_ns = time_.clock.now().ms * 1'000'000;
               ending->record.exit = code;
               exit_codes[run_id] = code;
               exit(run_id, pid);
             });
  }
  void exit(const std::string& run_id, std::int64_t pid) {
    auto* process = living(run_id, pid);
    if (process == nullptr) return;
    process->is_alive = false;
    trace_("process {} is gone", pid);
    if (process->on_exit) process->on_exit();
  }

  Time& time_;
  Trace& trace_;
  Chance chance_;
  std::map<std::string, Process> processes_;
  std::int64_t last_pid_ = 1000;
};

}  // namespace tidemill::server::simulation
