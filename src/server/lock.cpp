#include "server/lock.h"

#include <cerrno>
#include <cstring>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <unistd.h>

namespace tidemill::server {

Lock::~Lock() {
  if (fd_ >= 0) close(fd_);
}

Status Lock::take(const std::string& directory) {
  const auto path = directory + "/lock";
  if (fd_ < 0) fd_ = open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (fd_ < 0) {
    return fail(Errc::unavailable,
                fmt::format("can't write in {}: {}", directory, strerror(errno)));
  }
  if (flock(fd_, LOCK_EX | LOCK_NB) == 0) return {};
  return fail(Errc::already_exists,
              fmt::format("another tidemill runs on {}; end it first", directory));
}

}  // namespace tidemill::server
