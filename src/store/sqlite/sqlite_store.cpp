#include "store/sqlite/sqlite_store.h"

#include <malloc.h>

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <future>
#include <mutex>
#include <thread>

#include <fmt/format.h>
#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/associated_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "base/failpoint.h"
#include "base/log.h"
#include "base/time.h"
#include "store/sqlite/connection.h"

namespace tidemill::store {
namespace {

namespace asio = boost::asio;

constexpr auto idle_before_checkpoint = std::chrono::seconds(1);

/// A closure that waits for its thread, and what to do with its result.
struct Pending {
  std::move_only_function<Status(Tx&)> closure;
  std::move_only_function<void(Status)> done;
  asio::any_io_executor home = {};  ///< Where `done` is to run; none: on the store's thread.
};

/// Results on their way home: those of one event loop wake it once.
class Answers {
 public:
  void add(Pending& pending, Status status) {
    if (!pending.home) return pending.done(std::move(status));
    auto found = std::ranges::find(homes_, pending.home, &Home::executor);
    if (found == homes_.end()) found = homes_.insert(found, {std::move(pending.home), {}});
    found->answers.emplace_back(std::move(pending.done), std::move(status));
  }
  void send() {
    for (auto& home : homes_) {
      asio::post(home.executor, [answers = std::move(home.answers)]() mutable {
        for (auto& [done, status] : answers) done(std::move(status));
      });
    }
    homes_.clear();
  }

 private:
  using Answer = std::pair<std::move_only_function<void(Status)>, Status>;
  struct Home {
    asio::any_io_executor executor;
    std::vector<Answer> answers;
  };
  std::vector<Home> homes_;
};

/// A bounded queue that one or more threads drain.
class Queue {
 public:
  explicit Queue(std::size_t max) : max_(max) {}

  /// False (and `pending` untouched) if full or closed.
  bool push(Pending& pending) {
    {
      const std::lock_guard lock(mutex_);
      if (closed_ || waiting_.size() >= max_) return false;
      waiting_.push_back(std::move(pending));
    }
    ready_.notify_one();
    return true;
  }
  /// Waits for work, takes up to `count`; empty only when closed and drained, or after `timeout`.
  std::deque<Pending> take(std::size_t count, std::optional<std::chrono::milliseconds> timeout) {
    std::unique_lock lock(mutex_);
    const auto some = [this] { return closed_ || !waiting_.empty(); };
    if (timeout) {
      ready_.wait_for(lock, *timeout, some);
    } else {
      ready_.wait(lock, some);
    }
    if (waiting_.size() <= count) return std::exchange(waiting_, {});
    std::deque<Pending> taken;
    while (taken.size() < count) {
      taken.push_back(std::move(waiting_.front()));
      waiting_.pop_front();
    }
    return taken;
  }
  void close() {
    {
      const std::lock_guard lock(mutex_);
      closed_ = true;
    }
    ready_.notify_all();
  }
  bool closed_and_empty() {
    const std::lock_guard lock(mutex_);
    return closed_ && waiting_.empty();
  }

 private:
  std::mutex mutex_;
  std::condition_variable ready_;
  std::deque<Pending> waiting_;
  const std::size_t max_;
  bool closed_ = false;
};

/// Queues `closure` and suspends the caller until its thread has answered.
Task<Status> queue_and_wait(Queue& queue, std::function<Status(Tx&)>& closure) {
  auto start = [&queue, &closure](auto handler) {
    Pending pending;
    pending.home = asio::get_associated_executor(handler);
    pending.closure = [&closure](Tx& tx) { return closure(tx); };
    pending.done = [handler = std::move(handler)](Status status) mutable {
      std::move(handler)(std::move(status));
    };
    if (queue.push(pending)) return;
    Answers refused;
    refused.add(pending, fail(Errc::throttled, "SlowDown", "the store's queue is full; try again"));
    refused.send();
  };
  co_return co_await asio::async_initiate<const asio::use_awaitable_t<>&, void(Status)>(
      start, asio::use_awaitable);
}

class SqliteStore final : public Store {
 public:
  SqliteStore(SqliteOptions options, std::unique_ptr<Connection> writer,
              std::vector<std::unique_ptr<Connection>> readers)
      : options_(std::move(options)),
        writer_(std::move(writer)),
        readers_(std::move(readers)),
        writes_(options_.queue_max),
        reads_(options_.queue_max) {
    commit_thread_ = std::thread([this] { commit_loop(); });
    for (auto& reader : readers_) {
      reader_threads_.emplace_back([this, connection = reader.get()] { read_loop(*connection); });
    }
  }

  ~SqliteStore() override {
    writes_.close();
    reads_.close();
    commit_thread_.join();
    for (auto& thread : reader_threads_) thread.join();
  }

  void post(std::move_only_function<Status(Tx&)> change,
            std::move_only_function<void(Status)> done) override {
    Pending pending{std::move(change), std::move(done)};
    if (!writes_.push(pending)) {
      pending.done(fail(Errc::throttled, "the store's queue is full; try again"));
    }
  }

  Task<Result<std::vector<std::string>>> check() override {
    auto query = [](Tx& tx) -> Result<std::vector<std::string>> {
      TM_TRY(auto lines,
             tx.all("PRAGMA integrity_check", [](const Row& row) { return row.text(0); }));
      if (lines == std::vector<std::string>{"ok"}) lines.clear();
      return lines;
    };
    co_return co_await read(query);
  }

 protected:
  Task<Status> submit(Closure& closure) override { return queue_and_wait(writes_, closure); }
  Task<Status> submit_read(Closure& closure) override { return queue_and_wait(reads_, closure); }

  Status submit_now(Closure& closure) override {
    TM_ASSERT(std::this_thread::get_id() != commit_thread_.get_id());
    std::promise<Status> promise;
    auto future = promise.get_future();
    post([&closure](Tx& tx) { return closure(tx); },
         [&promise](Status status) { promise.set_value(std::move(status)); });
    return future.get();
  }

 private:
  void commit_loop();
  void commit(std::deque<Pending>& batch);
  Status run_batch(std::deque<Pending>& batch, std::vector<Status>& results);
  void checkpoint_if(int pages);
  void give_up(const Error& reason);
  void read_loop(Connection& connection);

  const SqliteOptions options_;
  const std::unique_ptr<Connection> writer_;
  const std::vector<std::unique_ptr<Connection>> readers_;
  Queue writes_, reads_;
  std::optional<Error> broken_;  // Commit thread only.
  std::thread commit_thread_;
  std::vector<std::thread> reader_threads_;
};

void SqliteStore::commit_loop() {
  while (!writes_.closed_and_empty()) {
    const bool dirty = writer_->wal_pages() > 0 && !broken_;
    auto batch = writes_.take(
        options_.batch_max,
        dirty ? std::optional(std::chrono::milliseconds(idle_before_checkpoint)) : std::nullopt);
    if (batch.empty()) {
      checkpoint_if(1);
      // What a burst needed is the system's again while nothing happens.
      writer_->release_memory();
      ::malloc_trim(0);
      continue;
    }
    commit(batch);
    checkpoint_if(options_.wal_pages_max);
  }
  checkpoint_if(1);
}

void SqliteStore::checkpoint_if(int pages) {
  if (broken_ || writer_->wal_pages() < pages) return;
  (void)TM_FAILPOINT("store.checkpoint");
  if (const auto done = writer_->checkpoint(); !done) {
    TM_LOG(warn, "store", "checkpoint failed", {{"reason", done.error().message}});
    if (done.error().code != Errc::storage_full) give_up(done.error());
  }
}

/// A failed fsync must never be retried: the kernel may have dropped the pages.
void SqliteStore::give_up(const Error& reason) {
  broken_ = Error{.code = Errc::unavailable,
                  .message = "the store takes no more writes: " + reason.message};
  if (options_.on_fatal) options_.on_fatal(*broken_);
}

/// Runs each closure in a savepoint. Fails only if the transaction as a whole is lost.
Status SqliteStore::run_batch(std::deque<Pending>& batch, std::vector<Status>& results) {
  TM_FAILPOINT_CHECK("store.transaction");
  TM_CHECK(writer_->exec("BEGIN IMMEDIATE"));
  for (auto& pending : batch) {
    const auto actions = writer_->action_count();
    TM_CHECK(writer_->exec("SAVEPOINT s"));
    auto result = pending.closure(*writer_);
    if (!writer_->in_transaction()) {
      return result ? fail(Errc::corrupt, "SQLite ended the transaction by itself") : result;
    }
    if (!result) {
      TM_CHECK(writer_->exec("ROLLBACK TO s"));
      writer_->drop_actions_after(actions);
    }
    TM_CHECK(writer_->exec("RELEASE s"));
    results.push_back(std::move(result));
  }
  TM_FAILPOINT_CHECK("store.commit.before_sync");
  TM_CHECK(writer_->exec("COMMIT"));
  (void)TM_FAILPOINT("store.commit.after_sync");
  return {};
}

void SqliteStore::commit(std::deque<Pending>& batch) {
  std::vector<Status> results;
  results.reserve(batch.size());
  const auto begun = std::chrono::steady_clock::now();
  auto committed = broken_ ? Status(std::unexpected(*broken_)) : run_batch(batch, results);
  if (committed && options_.committed) {
    options_.committed(std::chrono::steady_clock::now() - begun);
  }
  if (!committed) {
    writer_->drop_actions_after(0);
    if (!broken_) {
      if (writer_->in_transaction()) (void)writer_->exec("ROLLBACK");
      TM_LOG(error, "store", "commit failed", {{"reason", committed.error().message}});
      if (committed.error().code != Errc::storage_full) {
        give_up(committed.error());
      } else {
        checkpoint_if(
            1);  // The log begins anew in the room that it has: enough to delete something.
      }
    }
    results.assign(batch.size(), committed);
  }
  for (auto& action : writer_->take_actions()) action();
  (void)TM_FAILPOINT("store.answer");
  Answers answers;
  for (std::size_t i = 0; i < batch.size(); ++i) answers.add(batch[i], std::move(results[i]));
  answers.send();
}

void SqliteStore::read_loop(Connection& connection) {
  while (!reads_.closed_and_empty()) {
    auto batch = reads_.take(1, std::nullopt);
    for (auto& pending : batch) {
      Status status;
      if (auto begun = connection.exec("BEGIN"); !begun) status = std::unexpected(begun.error());
      if (status) status = pending.closure(connection);
      if (connection.in_transaction()) (void)connection.exec("COMMIT");
      connection.drop_actions_after(0);
      Answers answer;
      answer.add(pending, std::move(status));
      answer.send();
    }
  }
}

Status migrate(Connection& db, std::span<const Migration> migrations) {
  TM_CHECK(db.script(
      "CREATE TABLE IF NOT EXISTS migrations (component TEXT NOT NULL, version INTEGER NOT NULL,"
      " applied_ms INTEGER NOT NULL, PRIMARY KEY (component, version)) STRICT"));
  TM_TRY(const auto applied,
         db.all("SELECT component, max(version) FROM migrations GROUP BY component",
                [](const Row& row) { return std::pair(row.text(0), row.integer(1)); }));
  for (const auto& [component, version] : applied) {
    int known = 0;
    for (const auto& m : migrations) {
      if (m.component == component) known = std::max(known, m.version);
    }
    if (version > known) {
      return fail(Errc::invalid_argument,
                  fmt::format("the data directory was written by a newer tidemill ({} schema {}, "
                              "this one knows {}); start that version instead",
                              component, version, known));
    }
  }
  for (const auto& m : migrations) {
    const auto done =
        std::ranges::find(applied, m.component, &std::pair<std::string, std::int64_t>::first);
    if (done != applied.end() && done->second >= m.version) continue;
    TM_CHECK(db.exec("BEGIN IMMEDIATE"));
    TM_CHECK(db.script(std::string(m.sql)));
    TM_CHECK(db.exec("INSERT INTO migrations VALUES ($1, $2, $3)", m.component, m.version,
                     SystemClock().now().ms));
    TM_CHECK(db.exec("COMMIT"));
  }
  return {};
}

}  // namespace

Result<std::unique_ptr<Store>> open_sqlite(SqliteOptions options,
                                           std::span<const Migration> migrations) {
  TM_TRY(auto writer, Connection::open({.path = options.path,
                                        .writer = true,
                                        .cache_kib = options.writer_cache_kib,
                                        .vfs = options.vfs}));
  TM_CHECK(migrate(*writer, migrations));
  // After a flush that failed, the log may be whole in the kernel's memory only, and what follows
  // it would be lost with it. Copied into the database, it is written once more and begun anew.
  // A full disk leaves it as it is: what is there can be read, and room may come.
  const auto copied = writer->checkpoint();
  if (!copied && copied.error().code != Errc::storage_full) {
    return std::unexpected(copied.error());
  }
  std::vector<std::unique_ptr<Connection>> readers;
  for (int i = 0; i < options.readers; ++i) {
    TM_TRY(auto reader,
           Connection::open(
               {.path = options.path, .cache_kib = options.reader_cache_kib, .vfs = options.vfs}));
    readers.push_back(std::move(reader));
  }
  return std::make_unique<SqliteStore>(std::move(options), std::move(writer), std::move(readers));
}

}  // namespace tidemill::store
