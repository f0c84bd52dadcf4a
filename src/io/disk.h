/// The system calls that change files, so that tests can put a disk of their own under them that
/// fails, or loses what wasn't flushed. Stateless; any thread.
#pragma once

#include <sys/types.h>

#include <cstddef>

namespace tidemill::io {

/// Each as its system call: -1 with errno where it fails.
class Disk {
 public:
  virtual ~Disk() = default;
  /// Creates a file that must be new, for writing. The descriptor.
  virtual int create(int directory, const char* name);
  virtual ssize_t write(int fd, const void* bytes, std::size_t size, off_t offset);
  virtual int set_size(int fd, off_t size);
  /// Returns when the bytes of the file are on disk.
  virtual int sync(int fd);
  /// Returns when the names in the directory are on disk.
  virtual int sync_names(int directory);

  /// The machine's own.
  static Disk& system() noexcept;
};

}  // namespace tidemill::io
