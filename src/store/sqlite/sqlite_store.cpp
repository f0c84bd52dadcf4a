#include "store/sqlite/sqlite_store.h"

#include <malloc.h>

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <future>
#include <mutex>
#include <thread>

#include <boost/asio/async_result.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "store/sqlite/committer.h"

namespace tidemill::store {
namespace {

namespace asio = boost::asio;

constexpr auto idle_before_checkpoint = std::chrono::seconds(1);
constexpr std::string_view too_many = "Too many requests wait for the store; try again.";

/// A bounded queue that one or more threads drain.
class Queue {
 public:
  explicit Queue(std::size_t max) : max_(max) {}

  /// False (and `pending` untouched) if full or closed. What the program does by itself, without an
  /// event loop to answer, has as much room again: it isn't kept out by those who ask.
  bool push(Pending& pending) {
    {
      const std::lock_guard lock(mutex_);
      if (closed_ || waiting_.size() >= (pending.home ? max_ : 2 * max_)) return false;
      pending.since = std::chrono::steady_clock::now();
      waiting_.push_back(std::move(pending));
      count_ = waiting_.size();
    }
    ready_.notify_one();
    return true;
  }
  [[nodiscard]] bool is_full() const noexcept { return count_ >= max_; }
  /// Waits for work, takes up to `count`; empty only when closed and drained, or after `timeout`.
  std::deque<Pending> take(std::size_t count, std::optional<std::chrono::milliseconds> timeout) {
    std::unique_lock lock(mutex_);
    const auto some = [this] { return closed_ || !waiting_.empty(); };
    if (timeout) {
      ready_.wait_for(lock, *timeout, some);
    } else {
      ready_.wait(lock, some);
    }
    if (waiting_.size() <= count) {
      count_ = 0;
      return std::exchange(waiting_, {});
    }
    std::deque<Pending> taken;
    while (taken.size() < count) {
      taken.push_back(std::move(waiting_.front()));
      waiting_.pop_front();
    }
    count_ = waiting_.size();
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
  std::atomic<std::size_t> count_ = 0;  // Of waiting_.
  const std::size_t max_;
  bool closed_ = false;
};

/// Queues `closure` and suspends the caller until its thread has answered.
Task<Status> queue_and_wait(Queue& queue, std::function<Status(Tx&)>& closure) {
  auto start = [&queue, &closure](auto handler) {
    auto pending = pending_for(std::move(handler), closure);
    if (queue.push(pending)) return;
    Answers refused;
    refused.add(pending, fail(Errc::throttled, std::string(too_many)));
    refused.send();
  };
  co_return co_await asio::async_initiate<const asio::use_awaitable_t<>&, void(Status)>(
      start, asio::use_awaitable);
}

class SqliteStore final : public Store {
 public:
  SqliteStore(SqliteOptions options, std::unique_ptr<Connection> writer)
      : options_(std::move(options)),
        committer_(options_, std::move(writer)),
        writes_(options_.queue_max),
        reads_(options_.queue_max) {
    commit_thread_ = std::thread([this] { commit_loop(); });
    for (int i = 0; i < options_.readers; ++i) {
      reader_threads_.emplace_back([this] { read_loop(); });
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
      pending.done(fail(Errc::throttled, std::string(too_many)));
    }
  }

  [[nodiscard]] bool is_full(Line line) const noexcept override {
    return (line == Line::writes ? writes_ : reads_).is_full();
  }

  Task<Result<std::vector<std::string>>> check() override {
    co_return co_await read(check_integrity);
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
  void read_loop();
  void refuse_late(std::deque<Pending>& batch) const;

  const SqliteOptions options_;
  Committer committer_;  // Commit thread only.
  Queue writes_, reads_;
  std::thread commit_thread_;
  std::vector<std::thread> reader_threads_;
};

void SqliteStore::commit_loop() {
  while (!writes_.closed_and_empty()) {
    auto batch = writes_.take(options_.batch_max,
                              committer_.is_dirty()
                                  ? std::optional(std::chrono::milliseconds(idle_before_checkpoint))
                                  : std::nullopt);
    if (batch.empty()) {
      committer_.checkpoint_if(1);
      // What a burst needed is the system's again while nothing happens.
      committer_.writer().release_memory();
      ::malloc_trim(0);
      continue;
    }
    refuse_late(batch);
    committer_.commit(batch);
    committer_.checkpoint_if(options_.wal_pages_max);
  }
  committer_.checkpoint_if(1);
}

/// Whoever waited longer than the deadline has given up or will; what they asked for isn't done.
void SqliteStore::refuse_late(std::deque<Pending>& batch) const {
  const auto since = std::chrono::steady_clock::now() - options_.wait_max;
  if (batch.empty() || since < batch.front().since) return;  // The first has waited longest.
  Answers answers;
  std::deque<Pending> rest;
  for (auto& pending : batch) {
    if (pending.home && pending.since <= since) {
      answers.add(pending, fail(Errc::throttled, std::string(too_many)));
    } else {
      rest.push_back(std::move(pending));
    }
  }
  batch = std::move(rest);
  answers.send();
}

Status read_one(Connection& connection, Pending& pending) {
  TM_CHECK(connection.exec("BEGIN"));
  auto status = pending.closure(connection);
  if (connection.in_transaction()) (void)connection.exec("COMMIT");
  connection.drop_actions_after(0);
  return status;
}

/// Its connection is opened for the first read: many programs never need a second one, and each has
/// the schema in memory.
void SqliteStore::read_loop() {
  const Connection::Settings settings{
      .path = options_.path, .cache_kib = options_.reader_cache_kib, .vfs = options_.vfs};
  std::unique_ptr<Connection> connection;
  while (!reads_.closed_and_empty()) {
    auto batch = reads_.take(1, std::nullopt);
    refuse_late(batch);
    for (auto& pending : batch) {
      Status status;
      if (!connection) {
        auto opened = Connection::open(settings);
        if (opened) {
          connection = *std::move(opened);
        } else {
          status = std::unexpected(std::move(opened).error());
        }
      }
      if (connection) status = read_one(*connection, pending);
      Answers answer;
      answer.add(pending, std::move(status));
      answer.send();
    }
  }
}

}  // namespace

Result<std::unique_ptr<Store>> open_sqlite(SqliteOptions options,
                                           std::span<const Migration> migrations) {
  TM_TRY(auto writer, open_writer(options, migrations));
  return std::make_unique<SqliteStore>(std::move(options), std::move(writer));
}

}  // namespace tidemill::store
