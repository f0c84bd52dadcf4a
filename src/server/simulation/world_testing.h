/// Simulation: a server on its machine, the disk under it, the network before it, and all that can
/// go wrong with them. Everything follows from the seed.
#pragma once

#include <stdlib.h>

#include <filesystem>
#include <fstream>

#include "server/simulation/platform_testing.h"

namespace tidemill::server::simulation {

/// What is spoiled, so that it must be found.
struct Mutation {
  std::string_view name = {};
  std::string_view sql = {};
  bool forgets = false, repeats = false;  ///< SimulatedLauncher::Parts
  bool lies = false;                      ///< Flushing does nothing.
  bool answers_first = false;             ///< Clients are told before the commit.
};

/// What came of a request: done, surely not done, or not known.
enum class Fate : std::uint8_t { done, refused, unknown };

class World {
 public:
  World(std::uint64_t seed, const Mutation& spoiled)
      : mutation(spoiled),
        chance(seed),
        trace(time),
        machine(time, trace, seed + 1),
        random(seed + 2),
        disk(seed + 3),
        vfs_(disk) {
    std::string pattern = std::filesystem::exists("/dev/shm") ? "/dev/shm" : "/tmp";
    pattern += "/tidemill-simulation-XXXXXX";
    directory_ = mkdtemp(pattern.data());
    lay_down_database();
    if (mutation.lies) disk.lie_about_files();
  }
  ~World() {
    end_server();
    std::filesystem::remove_all(directory_);
  }
  World(const World&) = delete;
  World& operator=(const World&) = delete;

  /// Asks the server for a change; `then` is told what the client learns of it, with what `change`
  /// gave where it is known to be done.
  template <class Change, class Then>
  void ask(Change change, Then then) {
    using Answer = std::invoke_result_t<Change, store::Tx&>;
    if (!node) return then(Fate::refused, std::optional<Answer>());
    auto answer = std::make_shared<std::optional<Answer>>();
    auto request = std::make_shared<Request>();
    request->tell = [answer, then = std::move(then)](Fate fate) mutable {
      if (fate != Fate::done) answer->reset();
      then(fate, std::move(*answer));
    };
    requests_.push_back(request);
    node->store->post(
        [this, change = std::move(change), answer, request](store::Tx& tx) mutable -> Status {
          answer->emplace(change(tx));
          if (!**answer) return std::unexpected((**answer).error());
          if (mutation.answers_first) answered(*request, {});
          return {};
        },
        [this, request](const Status& status) { answered(*request, status); });
  }

  /// Goes on to what happens next, at most `until_ms` on the world's own clock.
  void advance(std::int64_t until_ms) {
    auto next = time.next().value_or(until_ms);
    if (node) {
      if (const auto alarm = node->next_alarm()) {
        next = std::min(next, alarm->ms - WorldClock::begin.ms - time.clock.offset);
      }
    }
    time.clock.elapsed = std::max(time.clock.elapsed, std::min(next, until_ms));
    time.run_due();
    if (node) node->ring_alarms();
    settle();
  }

  /// Works off all that is ready.
  void settle() {
    bool is_more = true;
    while (is_more && node) {
      is_more = node->store->waiting() > 0;
      if (is_more) node->store->step(std::size_t(1 + chance.below(6)));
      if (!kills_after_commit) is_more = node->loop.poll() || is_more;
      look_after_server();
    }
    for (const auto* job : {"etl", "report"}) {
      if (machine.alive(job) > (job == std::string_view("etl") ? 2 : 1)) {
        findings.push_back(fmt::format("{} runs more often at a time than it may", job));
      }
    }
    if (node && chance.in(25)) node->store->checkpoint();
  }

  void start_server() {
    node = std::make_unique<Node>(Node::Parts{time, machine, moody, random, trace,
                                              directory_ + "/t.db", std::string(mutation.sql),
                                              mutation.forgets, mutation.repeats});
    const auto started = node->start();
    trace("server {}", started ? "starts" : "can't start: " + started.error().message);
    if (started && !node->is_broken && !disk.is_off()) return;
    end_server();
    if (disk.is_off()) power_returns();
    come_back_later();
  }

  /// kill -9, or with `is_power` all of the machine.
  void crash(bool is_power) {
    if (!node) return;
    trace("{}", is_power ? "power cut" : "kill");
    ++crashes;
    disk.begin(1);
    end_server();
    if (is_power) {
      machine.power_fails();
      disk.restore();
      ++power_cuts;
    }
    power_returns();
    come_back_later();
  }
  void fail_disk(io::DiskFault fault) {
    trace("disk fails at its operation {} with {} for {}", fault.at, fault.error, fault.count);
    disk.begin(0, fault);
    ++disk_faults;
  }
  /// The machine or the server dies within the disk's next operations.
  void crash_at_operation(std::uint64_t at, bool is_power) {
    trace("{} at the disk's operation {}", is_power ? "power cut" : "kill", at);
    disk.begin(at);
    cut_is_power_ = is_power;
  }
  void set_clock(std::int64_t by_ms) {
    trace("clock set by {} ms", by_ms);
    time.clock.offset += by_ms;
    ++clock_steps;
    if (node) node->look_around();
  }
  void mend_disk() { disk.begin(0); }

  const Mutation mutation;
  Chance chance;
  Time time;
  Trace trace;
  Machine machine;
  MoodyTarget moody;
  SeededRandom random;
  io::LosingDisk disk;
  std::unique_ptr<Node> node;
  bool kills_after_commit = false;  ///< At the next commit, before anyone hears of it.
  std::vector<std::string> findings;
  int crashes = 0, power_cuts = 0, disk_faults = 0, clock_steps = 0, acknowledged = 0, unknown = 0;

 private:
  struct Request {
    std::move_only_function<void(Fate)> tell;
  };

  void answered(Request& request, const Status& status) {
    if (!request.tell) return;
    auto tell = std::exchange(request.tell, {});
    auto fate = Fate::refused;
    if (status || status.error().code == Errc::unavailable ||
        status.error().code == Errc::corrupt) {
      fate = status && !kills_after_commit && !chance.in(2) ? Fate::done : Fate::unknown;
    } else if (status.error().code == Errc::internal) {
      findings.push_back("a request is answered with: " + status.error().message);
    }
    ++(fate == Fate::done ? acknowledged : unknown);
    tell(fate);
  }

  void look_after_server() {
    if (kills_after_commit) {
      kills_after_commit = false;
      return crash(chance.in(50));
    }
    if (disk.is_off()) return crash(cut_is_power_);
    if (!node->is_broken) return;
    trace("the server ends: its store is broken");
    disk.begin(1);
    end_server();
    power_returns();
    come_back_later();
  }
  void end_server() {
    node.reset();
    // Who waits for an answer gets none.
    for (auto& request : std::exchange(requests_, {})) {
      if (!request->tell) continue;
      ++unknown;
      std::exchange(request->tell, {})(Fate::unknown);
    }
  }
  void power_returns() {
    std::filesystem::remove(directory_ + "/t.db-shm");
    disk.begin(0);
  }
  void come_back_later() {
    const auto down_ms = chance.in(70) ? second_ms : chance.below(40 * minute_ms);
    time.in(down_ms, [this] { start_server(); });
  }

  /// A new server's tables, made once for all seeds.
  void lay_down_database() {
    static const std::string image = make_image();
    std::ofstream(directory_ + "/t.db", std::ios::binary) << image;
    disk.holds(directory_ + "/t.db", image);
  }
  static std::string make_image() {
    std::string pattern = "/tmp/tidemill-simulation-XXXXXX";
    const std::string directory = mkdtemp(pattern.data());
    const auto path = directory + "/t.db";
    const auto migrations = Node::migrations();
    const auto opened = store::SteppedStore::open({.path = path}, migrations);
    TM_ASSERT(opened.has_value());
    (*opened)->checkpoint();
    std::ifstream file(path, std::ios::binary);
    std::string image(std::istreambuf_iterator<char>(file), {});
    std::filesystem::remove_all(directory);
    return image;
  }

  store::LosingVfs vfs_;
  std::string directory_;
  std::vector<std::shared_ptr<Request>> requests_;
  bool cut_is_power_ = false;
};

}  // namespace tidemill::server::simulation
