/// The embedded Store: one SQLite database in WAL mode. One commit thread owns the only connection
/// that writes and checkpoints (sqlite.org/wal.html#walresetbug); readers have their own.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <span>
#include <string>

#include "store/store.h"

namespace tidemill::store {

struct SqliteOptions {
  std::string path;
  int readers = 2;
  std::size_t queue_max = 4096;               ///< Writes (and reads) waiting; beyond it: throttled.
  std::chrono::milliseconds wait_max{5'000};  ///< As do those that waited so long.
  std::size_t batch_max = 1024;               ///< Writes in one commit.
  int writer_cache_kib = 8192;
  int reader_cache_kib = 2048;
  /// With so many pages (of 4 KiB) in the write-ahead log the commit thread checkpoints at once.
  /// Pages that every write changes are copied once for all of it.
  int wal_pages_max = 16384;
  std::string vfs = {};  ///< Tests: SQLite's file system layer.
  /// Told on the commit thread how long a transaction took, with its fsync.
  std::function<void(std::chrono::nanoseconds)> committed = {};
  /// Called once, on the commit thread, when a commit failed for good: the process should end.
  std::function<void(const Error&)> on_fatal = {};
  /// On the commit thread: the disk has no room. If this makes some, what can be saved is.
  std::function<void()> on_full = {};
};

/// Opens or creates the database and brings its schema up to `migrations`. Fails with
/// invalid_argument if a newer program has written it.
[[nodiscard]] Result<std::unique_ptr<Store>> open_sqlite(SqliteOptions options,
                                                         std::span<const Migration> migrations);

}  // namespace tidemill::store
