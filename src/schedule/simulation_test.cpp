// Years of schedules in twenty zones, against an oracle that only looks at the C library's clock,
// while the clock is set back and forth, commits fail and the program restarts at any time.
#include <map>
#include <random>

#include "calendar/oracle_testing.h"
#include "schedule/engine_fixture_testing.h"

namespace tidemill::schedule {
namespace {

constexpr std::int64_t hour_ms = 3'600'000, day_ms = 24 * hour_ms, year_ms = 365 * day_ms;
constexpr std::size_t schedules_each = 3;
constexpr std::uint64_t seed = 20260101;

class Simulation : public EngineTest {
 protected:
  void put_all(const Policy& policy) {
    std::int64_t ref = 0;
    for (const char* zone : calendar::oracle_zones) {
      for (std::size_t i = 0; i < schedules_each; ++i) {
        auto timer = order(ref++, calendar::plain_schedules[i].expression, zone);
        timer.policy = policy;
        put(timer);
      }
    }
  }

  /// One step of the world: time goes on, or is set, or the program ends, or the disk fails.
  void step() {
    const auto dice = random_() % 100;
    if (dice < 2) {
      clock_.at.ms -= hour_ms;
    } else if (dice < 4) {
      clock_.at.ms += hour_ms;
    } else {
      clock_.at.ms += std::int64_t(random_() % (3 * day_ms));
    }
    if (dice >= 90) restart();
    if (dice >= 80 && dice < 90) {
      (void)write([this](store::Tx& tx) -> Status {
        TM_CHECK(engine_->run_due(tx));
        return fail(Errc::storage_full, "the disk is full");
      });
      engine_->abandon();
    }
    if (dice < 95) run();  // Else it ends before it comes to that.
    latest_ = std::max(latest_, clock_.at);
  }

  /// By ref: what was started and what was told, in order.
  std::map<std::int64_t, std::vector<std::int64_t>> rows(std::string_view sql) {
    std::map<std::int64_t, std::vector<std::int64_t>> out;
    const auto add = [&](const store::Row& row) {
      out[row.integer(0)].push_back(row.integer(1) / 1000);
      return true;
    };
    EXPECT_TRUE(write([&](store::Tx& tx) { return tx.each(sql, add); }));
    return out;
  }

  std::mt19937_64 random_{seed};
  TimeMs latest_{};
};

TEST_F(Simulation, EveryInstantOfTenYearsRunsExactlyOnce) {
  const auto begin = clock_.at;
  put_all(policy_of({{"tidemill:catchup", "all:10000"}}).value());
  bool jumped = false;
  while (clock_.at.ms < begin.ms + 10 * year_ms) {
    step();
    if (!jumped && clock_.at.ms > begin.ms + 4 * year_ms) {
      clock_.at.ms += year_ms;
      run();
      clock_.at.ms -= year_ms;  // Whoever set it notices.
      jumped = true;
    }
  }
  restart();
  run();
  const auto end = std::max(latest_, clock_.at);
  auto started = rows("SELECT ref, planned_ms FROM starts ORDER BY ref, planned_ms");
  std::int64_t ref = 0;
  std::size_t total = 0;
  for (const char* zone : calendar::oracle_zones) {
    const auto expected =
        calendar::ask_oracle(zone, begin.ms / 1000, end.ms / 1000 + 1, schedules_each);
    for (const auto& instants : expected) {
      std::vector<std::int64_t> wanted;
      for (const auto at : instants) {
        if (at > begin.ms / 1000) wanted.push_back(at);
      }
      ASSERT_EQ(started[ref], wanted) << zone << " " << ref;
      total += wanted.size();
      ++ref;
    }
  }
  EXPECT_GT(total, 150'000u);
}

TEST_F(Simulation, EveryInstantIsToldOfOnceWhateverBecameOfIt) {
  const auto begin = clock_.at;
  put_all(Policy());
  while (clock_.at.ms < begin.ms + year_ms) step();
  run();
  const auto end = std::max(latest_, clock_.at);
  const auto ran = rows("SELECT ref, planned_ms FROM starts ORDER BY ref, planned_ms");
  auto told = rows(
      "SELECT t.ref, f.planned_ms FROM firings f JOIN timers t ON t.id = f.timer"
      " WHERE f.reason NOT LIKE 'the clock%' ORDER BY t.ref, f.planned_ms");
  std::int64_t ref = 0;
  for (const char* zone : calendar::oracle_zones) {
    const auto expected =
        calendar::ask_oracle(zone, begin.ms / 1000, end.ms / 1000 + 1, schedules_each);
    for (std::size_t i = 0; i < expected.size(); ++i, ++ref) {
      if (i == 2) continue;  // Every quarter of an hour: its history goes back a month only.
      const auto& instants = expected[i];
      std::vector<std::int64_t> wanted;
      for (const auto at : instants) {
        if (at > begin.ms / 1000) wanted.push_back(at);
      }
      ASSERT_EQ(told[ref], wanted) << zone << " " << ref;
    }
  }
  EXPECT_FALSE(ran.empty());
}

}  // namespace
}  // namespace tidemill::schedule
