/// Tests: a Store without threads. What is written waits until step() commits it with the program's
/// own commit code; what is read is read at once. The same calls give the same, so that a
/// simulation can be repeated. One thread.
#pragma once

#include <algorithm>

#include <boost/asio/async_result.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "store/sqlite/committer.h"

namespace tidemill::store {

class SteppedStore final : public Store {
 public:
  static Result<std::unique_ptr<SteppedStore>> open(SqliteOptions options,
                                                    std::span<const Migration> migrations) {
    TM_TRY(auto writer, open_writer(options, migrations));
    return std::unique_ptr<SteppedStore>(new SteppedStore(std::move(options), std::move(writer)));
  }

  [[nodiscard]] std::size_t waiting() const noexcept { return waiting_.size(); }
  /// Commits what has waited longest, at most `count` of it.
  void step(std::size_t count) {
    std::deque<Pending> batch;
    while (batch.size() < count && !waiting_.empty()) {
      batch.push_back(std::move(waiting_.front()));
      waiting_.pop_front();
    }
    if (batch.empty()) return;
    committer_.commit(batch);
    committer_.checkpoint_if(options_.wal_pages_max);
  }
  void checkpoint() { committer_.checkpoint_if(1); }

  void post(std::move_only_function<Status(Tx&)> change,
            std::move_only_function<void(Status)> done) override {
    waiting_.push_back({std::move(change), std::move(done)});
  }

  Task<Result<std::vector<std::string>>> check() override {
    co_return co_await read(check_integrity);
  }

 protected:
  Task<Status> submit(Closure& closure) override {
    auto start = [this, &closure](auto handler) {
      waiting_.push_back(pending_for(std::move(handler), closure));
    };
    co_return co_await boost::asio::async_initiate<const boost::asio::use_awaitable_t<>&,
                                                   void(Status)>(start, boost::asio::use_awaitable);
  }
  Task<Status> submit_read(Closure& closure) override {
    auto& connection = committer_.writer();
    TM_CO_CHECK(connection.exec("BEGIN"));
    const auto done = closure(connection);
    connection.drop_actions_after(0);
    TM_CO_CHECK(connection.exec("COMMIT"));
    co_return done;
  }
  Status submit_now(Closure& closure) override {
    std::optional<Status> answer;
    post([&closure](Tx& tx) { return closure(tx); },
         [&answer](Status status) { answer = std::move(status); });
    while (!answer) step(SIZE_MAX);
    return *std::move(answer);
  }

 private:
  SteppedStore(SqliteOptions options, std::unique_ptr<Connection> writer)
      : options_(std::move(options)), committer_(options_, std::move(writer)) {}

  const SqliteOptions options_;
  Committer committer_;
  std::deque<Pending> waiting_;
};

}  // namespace tidemill::store
