/// What the commit thread does, without the thread: a batch of writes in one transaction, each in a
/// savepoint of its own, and the checkpoints. Owns the only connection that writes; one thread.
#pragma once

#include <chrono>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/associated_executor.hpp>

#include "store/sqlite/connection.h"
#include "store/sqlite/sqlite_store.h"

namespace tidemill::store {

/// A closure that waits for its thread, and what to do with its result.
struct Pending {
  std::move_only_function<Status(Tx&)> closure;
  std::move_only_function<void(Status)> done;
  boost::asio::any_io_executor home = {};  ///< Where `done` is to run; none: on the store's thread.
  std::chrono::steady_clock::time_point since = {};  ///< It waits.
};

/// `closure` for the coroutine that `handler` resumes; both outlive the wait.
template <class Handler>
Pending pending_for(Handler handler, const std::function<Status(Tx&)>& closure) {
  Pending pending;
  pending.home = boost::asio::get_associated_executor(handler);
  pending.closure = [&closure](Tx& tx) { return closure(tx); };
  pending.done = [handler = std::move(handler)](Status status) mutable {
    std::move(handler)(std::move(status));
  };
  return pending;
}

/// Results on their way home: those of one event loop wake it once.
class Answers {
 public:
  void add(Pending& pending, Status status);
  void send();

 private:
  using Answer = std::pair<std::move_only_function<void(Status)>, Status>;
  struct Home {
    boost::asio::any_io_executor executor;
    std::vector<Answer> answers;
  };
  std::vector<Home> homes_;
};

/// Opens or creates the database, brings its schema up to `migrations` and its log into it.
[[nodiscard]] Result<std::unique_ptr<Connection>> open_writer(
    const SqliteOptions& options, std::span<const Migration> migrations);

/// What Store::check finds.
[[nodiscard]] Result<std::vector<std::string>> check_integrity(Tx& tx);

class Committer {
 public:
  Committer(const SqliteOptions& options, std::unique_ptr<Connection> writer)
      : options_(options), writer_(std::move(writer)) {}

  /// Runs and commits all of `batch`, and sends each its answer.
  void commit(std::deque<Pending>& batch);
  /// Checkpoints if the log has so many pages.
  void checkpoint_if(int pages);
  /// There is something to checkpoint.
  [[nodiscard]] bool is_dirty() const { return writer_->wal_pages() > 0 && !broken_; }
  [[nodiscard]] Connection& writer() noexcept { return *writer_; }

 private:
  Status run_batch(std::deque<Pending>& batch, std::vector<Status>& results);
  void give_up(const Error& reason);

  const SqliteOptions& options_;
  const std::unique_ptr<Connection> writer_;
  std::optional<Error> broken_;
};

}  // namespace tidemill::store
