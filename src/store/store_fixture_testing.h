/// Tests: a store in a directory of its own, which goes with it, and a clock that a test sets. Test
/// thread only.
#pragma once

#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <stdlib.h>

#include "base/set_clock_testing.h"
#include "store/sqlite/sqlite_store.h"

namespace tidemill::store {

class StoreFixture : public testing::Test {
 protected:
  static constexpr TimeMs noon{1'705'320'000'000};

  explicit StoreFixture(std::span<const Migration> migrations)
      : migrations_(migrations.begin(), migrations.end()) {
    char pattern[] = "/tmp/tidemill-store-XXXXXX";
    directory_ = mkdtemp(pattern);
    open_store();
  }
  ~StoreFixture() override {
    store_.reset();
    std::filesystem::remove_all(directory_);
  }

  /// Again: a restart.
  void open_store() {
    store_.reset();
    store_ = open_sqlite({.path = directory_ + "/t.db"}, migrations_).value();
  }
  /// An empty database of these steps only, which open_store() upgrades.
  void start_over(std::span<const Migration> steps) {
    store_.reset();
    std::filesystem::remove_all(directory_);
    std::filesystem::create_directory(directory_);
    store_ = open_sqlite({.path = directory_ + "/t.db"}, steps).value();
  }
  template <class Change>
  auto write(Change change) {
    return store_->write_now(std::move(change));
  }
  /// With one step of a schema more.
  void migrate(const Migration& step) {
    migrations_.push_back(step);
    open_store();
  }
  void after(std::chrono::milliseconds time) { clock_.at = clock_.at.plus(time); }

  SetClock clock_{noon};
  std::unique_ptr<Store> store_;

 private:
  std::vector<Migration> migrations_;
  std::string directory_;
};

}  // namespace tidemill::store
