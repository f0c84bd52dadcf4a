/// Child processes: spawned in a session of their own with their output in files, so that they
/// outlive this program; watched by pidfd and inotify, so that nothing polls.
///
/// spawn() and the questions about processes are for any thread; Readable and FileWatch live on the
/// loop whose executor they are given.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <boost/asio/any_io_executor.hpp>

#include "base/error.h"
#include "io/task.h"

namespace tidemill::io {

/// Owns a file descriptor.
class Fd {
 public:
  Fd() = default;
  explicit Fd(int fd) noexcept : fd_(fd) {}
  Fd(Fd&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Fd& operator=(Fd&& other) noexcept;
  ~Fd();
  Fd(const Fd&) = delete;
  Fd& operator=(const Fd&) = delete;

  [[nodiscard]] int get() const noexcept { return fd_; }
  [[nodiscard]] int release() noexcept { return std::exchange(fd_, -1); }
  [[nodiscard]] explicit operator bool() const noexcept { return fd_ >= 0; }

 private:
  int fd_ = -1;
};

/// What a new process gets. It leads a new session, hence a process group; its signals are the
/// defaults; its standard input is /dev/null.
struct SpawnOptions {
  std::vector<std::string> argv;  ///< argv[0] is the program, sought on PATH if it has no slash.
  std::vector<std::string> environment;  ///< "NAME=value"
  std::string directory;
  int stdout_fd = -1, stderr_fd = -1;
  int extra_fd = -1;  ///< Becomes descriptor 3; no other is inherited.
};

/// Starts a process without copying this one's address space (vfork-like). Gives its pid. Fails
/// with not_found (no such program or directory), too_large (arguments) or unavailable.
[[nodiscard]] Result<int> spawn(const SpawnOptions& options);

/// A process, told apart from a later one that has its pid again.
struct ProcessId {
  std::int64_t pid = 0;
  std::int64_t start_ticks = 0;  ///< Field 22 of /proc/PID/stat.
  std::string boot_id;           ///< Of the boot it ran in.
  bool operator==(const ProcessId&) const = default;
};

[[nodiscard]] const std::string& boot_id();
/// nullopt if there is no such process now.
[[nodiscard]] std::optional<ProcessId> identify(std::int64_t pid);
/// `id` still runs (a zombie doesn't).
[[nodiscard]] bool is_alive(const ProcessId& id);

/// A descriptor that becomes readable when the process ends.
[[nodiscard]] Result<Fd> open_pidfd(std::int64_t pid);

struct ExitStatus {
  int code = 0;    ///< What it exited with, if no signal ended it.
  int signal = 0;  ///< What ended it, or 0.
};
/// The status of a child that has ended, and forgets it. nullopt if it isn't our child.
[[nodiscard]] std::optional<ExitStatus> reap(std::int64_t pid);
/// "SIGKILL", or "signal 77".
[[nodiscard]] std::string signal_name(int signal);
/// Sends `signal` to all of a process group; not an error if none is left.
void signal_group(std::int64_t leader, int signal) noexcept;

/// Calls once when a descriptor becomes readable.
class Readable {
 public:
  Readable(const boost::asio::any_io_executor& executor, Fd fd);
  ~Readable();
  /// `ready` runs on the executor; not if this object is destroyed before.
  void once(std::function<void()> ready);

 private:
  struct State;
  std::shared_ptr<State> state_;
};

/// Tells of writes to files (inotify). One per loop is enough.
class FileWatch {
 public:
  explicit FileWatch(const boost::asio::any_io_executor& executor);
  ~FileWatch();
  FileWatch(const FileWatch&) = delete;
  FileWatch& operator=(const FileWatch&) = delete;

  /// Calls `written` whenever the file was written to, until remove(). Gives its key.
  Result<int> add(const std::string& path, std::function<void()> written);
  void remove(int key);

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace tidemill::io
