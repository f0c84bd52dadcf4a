/// Simulation: carries runs out on the simulated machine as ProcessLauncher does on a real one,
/// with its pure decisions after a restart. Dies with the server.
#pragma once

#include <deque>
#include <memory>
#include <set>

#include "glue/launch/launcher.h"
#include "io/stepped_loop_testing.h"
#include "server/simulation/machine_testing.h"

namespace tidemill::server::simulation {

class SimulatedLauncher final : public glue::Launcher {
 public:
  struct Parts {
    Time& time;
    Machine& machine;
    io::SteppedLoop& loop;
    Trace& trace;
    bool forgets = false;  ///< Of ten hand-overs one is lost: the check of the check.
    bool repeats = false;  ///< A run that began is started again after a restart: as above.
  };
  explicit SimulatedLauncher(const Parts& parts) : parts_(parts) {}
  ~SimulatedLauncher() override { parts_.time.drop(this); }

  void observe(glue::RunObserver& observer) override { observer_ = &observer; }
  void start(std::shared_ptr<const glue::Launch> launch) override {
    if (parts_.forgets && ++handed_over_ % 10 == 0) return;
    soon([this, launch] {
      if (taken_ < slots && waiting_.empty()) {
        begin(launch);
      } else {
        waiting_.push_back(launch->run_id);
      }
    });
  }
  void clean(std::vector<std::string> open_run_ids) override {
    parts_.machine.keep_only(open_run_ids);
  }
  void resume(std::string run_id) override {
    soon([this, run_id] {
      waiting_.push_back(run_id);
      fill();
    });
  }
  void adopt(std::shared_ptr<const glue::Launch> launch) override {
    soon([this, launch] { begin(launch); });
  }
  void stop(std::string run_id) override {
    soon([this, run_id] {
      if (running_.contains(run_id)) {
        forced_.emplace(run_id, glue::RunEnd::Cause::stopped);
        parts_.machine.kill(run_id);
      } else if (std::erase(waiting_, run_id) > 0) {
        parts_.loop.spawn([this, run_id] { return end_waiting(run_id); });
      }
    });
  }
  void drop_all() override {}

 private:
  static constexpr int slots = 3, looks_max = 250;
  static constexpr std::int64_t look_ms = 20;
  using End = std::optional<glue::RunEnd>;

  void soon(Time::Act act) { parts_.time.in(0, std::move(act), this); }
  Task<void> sleep(std::int64_t ms) {
    return io::SteppedLoop::suspend([this, ms](io::SteppedLoop::Resume resume) {
      parts_.time.in(ms, std::move(resume), this);
    });
  }
  void fill() {
    while (taken_ < slots && !waiting_.empty()) {
      ++taken_;
      parts_.loop.spawn([this, id = waiting_.front()] { return load_and_begin(id); });
      waiting_.pop_front();
    }
  }
  void give_back() {
    --taken_;
    fill();
  }
  void begin(const std::shared_ptr<const glue::Launch>& launch) {
    ++taken_;
    running_.insert(launch->run_id);
    parts_.loop.spawn([this, launch] { return carry_out(launch); });
  }

  Task<void> load_and_begin(std::string run_id) {
    auto loaded = co_await observer_->load(run_id);
    if (loaded) begin(std::make_shared<const glue::Launch>(*std::move(loaded)));
    give_back();
  }
  Task<void> end_waiting(std::string run_id) { co_await tell_end(run_id, stopped()); }

  Task<void> carry_out(std::shared_ptr<const glue::Launch> launch) {
    const auto& id = launch->run_id;
    End end;
    if (launch->stopping && !launch->process) {
      end = stopped();
    } else {
      end = co_await find_or_spawn(*launch);
      if (!end) end = co_await follow(launch);
    }
    const bool told = co_await tell_end(id, *end);
    running_.erase(id);
    forced_.erase(id);
    give_back();
    if (told) parts_.machine.remove(id);
  }

  /// Afterwards it runs (nullopt), or has ended already.
  Task<End> find_or_spawn(const glue::Launch& launch) {
    const auto& id = launch.run_id;
    if (parts_.machine.find(id) == nullptr && !launch.process) {
      co_await sleep(5);  // Its script comes from S3.
      if (forced_.contains(id)) co_return stopped();
      parts_.machine.spawn(id, launch.job_name);
      co_return std::nullopt;
    }
    for (int look = 0; look < looks_max; ++look) {
      const auto* process = parts_.machine.find(id);
      const bool lives = process != nullptr && process->is_alive;
      glue::Remains remains{.is_locked = lives, .was_running = launch.process.has_value()};
      if (process != nullptr) remains.record = process->record;
      remains.is_alive = lives && (remains.was_running || remains.record.started_ns);
      auto recovery = glue::decide_recovery(remains);
      if (parts_.repeats && recovery == glue::Recovery::lost)
        recovery = glue::Recovery::start_again;
      if (recovery == glue::Recovery::adopt) co_return std::nullopt;
      if (recovery == glue::Recovery::finish) co_return glue::end_of(std::nullopt, remains.record);
      if (recovery == glue::Recovery::lost) {
        co_return glue::RunEnd{.cause = glue::RunEnd::Cause::failed, .error = "lost"};
      }
      if (recovery == glue::Recovery::start_again) {
        parts_.machine.spawn(id, launch.job_name);
        co_return std::nullopt;
      }
      co_await sleep(look_ms);
    }
    co_return glue::RunEnd{.cause = glue::RunEnd::Cause::failed, .error = "not found again"};
  }

  static glue::RunEnd stopped() { return {.cause = glue::RunEnd::Cause::stopped, .error = {}}; }

  Task<End> follow(std::shared_ptr<const glue::Launch> launch) {
    const auto& id = launch->run_id;
    const auto spawned = launch->spawned.value_or(parts_.time.clock.now());
    arm_deadline(*launch, spawned);
    if (forced_.contains(id) || launch->stopping) {
      forced_.emplace(id, glue::RunEnd::Cause::stopped);
      parts_.machine.kill(id);
    }
    if (!launch->spawned) {
      const glue::Spawned facts{.process = {parts_.machine.find(id)->pid, 1, "boot"},
                                .at = spawned};
      std::function<Task<Status>()> tell = [this, &id, &facts] {
        return observer_->spawned(id, facts);
      };
      co_await persist(tell);
    }
    if (parts_.machine.find(id)->is_alive) {
      std::function<void(io::SteppedLoop::Resume)> watch = [this,
                                                            &id](io::SteppedLoop::Resume resume) {
        auto shared = std::make_shared<io::SteppedLoop::Resume>(std::move(resume));
        parts_.machine.find(id)->on_exit = [shared] { (*shared)(); };
      };
      co_await io::SteppedLoop::suspend(std::move(watch));
    }
    const auto* process = parts_.machine.find(id);
    if (const auto forced = forced_.find(id); forced != forced_.end()) {
      co_return glue::RunEnd{.cause = forced->second, .error = {}};
    }
    co_return glue::end_of(std::nullopt, process->record);
  }

  void arm_deadline(const glue::Launch& launch, TimeMs spawned) {
    if (launch.timeout_minutes <= 0) return;
    const auto gone = std::max<std::int64_t>(parts_.time.clock.now().ms - spawned.ms, 0);
    parts_.time.in(
        launch.timeout_minutes * minute_ms - gone,
        [this, id = launch.run_id] {
          if (!running_.contains(id)) return;
          if (forced_.emplace(id, glue::RunEnd::Cause::timed_out).second) parts_.machine.kill(id);
        },
        this);
  }

  Task<bool> tell_end(std::string run_id, glue::RunEnd end) {
    if (const auto forced = forced_.find(run_id); forced != forced_.end()) {
      end = {.cause = forced->second, .error = {}};
    }
    const glue::Ended facts{.end = std::move(end), .at = parts_.time.clock.now(), .first_line = {}};
    std::function<Task<Status>()> tell = [this, &run_id, &facts] {
      return observer_->ended(run_id, facts);
    };
    co_return co_await persist(tell);
  }
  /// Again while a full disk refuses.
  Task<bool> persist(const std::function<Task<Status>()>& act) {
    for (std::int64_t pause = 20;; pause = std::min<std::int64_t>(pause * 2, 2000)) {
      const Status done = co_await act();
      if (done) co_return true;
      if (done.error().code != Errc::storage_full) co_return false;
      co_await sleep(pause);
    }
  }

  const Parts parts_;
  glue::RunObserver* observer_ = nullptr;
  std::deque<std::string> waiting_;
  std::set<std::string> running_;
  std::map<std::string, glue::RunEnd::Cause> forced_;  ///< Why we ended it.
  int taken_ = 0, handed_over_ = 0;
};

}  // namespace tidemill::server::simulation
