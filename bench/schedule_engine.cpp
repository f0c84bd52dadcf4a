// The engine of schedules against a store on disk: loading a million, and many due at one instant.
#include <filesystem>
#include <iostream>

#include <fmt/format.h>
#include <malloc.h>
#include <stdlib.h>

#include "base/random.h"
#include "base/set_clock_testing.h"
#include "bench/report.h"
#include "bench/schedule.h"
#include "events/hub.h"
#include "events/schema.h"
#include "schedule/book.h"
#include "schedule/engine.h"
#include "schedule/schema.h"
#include "schedule/starters.h"
#include "store/sqlite/sqlite_store.h"

namespace tidemill::bench {
namespace {

using schedule::Engine;

constexpr TimeMs noon{1'893'499'200'000};  // 2030-01-01T12:00:00Z

/// Takes everything and does nothing: what is measured is what comes before a target.
class NoTarget final : public events::Target {
 public:
  [[nodiscard]] bool takes(const Arn&) const override { return true; }
  [[nodiscard]] std::string_view action() const override { return "glue:StartJobRun"; }
  Result<events::Outcome> apply(store::Tx&, const events::Delivery&) override {
    return events::Outcome{.result = "done"};
  }
};

class NoStarter final : public schedule::Starter {
 public:
  [[nodiscard]] Result<std::int64_t> start(store::Tx&, std::int64_t, TimeMs,
                                           std::optional<std::int64_t>) override {
    return 1;
  }
  [[nodiscard]] Status completed(store::Tx&, std::int64_t) override { return {}; }
};

/// A store in a directory of its own, and all that an engine needs.
class Plant {
 public:
  explicit Plant(bool with_deliveries) {
    const char* temporary = ::getenv("TMPDIR");
    directory_ = fmt::format("{}/tidemill-bench-XXXXXX", temporary != nullptr ? temporary : "/tmp");
    TM_ASSERT(::mkdtemp(directory_.data()) != nullptr);
    std::vector<store::Migration> migrations(events::migrations.begin(), events::migrations.end());
    migrations.insert(migrations.end(), schedule::migrations.begin(), schedule::migrations.end());
    store_ = store::open_sqlite({.path = directory_ + "/t.db"}, migrations).value();
    hub_.add_target(target_);
    with_deliveries_ = with_deliveries;
    restart();
  }
  ~Plant() {
    engine_.reset();
    store_.reset();
    std::error_code ignored;
    std::filesystem::remove_all(directory_, ignored);
  }
  Plant(const Plant&) = delete;
  Plant& operator=(const Plant&) = delete;

  void restart() {
    schedule::Starter* starter = &none_;
    if (with_deliveries_) starter = &schedules_;
    engine_ = std::make_unique<Engine>(Engine::Parts{
        .clock = clock_, .zones = zones_, .starters = {starter, starter, starter}, .activity = {}});
  }

  Engine& engine() { return *engine_; }

  template <class Change>
  auto write(Change change) {
    return store_->write_now(std::move(change));
  }

  /// `count` schedules, the expression of each by its number.
  void fill(int count, const std::function<std::string(int)>& expression) {
    constexpr int chunk = 20'000;
    for (int first = 0; first < count; first += chunk) {
      const auto done = write([&](store::Tx& tx) -> Status {
        for (int i = first; i < std::min(count, first + chunk); ++i) {
          TM_CHECK(add(tx, i, expression(i)));
        }
        return {};
      });
      TM_ASSERT(done.has_value());
    }
  }

  SetClock& clock() { return clock_; }

 private:
  Status add(store::Tx& tx, int i, const std::string& expression) const {
    const schedule::ScheduleKey key{
        {"000000000000", "us-east-1"}, "default", fmt::format("nightly-{}", i)};
    static constexpr std::string_view definition =
        R"({"Target":{"Arn":"arn:aws:scheduler:::aws-sdk:glue:startJobRun","RoleArn":)"
        R"("arn:aws:iam::000000000000:role/r","Input":"{\"JobName\":\"sales\"}"}})";
    if (with_deliveries_) {
      TM_CHECK(
          tx.exec("INSERT INTO schedules (id, account, region, group_name, name, definition,"
                  " target_arn, target_input, role_arn, retries_max, age_seconds_max,"
                  " dead_letter_arn, group_id, delete_after, created_ms, modified_ms)"
                  " VALUES ($1, $2, $3, $4, $5, $6,"
                  " 'arn:aws:glue:us-east-1:000000000000:job/sales', '{\"JobName\":\"sales\"}',"
                  " 'arn:aws:iam::000000000000:role/r', 185, 86400, '', '', 0, 0, 0)",
                  i + 1, key.scope.account, key.scope.region, key.group, key.name, definition));
    }
    TM_CHECK(
        tx.exec("INSERT INTO timers (id, arn, kind, ref, version, enabled, expression, zone,"
                " base_ms, spread_ms, policy, decided_ms, recheck) VALUES ($1, $2, 1, $1, 0,"
                " 1, $3, 'UTC', 0, 0, '', $4, 0)",
                i + 1, key.arn(), expression, noon.ms));
    return {};
  }

  bool with_deliveries_ = false;
  std::string directory_;
  SetClock clock_{noon};
  SystemRandom random_;
  calendar::Zones zones_;
  NoTarget target_;
  events::Hub hub_{
      clock_,
      random_,
      {.role_allows = [](const events::Delivery&,
                         std::string_view) { return events::RoleDecision{true, "", ""}; },
       .due = {},
       .decided = {}}};
  NoStarter none_;
  schedule::ScheduleStarter schedules_{hub_, random_};
  std::unique_ptr<store::Store> store_;
  std::unique_ptr<Engine> engine_;
};

std::size_t in_use() {
  const auto info = ::mallinfo2();
  return info.uordblks + info.hblkhd;
}

double seconds_since(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

Status load(Plant& plant) {
  return plant.write([&](store::Tx& tx) { return plant.engine().load(tx); });
}

/// Runs all that is due; how late each was on disk, in seconds after the first instant.
std::vector<double> run_all(Plant& plant, int count) {
  std::vector<double> late;
  const auto start = std::chrono::steady_clock::now();
  while (int(late.size()) < count) {
    const auto done = plant.write([&](store::Tx& tx) { return plant.engine().run_due(tx); });
    TM_ASSERT(done.has_value());
    late.resize(std::size_t(plant.engine().claims()), seconds_since(start));
  }
  return late;
}

std::vector<double> storm(bool with_deliveries, int count) {
  Plant plant(with_deliveries);
  plant.fill(count, [](int) { return "cron(0 13 * * ? *)"; });
  TM_ASSERT(load(plant).has_value());
  plant.clock().at = {noon.ms + 3'600'000};
  return run_all(plant, count);
}

}  // namespace

void measure_load() {
  constexpr int count = 1'000'000;
  Plant plant(false);
  plant.fill(count, [](int i) {
    return fmt::format("cron({} {} ? * MON-FRI {}-2199)", i % 60, i / 60 % 24,
                       1970 + i / 1440 % 50);
  });
  plant.restart();
  const auto before = in_use();
  const auto start = std::chrono::steady_clock::now();
  TM_ASSERT(load(plant).has_value());
  const auto taken = seconds_since(start);
  const auto bytes = double(in_use() - before) / count;
  print(Measurement{.name = "schedule_load_1m",
                    .value = taken,
                    .unit = "s",
                    .target = 1,
                    .better = Better::less});
  print(Measurement{.name = "schedule_bytes_each",
                    .value = bytes,
                    .unit = "B",
                    .target = 200,
                    .better = Better::less});
}

void measure_claims() {
  constexpr int count = 200'000;
  const auto late = storm(false, count);
  print(Measurement{
      .name = "schedule_claims", .value = count / late.back(), .unit = "1/s", .target = 100'000});
}

void measure_storms() {
  struct Storm {
    const char* name;
    int count;
    double target;
  };
  for (const auto& [name, count, target] :
       {Storm{"schedule_storm_10k", 10'000, 0.3}, Storm{"schedule_storm_100k", 100'000, 1.5}}) {
    auto late = storm(true, count);
    print(Measurement{.name = name,
                      .value = quantile(late, 0.99),
                      .unit = "s",
                      .target = target,
                      .better = Better::less,
                      .detail = {{"median", rounded(quantile(late, 0.5))},
                                 {"per_second", rounded(count / late.back())}}});
  }
}

}  // namespace tidemill::bench
