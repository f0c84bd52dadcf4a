// The power fails while objects come in (docs/reliability.md): database and files lose what wasn't
// flushed, each for itself, and every acknowledged object is there with all its bytes.
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <functional>
#include <future>
#include <iostream>
#include <map>

#include <gtest/gtest.h>

#include "io/losing_disk_testing.h"
#include "s3/objects.h"
#include "s3/schema.h"
#include "store/sqlite/losing_vfs_testing.h"
#include "store/sqlite/sqlite_store.h"

namespace tidemill::s3 {
namespace {

class NoBus final : public events::Bus {
 public:
  Status publish(store::Tx& /*tx*/, const events::Event& /*event*/) override { return {}; }
  Status target_free(store::Tx& /*tx*/, std::string_view /*arn*/) override { return {}; }
};

class Text final : public Source {
 public:
  explicit Text(std::string text) : text_(std::move(text)) {}
  Task<Result<std::string_view>> read() override {
    constexpr std::size_t piece = 50'000;
    const auto part = std::string_view(text_).substr(std::min(at_, text_.size()), piece);
    at_ += part.size();
    co_return part;
  }
  [[nodiscard]] std::optional<std::uint64_t> size() const noexcept override { return text_.size(); }

 private:
  const std::string text_;
  std::size_t at_ = 0;
};

/// Most are too large for the database.
std::string content_of(std::uint64_t seed) {
  std::mt19937_64 chance(seed);
  std::string text(chance() % (4 * Bodies::inline_max) + 1, '\0');
  for (std::size_t at = 0; at + sizeof(seed) <= text.size(); at += sizeof(seed)) {
    const auto word = chance();
    std::memcpy(text.data() + at, &word, sizeof word);
  }
  return text;
}

/// S3 on a disk that loses, and what its client was told.
class Client {
 public:
  explicit Client(std::uint64_t seed) : disk(seed), vfs_(disk), chance_(seed) {
    char pattern[] = "/tmp/tidemill-power-XXXXXX";
    directory_ = mkdtemp(pattern);
  }
  ~Client() {
    close();
    std::filesystem::remove_all(directory_);
  }

  bool open() {
    was_fatal = false;
    const auto fatal = [this](const Error&) { was_fatal = true; };
    auto store = store::open_sqlite({.path = directory_ + "/t.db",
                                     .readers = 1,
                                     .wal_pages_max = 64,
                                     .vfs = store::LosingVfs::name,
                                     .on_fatal = fatal},
                                    migrations);
    if (!store) return why_ = store.error().message, false;
    store_ = *std::move(store);
    auto bodies = Bodies::open({*store_, pool_, random_, fatal, disk}, directory_ + "/objects");
    if (!bodies) return why_ = bodies.error().message, false;
    bodies_ = *std::move(bodies);
    const Core core{*store_, *bodies_, bus_, clock_, random_, settings_};
    objects_ = std::make_unique<Objects>(core);
    const auto make = [this](store::Tx& tx) -> Status {
      TM_TRY(const auto there, find_bucket(tx, "uploads"));
      if (there) return {};
      TM_CHECK(create_bucket(tx, where(), std::nullopt, false));
      return {};
    };
    const Status made = store_->write_now(make);
    if (!made) why_ = made.error().message;
    return made.has_value();
  }
  void close() {
    objects_.reset();
    bodies_.reset();
    store_.reset();
  }
  void power_fails_and_returns() {
    disk.begin(1);
    close();
    disk.restore();
    std::filesystem::remove(directory_ + "/t.db-shm");
    disk.begin(0);
  }

  Status put() {
    const auto seed = chance_();
    const auto key = "k" + std::to_string(seed % 12);
    maybe_[key].push_back(seed);
    const auto done = wait([&]() { return put_one(key, seed); });
    if (done) ++acknowledged, there_[key] = seed, maybe_[key].clear();
    return done;
  }

  [[nodiscard]] const std::string& why_not_open() const noexcept { return why_; }
  /// What isn't as it was promised, in words; empty if all is well.
  std::string findings(bool whole_store) {
    if (whole_store) bodies_->wait_until_clean();
    for (const auto& [key, seed] : there_) {
      const auto found = read(key);
      if (!found) return key + ": " + found.error().message;
      auto& others = maybe_[key];
      const auto is_there = [&](std::uint64_t s) { return content_of(s) == *found; };
      const auto other = std::ranges::find_if(others, is_there);
      if (other != others.end()) {
        there_[key] = *other;
      } else if (!is_there(seed)) {
        return key + " has other bytes";
      }
      others.clear();
    }
    if (!whole_store) return {};
    const auto wrong = wait([this]() { return check(); });
    return wrong ? std::string() : wrong.error().message;
  }

  io::LosingDisk disk;
  int acknowledged = 0;
  std::atomic<bool> was_fatal = false;

 private:
  BucketRequest where() const { return {caller_, "uploads", std::nullopt}; }

  Task<Status> put_one(std::string key, std::uint64_t seed) {
    Text source(content_of(seed));
    PutRequest request{.where = where(), .key = std::move(key)};
    const auto done = co_await objects_->put(std::move(request), source);
    if (!done) co_return std::unexpected(done.error());
    co_return Status();
  }
  Task<Status> check() {
    TM_CO_TRY(const auto wrong, co_await bodies_->check());
    if (wrong.empty()) co_return Status();
    co_return fail(Errc::corrupt, wrong.front());
  }
  Result<std::string> read(const std::string& key) {
    std::string bytes;
    const auto done = wait([&]() { return read_one(key, bytes); });
    if (!done) return std::unexpected(done.error());
    return bytes;
  }
  Task<Status> read_one(std::string key, std::string& bytes) {
    TM_CO_TRY(auto data, co_await objects_->read_whole("uploads", std::move(key), 1 << 20));
    bytes = std::move(data.bytes);
    co_return Status();
  }

  /// Runs a coroutine to its end.
  template <class Begin>
  Status wait(Begin begin) {
    std::promise<Status> done;
    loops_.spawn(0, [&] { return tell(begin, done); });
    return done.get_future().get();
  }
  template <class Begin>
  static Task<void> tell(Begin& begin, std::promise<Status>& done) {
    done.set_value(co_await begin());
  }

  store::LosingVfs vfs_;
  std::mt19937_64 chance_;
  std::string directory_, why_;
  Caller caller_{.kind = Caller::Kind::root, .scope = {"000000000000", "us-east-1"}};
  SystemClock clock_;
  SystemRandom random_;
  ParsedSettings settings_;
  NoBus bus_;
  io::Loops loops_{1};
  io::Pool pool_{2, 100};
  std::unique_ptr<store::Store> store_;
  std::unique_ptr<Bodies> bodies_;
  std::unique_ptr<Objects> objects_;
  std::map<std::string, std::uint64_t> there_;
  std::map<std::string, std::vector<std::uint64_t>> maybe_;
};

struct Tally {
  int cuts = 0, acknowledged = 0, findings = 0;
  std::string first = {};
};

Tally cut_power(std::uint64_t seed, int cuts, const std::function<void(io::LosingDisk&)>& prepare) {
  constexpr int cuts_per_directory = 25, checks_every = 6;
  std::mt19937_64 chance(seed);
  Tally tally;
  while (tally.cuts < cuts) {
    Client client(chance());
    prepare(client.disk);
    for (int i = 0; i < cuts_per_directory; ++i, ++tally.cuts) {
      client.disk.begin(chance() % 90 + 1);
      if (client.open()) {
        while (!client.disk.is_off()) (void)client.put();
      }
      client.power_fails_and_returns();
      const auto found =
          client.open() ? client.findings(i % checks_every == 0) : client.why_not_open();
      client.close();
      if (found.empty()) continue;
      ++tally.cuts;
      if (++tally.findings == 1) tally.first = found + " after cut " + std::to_string(tally.cuts);
      break;
    }
    tally.acknowledged += client.acknowledged;
  }
  return tally;
}

std::uint64_t from_environment(const char* name, std::uint64_t otherwise) {
  const char* text = std::getenv(name);
  return text == nullptr ? otherwise : std::strtoull(text, nullptr, 10);
}

std::uint64_t seed_of_run() { return from_environment("TIDEMILL_SEED", 20240115); }

TEST(PowerCut, LosesNoAcknowledgedObject) {
  const int cuts = int(from_environment("TIDEMILL_CUTS", 500));
  const auto tally = cut_power(seed_of_run(), cuts, [](io::LosingDisk&) {});
  std::cout << "seed " << seed_of_run() << ": " << tally.cuts << " power cuts, "
            << tally.acknowledged << " acknowledged objects, " << tally.findings
            << " lost or broken\n";
  EXPECT_EQ(tally.findings, 0) << tally.first;
}

TEST(PowerCut, IsNoticedWithoutFlushesOfFiles) {
  const auto tally =
      cut_power(seed_of_run(), 30, [](io::LosingDisk& disk) { disk.lie_about_files(); });
  EXPECT_GT(tally.findings, 0);
}

TEST(PowerCut, IsNoticedWithoutFlushesOfDirectories) {
  const auto tally =
      cut_power(seed_of_run(), 30, [](io::LosingDisk& disk) { disk.lie_about_names(); });
  EXPECT_GT(tally.findings, 0);
}

/// Every operation fails in turn while objects come in; then a restart, and a power cut.
int fail_each(io::DiskFault fault) {
  for (fault.at = 1;; ++fault.at) {
    Client client(fault.at);
    client.disk.begin(0);
    EXPECT_TRUE(client.open() && client.put());
    client.disk.begin(0, fault);
    for (int i = 0; i < 4; ++i) {
      (void)client.put();
      const auto failed = client.disk.failed();
      const bool was_flush = failed == io::LosingDisk::Operation::sync ||
                             failed == io::LosingDisk::Operation::sync_names;
      if (was_flush) EXPECT_TRUE(client.was_fatal) << "a flush failed and the program goes on";
    }
    const bool was_reached = client.disk.failed().has_value();
    client.close();
    client.disk.begin(0);
    EXPECT_TRUE(client.open());
    EXPECT_EQ(client.findings(false), "") << fault.at;
    EXPECT_TRUE(client.put());
    client.power_fails_and_returns();
    EXPECT_TRUE(client.open());
    EXPECT_EQ(client.findings(fault.at % 8 == 0), "") << fault.at;
    if (!was_reached || testing::Test::HasFailure()) return int(fault.at) - 1;
  }
}

TEST(EachOperationFails, AndNoAcknowledgedObjectIsLost) {
  int faults = fail_each({.error = EIO});
  faults += fail_each({.error = ENOSPC});
  faults += fail_each({.error = ENOSPC, .is_short = true});
  std::cout << faults << " faults\n";
  EXPECT_GT(faults, 40);
}

}  // namespace
}  // namespace tidemill::s3
