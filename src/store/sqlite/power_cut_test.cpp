// The power fails at any operation of the disk, and any operation fails by itself
// (docs/reliability.md): what was acknowledged is there all the same.
#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <iostream>
#include <map>
#include <set>

#include <gtest/gtest.h>

#include "store/sqlite/losing_vfs_testing.h"
#include "store/sqlite/sqlite_store.h"

namespace tidemill::store {
namespace {

using io::LosingDisk;

constexpr std::array<Migration, 1> migrations = {{
    {"test", 1,
     "CREATE TABLE rows (id INTEGER, part INTEGER, v BLOB, PRIMARY KEY (id, part)) STRICT;"
     "CREATE TABLE total (id INTEGER PRIMARY KEY, n INTEGER) STRICT; INSERT INTO total VALUES (1, "
     "0)"},
}};

std::uint64_t from_environment(const char* name, std::uint64_t otherwise) {
  const char* text = std::getenv(name);
  return text == nullptr ? otherwise : std::strtoull(text, nullptr, 10);
}

/// What transaction `id` puts into its part `part`.
std::string bytes_of(std::int64_t id, int part) {
  std::mt19937_64 chance(std::uint64_t(id) * 31 + std::uint64_t(part));
  std::string bytes(chance() % 6000 + 1, char('a' + id % 26));
  bytes.replace(0, std::min<std::size_t>(bytes.size(), 20), std::to_string(chance()));
  return bytes;
}

int parts_of(std::int64_t id) { return int(id % 5) + 1; }

/// A store on a disk that loses, and what its client was told.
class Client {
 public:
  explicit Client(std::uint64_t seed) : disk(seed), vfs_(disk) {
    char pattern[] = "/tmp/tidemill-power-XXXXXX";
    directory_ = mkdtemp(pattern);
  }
  ~Client() {
    store_.reset();
    std::filesystem::remove_all(directory_);
  }

  bool open() {
    is_broken = false;
    auto opened = open_sqlite({.path = directory_ + "/t.db",
                               .readers = 1,
                               .wal_pages_max = 24,
                               .vfs = LosingVfs::name,
                               .on_fatal = [this](const Error&) { is_broken = true; }},
                              migrations);
    if (opened) store_ = *std::move(opened);
    return opened.has_value();
  }
  void close() { store_.reset(); }
  void power_fails_and_returns() {
    disk.begin(1);
    store_.reset();
    disk.restore();
    std::filesystem::remove(directory_ + "/t.db-shm");
    disk.begin(0);
  }

  /// kill -9: what the kernel has stays.
  void is_killed() {
    disk.begin(1);
    store_.reset();
    std::filesystem::remove(directory_ + "/t.db-shm");
  }

  /// A transaction of several rows; what came of it.
  Status put() {
    const auto id = ++last_;
    unknown_.insert(id);
    const auto done = store_->write_now([id](Tx& tx) -> Status {
      for (int part = 0; part < parts_of(id); ++part) {
        TM_CHECK(
            tx.exec("INSERT INTO rows VALUES ($1, $2, $3)", id, part, Blob{bytes_of(id, part)}));
      }
      TM_CHECK(tx.exec("UPDATE total SET n = n + 1"));
      return {};
    });
    if (done) unknown_.erase(id), there_.insert(id), ++acknowledged;
    return done;
  }
  /// The oldest goes, so that pages are used anew.
  Status drop() {
    if (there_.empty()) return {};
    const auto id = *there_.begin();
    there_.erase(id);
    unknown_.insert(id);
    const auto done = store_->write_now([id](Tx& tx) -> Status {
      TM_CHECK(tx.exec("DELETE FROM rows WHERE id = $1", id));
      TM_CHECK(tx.exec("UPDATE total SET n = n - 1"));
      return {};
    });
    if (done) unknown_.erase(id), ++acknowledged;
    return done;
  }

  /// What isn't as it was promised, in words; empty if all is well.
  std::string findings() {
    const auto found =
        store_->write_now([this](Tx& tx) -> Result<std::string> { return look(tx); });
    return found ? *found : found.error().message;
  }

  LosingDisk disk;
  std::atomic<bool> is_broken = false;
  int acknowledged = 0;

 private:
  Result<std::string> look(Tx& tx) {
    TM_TRY(const auto whole,
           tx.one("PRAGMA integrity_check", [](const Row& row) { return row.text(0); }));
    if (*whole != "ok") return *whole;
    std::map<std::int64_t, int> seen;
    std::string wrong;
    TM_CHECK(tx.each("SELECT id, part, v FROM rows", [&](const Row& row) {
      const auto id = row.integer(0);
      if (row.bytes(2) != bytes_of(id, int(row.integer(1)))) wrong = "other bytes";
      ++seen[id];
      return true;
    }));
    TM_TRY(const auto total,
           tx.one("SELECT n FROM total", [](const Row& r) { return r.integer(0); }));
    if (*total != std::int64_t(seen.size())) wrong = "half a transaction";
    for (const auto& [id, parts] : seen) {
      if (parts != parts_of(id)) wrong = "half of " + std::to_string(id);
      if (!there_.contains(id) && !unknown_.contains(id)) wrong = std::to_string(id) + " is back";
    }
    for (const auto id : there_) {
      if (!seen.contains(id)) wrong = std::to_string(id) + " is lost";
    }
    // Now it is known.
    for (const auto id : unknown_) {
      if (seen.contains(id)) there_.insert(id);
    }
    unknown_.clear();
    return wrong;
  }

  LosingVfs vfs_;
  std::string directory_;
  std::unique_ptr<Store> store_;
  std::int64_t last_ = 0;
  std::set<std::int64_t> there_, unknown_;
};

struct Tally {
  int cuts = 0, acknowledged = 0, findings = 0;
  std::string first = {};
};

/// `cuts` power cuts on one data directory; stops at the first finding.
void cut_again_and_again(Client& client, std::mt19937_64& chance, int cuts, Tally& tally) {
  const auto below = [&chance](std::uint64_t n) { return chance() % n; };
  for (int cut = 0; cut < cuts; ++cut) {
    client.disk.begin(below(4) == 0 ? below(12) + 1 : below(120) + 1);
    if (client.open()) {
      for (int writes = 0; !client.disk.is_off(); ++writes) {
        if (writes > 10 && below(20) == 0) break;  // The power fails while it ends by itself.
        (void)(below(4) == 0 ? client.drop() : client.put());
      }
    }
    client.power_fails_and_returns();
    ++tally.cuts;
    const auto found = client.open() ? client.findings() : std::string("can't be opened");
    client.close();
    if (found.empty()) continue;
    ++tally.findings;
    if (tally.first.empty()) tally.first = found + " after cut " + std::to_string(tally.cuts);
    return;
  }
}

Tally cut_power(std::uint64_t seed, int cuts, const std::function<void(LosingDisk&)>& prepare) {
  constexpr int cuts_per_directory = 50;
  std::mt19937_64 chance(seed);
  Tally tally;
  for (int round = 0; round * cuts_per_directory < cuts; ++round) {
    Client client(chance());
    prepare(client.disk);
    cut_again_and_again(client, chance, cuts_per_directory, tally);
    tally.acknowledged += client.acknowledged;
  }
  return tally;
}

class PowerCut : public testing::Test {
 protected:
  const std::uint64_t seed_ = from_environment("TIDEMILL_SEED", 20240115);
  const int cuts_ = int(from_environment("TIDEMILL_CUTS", 1'600));
};

TEST_F(PowerCut, LosesNothingThatWasAcknowledged) {
  const auto tally = cut_power(seed_, cuts_, [](LosingDisk&) {});
  std::cout << "seed " << seed_ << ": " << tally.cuts << " power cuts, " << tally.acknowledged
            << " acknowledged transactions, " << tally.findings << " lost or broken\n";
  EXPECT_EQ(tally.findings, 0) << tally.first;
}

TEST_F(PowerCut, IsNoticedWithoutFlushes) {
  const auto tally = cut_power(seed_, 200, [](LosingDisk& disk) { disk.lie_about_files(); });
  EXPECT_GT(tally.findings, 0) << "the test would not see a store that doesn't flush";
}

TEST_F(PowerCut, InAFirstStartLeavesWhatCanBeStarted) {
  for (int round = 0; round < 10; ++round) {
    for (std::uint64_t cut = 1, last = 0; last == 0; ++cut) {
      Client client(seed_ + std::uint64_t(round) * 1000 + cut);
      client.disk.begin(cut);
      (void)client.open();
      if (!client.disk.is_off()) last = cut;
      client.power_fails_and_returns();
      ASSERT_TRUE(client.open()) << "operation " << cut;
      EXPECT_EQ(client.findings(), "") << "operation " << cut;
    }
  }
}

/// One operation after the other, the same each time; true if the fault came.
struct Outcome {
  bool was_reached = false, was_flush = false, was_open = false;
};

Outcome write_with(Client& client, const io::DiskFault& fault) {
  client.disk.begin(0, fault);
  Outcome outcome;
  if (client.open()) {
    for (int i = 0; i < 12; ++i) {
      (void)(i % 4 == 3 ? client.drop() : client.put());
      const auto failed = client.disk.failed();
      outcome.was_flush = outcome.was_flush || failed == LosingDisk::Operation::sync;
      if (!outcome.was_flush) continue;
      // The log may have been flushed beside the answer: the next write knows.
      const auto next = client.put();
      EXPECT_TRUE(client.is_broken) << "a flush failed and the store goes on";
      EXPECT_TRUE(!next && next.error().code == Errc::unavailable);
    }
    outcome.was_open = true;
  }
  outcome.was_reached = client.disk.failed().has_value();
  return outcome;
}

/// Goes through a short life of the store with a fault at each operation in turn, ends or kills it,
/// restarts it, writes on, and cuts the power. How many operations there were.
int fail_each(std::uint64_t seed, io::DiskFault fault, bool is_killed) {
  for (fault.at = 1;; ++fault.at) {
    Client client(seed + fault.at);
    client.disk.begin(0);
    EXPECT_TRUE(client.open() && client.put());
    client.close();
    const auto outcome = write_with(client, fault);
    if (!outcome.was_reached) return int(fault.at) - 1;
    is_killed ? client.is_killed() : client.close();
    client.disk.begin(0);
    EXPECT_TRUE(client.open()) << "no clean start after operation " << fault.at;
    EXPECT_EQ(client.findings(), "") << fault.at;
    for (int i = 0; i < 2; ++i) EXPECT_TRUE(client.put()) << fault.at;
    client.power_fails_and_returns();
    EXPECT_TRUE(client.open()) << fault.at;
    EXPECT_EQ(client.findings(), "") << "operation " << fault.at;
    if (testing::Test::HasFailure()) return int(fault.at);
  }
}

TEST(EachOperationFails, AndNothingAcknowledgedIsLost) {
  const auto seed = from_environment("TIDEMILL_SEED", 7);
  int faults = 0;
  for (const bool is_killed : {false, true}) {
    faults += fail_each(seed, {.error = EIO}, is_killed);
    faults += fail_each(seed, {.error = ENOSPC}, is_killed);
    faults += fail_each(seed, {.error = ENOSPC, .count = 10}, is_killed);
    faults += fail_each(seed, {.error = ENOSPC, .is_short = true}, is_killed);
  }
  std::cout << "seed " << seed << ": " << faults << " faults\n";
  EXPECT_GT(faults, 200);
}

TEST(FullDisk, RefusesReadsOnAndResumes) {
  Client client(1);
  client.disk.begin(0);
  ASSERT_TRUE(client.open());
  ASSERT_TRUE(client.put());
  client.disk.begin(0, {.at = 1, .error = ENOSPC, .count = 1'000'000});
  for (int i = 0; i < 3; ++i) EXPECT_EQ(client.put().error().code, Errc::storage_full);
  EXPECT_EQ(client.findings(), "") << "what is there can be read";
  client.disk.begin(0);
  EXPECT_TRUE(client.put()) << "there is room again";
  EXPECT_FALSE(client.is_broken);
  EXPECT_EQ(client.findings(), "");
}

}  // namespace
}  // namespace tidemill::store
