#include "store/sqlite/committer.h"

#include <algorithm>

#include <fmt/format.h>
#include <boost/asio/post.hpp>

#include "base/failpoint.h"
#include "base/log.h"
#include "base/time.h"

namespace tidemill::store {
namespace {

/// All that is missing in one transaction; what is whole already is only looked at.
Status migrate(Connection& db, std::span<const Migration> migrations) {
  TM_CHECK(db.exec("BEGIN IMMEDIATE"));
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
  const auto is_applied = [&](const Migration& m) {
    const auto done =
        std::ranges::find(applied, m.component, &std::pair<std::string, std::int64_t>::first);
    return done != applied.end() && done->second >= m.version;
  };
  for (const auto& m : migrations) {
    if (is_applied(m)) continue;
    TM_CHECK(db.script(std::string(m.sql)));
    TM_CHECK(db.exec("INSERT INTO migrations VALUES ($1, $2, $3)", m.component, m.version,
                     SystemClock().now().ms));
  }
  TM_CHECK(db.exec("COMMIT"));
  return {};
}

}  // namespace

void Answers::add(Pending& pending, Status status) {
  if (!pending.home) return pending.done(std::move(status));
  auto found = std::ranges::find(homes_, pending.home, &Home::executor);
  if (found == homes_.end()) found = homes_.insert(found, {std::move(pending.home), {}});
  found->answers.emplace_back(std::move(pending.done), std::move(status));
}

void Answers::send() {
  for (auto& home : homes_) {
    boost::asio::post(home.executor, [answers = std::move(home.answers)]() mutable {
      for (auto& [done, status] : answers) done(std::move(status));
    });
  }
  homes_.clear();
}

void Committer::checkpoint_if(int pages) {
  if (broken_ || writer_->wal_pages() < pages) return;
  (void)TM_FAILPOINT("store.checkpoint");
  if (const auto done = writer_->checkpoint(); !done) {
    TM_LOG(warn, "store", "checkpoint failed", {{"reason", done.error().message}});
    if (done.error().code != Errc::storage_full) return give_up(done.error());
    if (options_.on_full) options_.on_full();
  }
}

/// A failed fsync must never be retried: the kernel may have dropped the pages.
void Committer::give_up(const Error& reason) {
  broken_ = Error{.code = Errc::unavailable,
                  .message = "the store takes no more writes: " + reason.message};
  if (options_.on_fatal) options_.on_fatal(*broken_);
}

/// Runs each closure in a savepoint. Fails only if the transaction as a whole is lost.
Status Committer::run_batch(std::deque<Pending>& batch, std::vector<Status>& results) {
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

void Committer::commit(std::deque<Pending>& batch) {
  if (batch.empty()) return;
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
        if (options_.on_full) options_.on_full();
        // The log begins anew in the room that it has: enough to delete something.
        checkpoint_if(1);
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

Result<std::vector<std::string>> check_integrity(Tx& tx) {
  TM_TRY(auto lines, tx.all("PRAGMA integrity_check", [](const Row& row) { return row.text(0); }));
  if (lines == std::vector<std::string>{"ok"}) lines.clear();
  return lines;
}

Result<std::unique_ptr<Connection>> open_writer(const SqliteOptions& options,
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
  return writer;
}

}  // namespace tidemill::store
