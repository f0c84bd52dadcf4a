/// One SQLite connection as a Tx: statements prepared once, parameters by position, errors as
/// Result. Belongs to one thread at a time.
#pragma once

#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "store/store.h"

struct sqlite3;
struct sqlite3_stmt;

namespace tidemill::store {

class Connection final : public Tx {
 public:
  /// Opens (and for a writer creates) the database with our pragmas: WAL,
  /// synchronous=FULL, no automatic checkpoint; a reader is query_only.
  struct Settings {
    std::string path;
    bool writer = false;
    int cache_kib = 2048;
    std::string vfs = {};  ///< SQLite's file system layer; empty: its own.
  };
  static Result<std::unique_ptr<Connection>> open(const Settings& settings);
  ~Connection() override;
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  Result<std::int64_t> run(std::string_view sql, std::span<const Value> parameters,
                           const RowFn* row) override;
  void on_commit(std::move_only_function<void()> action) override;

  /// Several statements at once, without parameters (migrations, pragmas).
  Status script(const std::string& sql);
  /// False once SQLite has rolled the transaction back by itself (full disk, I/O error).
  [[nodiscard]] bool in_transaction() const noexcept;
  /// What on_commit collected since the last call.
  [[nodiscard]] std::vector<std::move_only_function<void()>> take_actions();
  [[nodiscard]] std::size_t action_count() const noexcept { return actions_.size(); }
  /// Forgets the actions beyond the first `count` (their part of the transaction was undone).
  void drop_actions_after(std::size_t count);
  /// Pages that the write-ahead log holds since the last complete checkpoint.
  [[nodiscard]] int wal_pages() const noexcept { return wal_pages_; }
  /// Copies the write-ahead log into the database as far as readers allow. What fails with
  /// storage_full can be tried again later, nothing else.
  Status checkpoint();
  /// Gives back the pages it holds beyond what it is working with.
  void release_memory() noexcept;

 private:
  explicit Connection(sqlite3* db);
  struct Statement;
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view s) const noexcept {
      // Of a long statement enough to tell it from most others.
      return std::hash<std::string_view>()(s.substr(0, 48)) + s.size();
    }
  };
  Result<Statement*> prepared(std::string_view sql);
  Result<std::unique_ptr<Statement>> prepare(std::string_view sql);
  Result<std::int64_t> step_all(Statement& statement, const RowFn* row);
  [[nodiscard]] Error error(int code, std::string_view sql) const;

  sqlite3* db_;
  std::unordered_map<std::string, std::unique_ptr<Statement>, Hash, std::equal_to<>> statements_;
  std::vector<std::move_only_function<void()>> actions_;
  int wal_pages_ = 0;
};

}  // namespace tidemill::store
