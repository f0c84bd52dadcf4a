// Days of a server, its clients and all that can go wrong with them, simulated
// (docs/reliability.md). Repeat a seed with TIDEMILL_SEED=N and
// --gtest_filter='SimulatedDay.OfOneSeed'; TIDEMILL_TRACE=1 shows what happened.
#include <cstdlib>
#include <iostream>

#include <gtest/gtest.h>

#include "base/log.h"
#include "server/simulation/clients_testing.h"
#include "server/simulation/judge_testing.h"

namespace tidemill::server::simulation {
namespace {

std::uint64_t from_environment(const char* name, std::uint64_t otherwise) {
  const char* text = std::getenv(name);
  return text == nullptr ? otherwise : std::strtoull(text, nullptr, 10);
}

constexpr auto silent = static_cast<LogLevel>(255);  // What goes wrong here is meant to.

struct Tally {
  std::int64_t days = 0, crashes = 0, power_cuts = 0, disk_faults = 0, clock_steps = 0,
               acknowledged = 0, unknown = 0, events = 0, deliveries = 0, runs = 0, firings = 0;

  void add(const World& world) {
    ++days;
    crashes += world.crashes;
    power_cuts += world.power_cuts;
    disk_faults += world.disk_faults;
    clock_steps += world.clock_steps;
    acknowledged += world.acknowledged;
    unknown += world.unknown;
  }
  [[nodiscard]] std::string text() const {
    return fmt::format(
        "{} days, {} crashes ({} power cuts), {} disk faults, {} clock steps, {} acknowledgements, "
        "{} unknown, {} events, {} deliveries, {} runs, {} instants",
        days, crashes, power_cuts, disk_faults, clock_steps, acknowledged, unknown, events,
        deliveries, runs, firings);
  }
};

/// One day from one seed.
class Day {
 public:
  explicit Day(std::uint64_t seed, const Mutation& mutation = {})
      : world(seed, mutation), timers_(plan_timers()), clients_(world, ledger_, timers_) {}

  void run(Tally& tally) {
    begin();
    plan_acts();
    while (world.time.clock.elapsed < day_ms && world.findings.empty()) world.advance(day_ms);
    if (world.findings.empty()) end();
    tally.add(world);
    if (!world.node) return;
    Judge judge(world, ledger_, timers_);
    tally.events += judge.count("SELECT count(*) FROM events");
    tally.deliveries += judge.count("SELECT count(*) FROM deliveries");
    tally.runs += judge.count("SELECT count(*) FROM glue_runs");
    tally.firings += judge.count("SELECT count(*) FROM firings");
  }

  World world;

 private:
  static constexpr int acts = 90;
  static constexpr int faults_max = 10;

  std::vector<TimerPlan> plan_timers() {
    constexpr std::array overlaps = {"allow", "skip", "buffer-one", "buffer-all", "cancel-other"};
    auto& chance = world.chance;
    const auto minute = [&chance] { return chance.below(15); };
    return {{TimerPlan::Kind::schedule, "quarterly", minute(), 30, queue_arn("work"), {}, {}},
            {TimerPlan::Kind::schedule, "hourly", minute(), 60, glue::job_arn(scope, "etl"),
             chance.in(50) ? "all:10000" : "once",
             overlaps[std::size_t(chance.below(std::int64_t(overlaps.size())))]},
            {TimerPlan::Kind::rule, "every", minute(), 60, queue_arn("work"), {}, {}},
            {TimerPlan::Kind::trigger, "nightly", minute(), 60, "report", {}, {}}};
  }

  void begin() {
    world.start_server();
    const auto made = world.node->store->write_now([this](store::Tx& tx) {
      return Platform(*world.node, world.time.clock, world.random).make(tx, timers_);
    });
    if (!made) world.findings.push_back(made.error().message);
    for (const auto& timer : timers_) {
      ledger_.enabled[timer.name] = {{world.time.clock.now(), {INT64_MAX}}};
    }
  }

  void plan_acts() {
    auto& chance = world.chance;
    for (int i = 0; i < acts; ++i) {
      // Some come together and share a commit.
      const auto at = chance.below(day_ms);
      for (int n = chance.in(25) ? 4 : 1; n > 0; --n) world.time.in(at, [this] { clients_.act(); });
    }
    for (auto i = chance.below(faults_max); i > 0; --i) {
      world.time.in(chance.below(day_ms), [this] { fault(); });
    }
  }

  void fault() {
    auto& chance = world.chance;
    const auto soon = std::uint64_t(1 + chance.below(40));
    switch (chance.below(9)) {
      case 0: return world.crash(false);
      case 1: return world.crash(true);
      case 2: world.kills_after_commit = true; return;
      case 3: return world.crash_at_operation(soon, false);
      case 4: return world.crash_at_operation(soon, true);
      case 5:  // The disk is full for a while.
        world.fail_disk(
            {.at = soon, .error = ENOSPC, .count = UINT64_MAX / 2, .is_short = chance.in(50)});
        return world.time.in(chance.below(20 * second_ms), [this] { world.mend_disk(); });
      case 6: return world.fail_disk({.at = soon, .error = EIO, .count = 1, .is_short = false});
      case 7:
        return world.set_clock(chance.in(50) ? -chance.below(2 * hour_ms)
                                             : chance.below(2 * hour_ms));
      default:
        world.moody.is_busy = true;
        world.trace("the target is busy");
        return world.time.in(chance.below(hour_ms), [this] {
          world.moody.is_busy = false;
          world.trace("the target is free");
        });
    }
  }

  /// No more faults and no more clients; then everything comes to its end.
  void end() {
    world.trace("the end of the day");
    world.kills_after_commit = false;
    world.mend_disk();
    world.moody.is_busy = false;
    go_on(hour_ms, [this] { return world.node && clients_.turn_timers_off(); });
    world.crash(false);
    Judge judge(world, ledger_, timers_);
    const bool ended = go_on(3 * day_ms, [&] { return world.node && judge.is_quiet(); });
    if (!ended) world.findings.push_back("it never comes to an end");
    if (!world.node) return world.findings.push_back("the server doesn't come back");
    judge.look();
  }

  /// Until `is_over`, at most for so long; whether it is.
  template <class IsOver>
  bool go_on(std::int64_t ms, IsOver is_over) {
    const auto end = world.time.clock.elapsed + ms;
    while (world.time.clock.elapsed < end) {
      const auto until = world.time.clock.elapsed + 5 * minute_ms;
      while (world.time.clock.elapsed < until) world.advance(until);
      if (is_over()) return world.settle(), true;
    }
    return false;
  }

  Ledger ledger_;
  const std::vector<TimerPlan> timers_;
  Clients clients_;
};

/// The day's findings; none if all went well.
std::string live(std::uint64_t seed, Tally& tally, const Mutation& mutation = {}) {
  logging::set_level(silent);
  Day day(seed, mutation);
  day.run(tally);
  if (std::getenv("TIDEMILL_TRACE") != nullptr) std::cout << day.world.trace.text;
  std::string all;
  for (const auto& finding : day.world.findings) all += "  " + finding + "\n";
  return all;
}

constexpr std::uint64_t seeds_each = 100;

/// So many seeds a test, so that ctest shares them among its processes; TIDEMILL_SEEDS for more.
class SimulatedDays : public testing::TestWithParam<int> {};

TEST_P(SimulatedDays, KeepAllPromises) {
  const auto count = from_environment("TIDEMILL_SEEDS", seeds_each);
  const auto first = std::uint64_t(GetParam()) * count + 1;
  Tally tally;
  for (auto seed = first; seed < first + count; ++seed) {
    const auto found = live(seed, tally);
    ASSERT_EQ(found, "") << "seed " << seed << "; repeat it with TIDEMILL_SEED=" << seed
                         << " TIDEMILL_TRACE=1 build/dev/src/server_test"
                            " --gtest_filter='SimulatedDay.OfOneSeed'";
  }
  std::cout << "seeds " << first << " to " << first + count - 1 << ": " << tally.text() << "\n";
}

INSTANTIATE_TEST_SUITE_P(Seeds, SimulatedDays, testing::Range(0, 20));

TEST(SimulatedDay, OfOneSeed) {
  Tally tally;
  const auto seed = from_environment("TIDEMILL_SEED", 1);
  EXPECT_EQ(live(seed, tally), "") << "seed " << seed;
}

TEST(SimulatedDay, IsTheSameForTheSameSeed) {
  Tally tally;
  const auto trace_of = [&tally](std::uint64_t seed) {
    logging::set_level(silent);
    Day day(seed);
    day.run(tally);
    return day.world.trace.text;
  };
  const auto trace = trace_of(7);
  EXPECT_GT(trace.size(), 10'000u);
  EXPECT_EQ(trace, trace_of(7));
  EXPECT_NE(trace, trace_of(8));
}

/// The check of the check: what is spoiled has to be found.
class SpoiledDays : public testing::TestWithParam<Mutation> {};

TEST_P(SpoiledDays, AreFoundOut) {
  constexpr std::uint64_t seeds_max = 40;
  Tally tally;
  for (std::uint64_t seed = 1; seed <= seeds_max; ++seed) {
    const auto found = live(seed, tally, GetParam());
    if (found.empty()) continue;
    std::cout << "seed " << seed << ":" << found.substr(1, found.find('\n'));
    return;
  }
  FAIL() << "nobody noticed in " << seeds_max << " days";
}

constexpr Mutation mutations[] = {
    {.name = "FlushesDoNothing", .lies = true},
    {.name = "AnswersComeBeforeTheCommit", .answers_first = true},
    {.name = "HandOversAreForgotten", .forgets = true},
    {.name = "LostRunsAreRepeated", .repeats = true},
    {.name = "ClaimsAreForgotten",
     .sql = "CREATE TEMP TRIGGER m AFTER INSERT ON main.firings WHEN new.planned_ms % 7 = 0 BEGIN"
            " DELETE FROM firings WHERE timer = new.timer AND planned_ms = new.planned_ms;"
            " UPDATE timers SET decided_ms = new.planned_ms - 1 WHERE id = new.timer; END"},
    {.name = "InstantsAreNotTold",
     .sql = "CREATE TEMP TRIGGER m BEFORE INSERT ON main.firings WHEN new.planned_ms % 7 = 0 BEGIN"
            " SELECT RAISE(IGNORE); END"},
    {.name = "RetriesAreForgotten",
     .sql = "CREATE TEMP TRIGGER m AFTER UPDATE OF due_ms ON main.deliveries WHEN new.waits = 0"
            " BEGIN UPDATE deliveries SET due_ms = due_ms + 1000000000000 WHERE id = new.id; END"},
    {.name = "TargetsAreReachedTwice",
     .sql = "CREATE TEMP TRIGGER m AFTER INSERT ON main.effects WHEN new.delivery % 9 = 0 BEGIN"
            " INSERT INTO effects VALUES (new.delivery, new.event); END"},
    {.name = "DeliveriesAreLeftOut",
     .sql = "CREATE TEMP TRIGGER m BEFORE INSERT ON main.deliveries WHEN new.id % 20 = 0 BEGIN"
            " SELECT RAISE(IGNORE); END"},
    {.name = "DeletedMessagesStay",
     .sql = "CREATE TEMP TRIGGER m BEFORE DELETE ON main.sqs_messages WHEN old.seq % 5 = 0 BEGIN"
            " SELECT RAISE(IGNORE); END"},
    {.name = "MessagesAreNotHidden",
     .sql = "CREATE TEMP TRIGGER m AFTER UPDATE OF visible_ms ON main.sqs_messages BEGIN UPDATE"
            " sqs_messages SET visible_ms = old.visible_ms WHERE seq = new.seq; END"},
    {.name = "MessagesAreLost",
     .sql = "CREATE TEMP TRIGGER m AFTER INSERT ON main.sqs_messages WHEN new.seq % 9 = 0 BEGIN"
            " DELETE FROM sqs_messages WHERE seq = new.seq; END"},
    {.name = "EndsOfRunsAreNotTold",
     .sql = "CREATE TEMP TRIGGER m BEFORE INSERT ON main.events WHEN new.seq % 20 = 0 BEGIN"
            " SELECT RAISE(IGNORE); END"}};

INSTANTIATE_TEST_SUITE_P(By, SpoiledDays, testing::ValuesIn(mutations),
                         [](const auto& given) { return std::string(given.param.name); });

}  // namespace
}  // namespace tidemill::server::simulation
