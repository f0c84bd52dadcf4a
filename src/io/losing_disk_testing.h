/// Tests: a disk that loses at a power cut what wasn't flushed, and fails when told to. The files
/// are real ones and show what was written last, as the kernel's cache does; beside them it keeps
/// what a disk would have. Thread-safe. The same seed draws the same.
#pragma once

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <map>
#include <mutex>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "io/disk.h"

namespace tidemill::io {

struct DiskFault {
  std::uint64_t at = 0;  ///< Operation number, from 1; 0: none.
  int error = EIO;
  std::uint64_t count = 1;  ///< So many operations in a row fail.
  bool is_short = false;    ///< A write puts half of its bytes there first.
};

class LosingDisk final : public Disk {
 public:
  explicit LosingDisk(std::uint64_t seed) : chance_(seed) {}

  /// The operations that change a disk.
  enum class Operation : std::uint8_t { create, write, set_size, sync, sync_names, remove };
  /// Counts operations anew; the power fails at number `at` (0: not by itself).
  void begin(std::uint64_t cut_at, DiskFault fault = {}) {
    const std::lock_guard lock(mutex_);
    operations_ = 0;
    cut_at_ = cut_at;
    fault_ = fault;
    failed_.reset();
    is_off_ = false;
  }
  [[nodiscard]] std::uint64_t operations() const {
    const std::lock_guard lock(mutex_);
    return operations_;
  }
  /// The operation that was the first to fail by the fault.
  [[nodiscard]] std::optional<Operation> failed() const {
    const std::lock_guard lock(mutex_);
    return failed_;
  }
  [[nodiscard]] bool is_off() const {
    const std::lock_guard lock(mutex_);
    return is_off_;
  }
  /// From now on flushing does nothing and says that it went well: the check of the check.
  void lie_about_files() { lies_about_files_ = true; }
  void lie_about_names() { lies_about_names_ = true; }

  /// The file was there before, with these bytes, on disk.
  void holds(const std::string& path, std::string bytes) {
    const std::lock_guard lock(mutex_);
    files_[path] = {.durable = std::move(bytes), .pending = {}, .is_named = true};
  }

  // What io::FileSink and io::Directory call.
  int create(int directory, const char* name) override {
    if (fails(Operation::create)) return -1;
    const int fd = Disk::create(directory, name);
    if (fd >= 0) opened(path_of(directory) + "/" + name);
    return fd;
  }
  ssize_t write(int fd, const void* bytes, std::size_t size, off_t offset) override {
    const bool failed = fails(Operation::write);
    if (failed && !writes_half()) return -1;
    if (failed) size = (size + 1) / 2;
    const auto count = Disk::write(fd, bytes, size, offset);
    if (count > 0)
      wrote(path_of(fd), {static_cast<const char*>(bytes), std::size_t(count)}, offset);
    return count;
  }
  int set_size(int fd, off_t size) override {
    if (fails(Operation::set_size)) return -1;
    resized(path_of(fd), std::uint64_t(size));
    return Disk::set_size(fd, size);
  }
  int sync(int fd) override { return synced(path_of(fd)) ? 0 : -1; }
  int sync_names(int directory) override { return names_synced(path_of(directory)) ? 0 : -1; }

  // What the layer under SQLite calls; paths are absolute.
  /// True, with errno, if the operation is to fail.
  bool fails(Operation operation) {
    const std::lock_guard lock(mutex_);
    return fails_now(operation);
  }
  [[nodiscard]] bool writes_half() const {
    const std::lock_guard lock(mutex_);
    return fault_.is_short && !is_off_;
  }
  void opened(const std::string& path) {
    const std::lock_guard lock(mutex_);
    auto [file, is_new] = files_.try_emplace(path);
    if (is_new || file->second.is_removed) file->second = {};
  }
  void wrote(const std::string& path, std::string_view bytes, off_t offset) {
    const std::lock_guard lock(mutex_);
    files_[path].pending.push_back({std::uint64_t(offset), std::string(bytes), false});
  }
  void resized(const std::string& path, std::uint64_t size) {
    const std::lock_guard lock(mutex_);
    files_[path].pending.push_back({size, {}, true});
  }
  bool synced(const std::string& path) {
    const std::lock_guard lock(mutex_);
    auto& file = files_[path];
    if (fails_now(Operation::sync)) {
      // The kernel takes them for written all the same, and the next flush has nothing to do.
      file.pending.clear();
      file.is_unflushable = true;
      return false;
    }
    if (lies_about_files_) return true;
    for (const auto& change : file.pending) apply(file.durable, change);
    file.pending.clear();
    return true;
  }
  bool names_synced(const std::string& directory) {
    const std::lock_guard lock(mutex_);
    if (fails_now(Operation::sync_names)) return false;
    if (lies_about_names_) return true;
    for (auto file = files_.begin(); file != files_.end();) {
      const bool is_here = std::filesystem::path(file->first).parent_path() == directory;
      if (is_here) file->second.is_named = true;
      file = is_here && file->second.is_removed ? files_.erase(file) : std::next(file);
    }
    return true;
  }
  void removed(const std::string& path) {
    const std::lock_guard lock(mutex_);
    files_[path].is_removed = true;
  }

  /// Makes the files as they are found after a power cut: of what wasn't flushed, each sector of
  /// 512 bytes is there or not. Nobody may have them open.
  void restore() {
    const std::lock_guard lock(mutex_);
    // All of it, nothing, or something between.
    keep_percent_ = std::array{0, 100, draw(100), draw(100)}[std::size_t(draw(4))];
    for (auto file = files_.begin(); file != files_.end();) {
      const auto& path = file->first;
      const bool has_name = file->second.is_removed ? !keeps() : file->second.is_named || keeps();
      if (!has_name) {
        ::unlink(path.c_str());
        file = files_.erase(file);
        continue;
      }
      const bool is_as_shown =
          file->second.pending.empty() && !file->second.is_unflushable && !file->second.is_removed;
      settle(file->second);
      if (!is_as_shown) {
        ::unlink(path.c_str());  // A file that is cut and written again would go to the real disk.
        std::ofstream(path, std::ios::binary) << file->second.durable;
      }
      ++file;
    }
  }

  static std::string path_of(int fd) {
    return std::filesystem::read_symlink("/proc/self/fd/" + std::to_string(fd));
  }

 private:
  struct Change {
    std::uint64_t offset = 0;
    std::string bytes;
    bool is_size = false;  ///< The file's size becomes `offset`.
  };
  struct File {
    std::string durable;
    std::vector<Change> pending;
    bool is_named = false, is_removed = false;  ///< Its name is on disk; is to go.
    bool is_unflushable = false;                ///< Shows bytes that no flush will bring to disk.
  };
  static constexpr std::uint64_t sector = 512;

  static void apply(std::string& content, const Change& change) {
    if (change.is_size) return content.resize(change.offset);
    const auto end = change.offset + change.bytes.size();
    if (content.size() < end) content.resize(end);
    content.replace(change.offset, change.bytes.size(), change.bytes);
  }

  /// As found when the power is back.
  void settle(File& file) {
    for (const auto& change : file.pending) {
      if (change.is_size) {
        if (keeps()) apply(file.durable, change);
        continue;
      }
      for (std::uint64_t at = 0; at < change.bytes.size();) {
        const auto size = std::min<std::uint64_t>(sector - (change.offset + at) % sector,
                                                  change.bytes.size() - at);
        if (keeps())
          apply(file.durable, {change.offset + at, change.bytes.substr(at, size), false});
        at += size;
      }
    }
    file.pending.clear();
    file.is_named = true;
    file.is_removed = file.is_unflushable = false;
  }

  int draw(int below) { return std::uniform_int_distribution(0, below - 1)(chance_); }
  bool keeps() { return draw(100) < keep_percent_; }

  bool fails_now(Operation operation) {
    ++operations_;
    if (cut_at_ != 0 && operations_ >= cut_at_) is_off_ = true;
    const bool is_faulty =
        fault_.at != 0 && operations_ >= fault_.at && operations_ < fault_.at + fault_.count;
    const bool needs_room = operation == Operation::create || operation == Operation::write ||
                            operation == Operation::set_size;
    if (!is_off_ && !(is_faulty && (fault_.error != ENOSPC || needs_room))) return false;
    if (!failed_) failed_ = operation;
    errno = is_off_ ? EIO : fault_.error;
    return true;
  }

  mutable std::mutex mutex_;
  std::mt19937_64 chance_;
  std::map<std::string, File> files_;
  std::uint64_t operations_ = 0, cut_at_ = 0;
  DiskFault fault_;
  std::optional<Operation> failed_;
  int keep_percent_ = 0;
  bool is_off_ = false;
  std::atomic<bool> lies_about_files_ = false, lies_about_names_ = false;
};

}  // namespace tidemill::io
