#include "server/reserve.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <cstdio>
#include <filesystem>

#include "base/log.h"
#include "io/process.h"

namespace tidemill::server {

bool Reserve::is_there() const {
  struct stat facts{};
  return ::stat(path_.c_str(), &facts) == 0 && std::uint64_t(facts.st_size) >= bytes_;
}

bool Reserve::make() const {
  struct statvfs disk{};
  const auto directory = std::filesystem::path(path_).parent_path().string();
  if (::statvfs(directory.c_str(), &disk) != 0) return false;
  if (std::uint64_t(disk.f_bavail) * disk.f_frsize < 2 * bytes_) return false;
  const auto fresh = path_ + ".new";
  const io::Fd fd(::open(fresh.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
  if (!fd) return false;
  const bool is_whole = ::posix_fallocate(fd.get(), 0, off_t(bytes_)) == 0;
  if (is_whole && ::rename(fresh.c_str(), path_.c_str()) == 0) return true;
  ::unlink(fresh.c_str());
  return false;
}

void Reserve::open() {
  if (bytes_ == 0 || is_there()) return;
  const bool was_given_up = ::access(path_.c_str(), F_OK) == 0;
  if (make()) return;
  is_given_up_ = was_given_up;
  TM_LOG(warn, "server", "the disk has no room for the reserve",
         {{"bytes", bytes_}, {"file", path_}});
}

bool Reserve::give_up() {
  const std::lock_guard lock(lock_);
  if (bytes_ == 0 || is_given_up_ || !is_there()) return false;
  // Its name stays: the next start knows by it.
  if (::truncate(path_.c_str(), 0) != 0) return false;
  is_given_up_ = true;
  TM_LOG(warn, "server", "the disk is full: only what makes room is done until there is some",
         {{"given_up", bytes_}, {"file", path_}});
  return true;
}

bool Reserve::take() {
  const std::lock_guard lock(lock_);
  if (!is_given_up_) return true;
  if (!make()) return false;
  is_given_up_ = false;
  TM_LOG(info, "server", "there is room on the disk again");
  return true;
}

}  // namespace tidemill::server
