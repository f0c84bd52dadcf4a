#include "io/disk.h"

#include <fcntl.h>
#include <unistd.h>

namespace tidemill::io {

int Disk::create(int directory, const char* name) {
  return ::openat(directory, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
}

ssize_t Disk::write(int fd, const void* bytes, std::size_t size, off_t offset) {
  return ::pwrite(fd, bytes, size, offset);
}

int Disk::set_size(int fd, off_t size) { return ::ftruncate(fd, size); }

int Disk::sync(int fd) { return ::fdatasync(fd); }

int Disk::sync_names(int directory) { return ::fsync(directory); }

Disk& Disk::system() noexcept {
  static Disk disk;
  return disk;
}

}  // namespace tidemill::io
