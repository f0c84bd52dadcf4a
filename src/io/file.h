/// Durable files: written piece by piece on the pool while the caller goes on to receive the next
/// piece, flushed together with their directory before they count. Where a function may block, it
/// says so and belongs on the pool or on a thread of its own.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "io/disk.h"
#include "io/loops.h"
#include "io/process.h"
#include "io/task.h"

namespace tidemill::io {

/// An open directory. Thread-safe.
class Directory {
 public:
  /// Makes the directory if it isn't there (its parent must be). Blocks.
  static Result<std::unique_ptr<Directory>> open(const std::string& path,
                                                 Disk& disk = Disk::system());

  [[nodiscard]] int fd() const noexcept { return fd_.get(); }
  [[nodiscard]] Disk& disk() const noexcept { return disk_; }
  /// Blocks until every name made or removed before the call is on disk. Calls at the same time
  /// share an fsync. Once one has failed all fail, with corrupt: what the kernel has dropped stays
  /// lost.
  Status sync();

 private:
  Directory(Fd fd, Disk& disk) : fd_(std::move(fd)), disk_(disk) {}

  const Fd fd_;
  Disk& disk_;
  std::mutex mutex_;
  std::condition_variable done_;
  std::uint64_t begun_ = 0, ended_ = 0;  // Syncs, counted.
  bool syncing_ = false;
  Status broken_;
};

/// A new file that is being written. Its name is there from the first piece on, so it must be one
/// that nobody looks for before finish(). Belongs to one coroutine. A file that isn't finished is
/// removed again.
class FileSink {
 public:
  /// Sees all bytes in order, on threads of the pool. Owns what it needs: a piece may still be at
  /// work when the sink is gone.
  using Tap = std::function<void(std::string_view)>;

  struct Options {
    std::string name;                   ///< In `directory`; must be new.
    std::optional<std::uint64_t> size;  ///< Where known: room is taken at once.
    Tap tap;
  };
  /// `pool` and `directory` outlive the sink.
  FileSink(Pool& pool, Directory& directory, Options options);
  ~FileSink();
  FileSink(const FileSink&) = delete;
  FileSink& operator=(const FileSink&) = delete;

  /// Takes a copy. Waits only while both buffers are full.
  Task<Status> write(std::string_view bytes);
  /// Comes back when bytes and name are on disk. Fails with corrupt where that can't be known any
  /// more: nothing must be acknowledged then that shares the disk.
  Task<Status> finish();

 private:
  struct State;
  Task<Status> hand_over();
  Task<Status> wait();

  Pool& pool_;
  std::shared_ptr<State> state_;
};

/// Opens a file for reading. Fails with not_found if there is none.
[[nodiscard]] Result<Fd> open_for_reading(const std::string& path);
/// The file's size in bytes.
[[nodiscard]] Result<std::uint64_t> file_size(int fd);
/// Reads all of `to` from `offset`. Fails with corrupt at the file's end. Blocks.
[[nodiscard]] Status read_at(int fd, std::uint64_t offset, std::span<char> to);
/// Tells the kernel that these bytes will be read soon.
void read_ahead(int fd, std::uint64_t offset, std::uint64_t length) noexcept;
/// Removes a file; well if there is none. Blocks.
[[nodiscard]] Status remove_file(const std::string& path);
/// The names in a directory, without "." and "..". Blocks.
[[nodiscard]] Result<std::vector<std::string>> list_directory(const std::string& path);

}  // namespace tidemill::io
