/// An engine on a store of its own, with a clock that the test sets; for tests only. What is
/// started is a row of the table `starts`, written in the engine's own transaction.
#pragma once

#include "schedule/engine.h"
#include "schedule/schema.h"
#include "store/store_fixture_testing.h"

namespace tidemill::schedule {

class RowStarter final : public Starter {
 public:
  [[nodiscard]] Result<std::int64_t> start(store::Tx& tx, std::int64_t ref, TimeMs planned,
                                           std::optional<std::int64_t> late_ms) override {
    lateness.push_back(late_ms);
    TM_TRY(const auto id,
           tx.one(
               "INSERT INTO starts (ref, planned_ms) VALUES ($1, $2) RETURNING id",
               [](const store::Row& row) { return row.integer(0); }, ref, planned.ms));
    return *id;
  }
  [[nodiscard]] Status completed(store::Tx&, std::int64_t ref) override {
    done.push_back(ref);
    return {};
  }
  std::vector<std::int64_t> done;
  std::vector<std::optional<std::int64_t>> lateness;
};

class EngineTest : public store::StoreFixture {
 protected:
  EngineTest() : StoreFixture(migrations) {
    migrate({"test", 1, R"sql(
        CREATE TABLE starts (id INTEGER PRIMARY KEY, ref INTEGER NOT NULL,
                             planned_ms INTEGER NOT NULL) STRICT;)sql"});
    clock_.at = parse_iso("2026-01-01T00:00:00Z").value();
    restart();
  }

  /// As a program that ends and begins again: what was in memory is gone.
  void restart() {
    engine_ = std::make_unique<Engine>(Engine::Parts{
        .clock = clock_,
        .zones = zones_,
        .starters = {&starter_, &starter_, &starter_},
        .activity = {.is_busy = [this](store::Tx&, std::int64_t event) -> Result<bool> {
                       return busy_.contains(event);
                     },
                     .cancel = [this](store::Tx&, std::int64_t event) -> Status {
                       busy_.erase(event);
                       return {};
                     }},
        .due = [this](TimeMs at) { dues_.push_back(at); }});
    ASSERT_TRUE(write([this](store::Tx& tx) { return engine_->load(tx); }));
  }

  TimerOrder order(std::int64_t ref, std::string expression, std::string zone = "UTC") {
    return {.arn = "arn:aws:events:us-east-1:000000000000:rule/r" + std::to_string(ref),
            .ref = ref,
            .expression = std::move(expression),
            .zone = std::move(zone),
            .start = {},
            .end = {}};
  }
  void put(const TimerOrder& order) {
    const auto done = write([&](store::Tx& tx) { return engine_->put(tx, order); });
    ASSERT_TRUE(done) << done.error().message;
  }
  /// Runs all that is due at that time.
  void run_at(std::string_view time) {
    clock_.at = parse_iso(time).value();
    run();
  }
  void run() {
    do {
      const auto before = engine_->claims();
      const auto done = write([this](store::Tx& tx) { return engine_->run_due(tx); });
      ASSERT_TRUE(done) << done.error().message;
      if (engine_->claims() == before) return;
    } while (true);
  }

  std::vector<std::string> starts() {
    return write([](store::Tx& tx) {
             return tx.all("SELECT planned_ms FROM starts ORDER BY id",
                           [](const store::Row& row) { return iso_seconds({row.integer(0)}); });
           })
        .value();
  }
  /// "2026-01-01T01:00:00Z fired …"
  std::vector<std::string> fates() {
    return write([](store::Tx& tx) {
             return tx.all("SELECT planned_ms, fate, reason FROM firings ORDER BY planned_ms",
                           [](const store::Row& row) {
                             auto text = iso_seconds({row.integer(0)}) + " " + row.text(1);
                             return row.text(2).empty() ? text : text + ": " + row.text(2);
                           });
           })
        .value();
  }

  calendar::Zones zones_;
  RowStarter starter_;
  std::set<std::int64_t> busy_;
  std::vector<TimeMs> dues_;
  std::unique_ptr<Engine> engine_;
};

}  // namespace tidemill::schedule
