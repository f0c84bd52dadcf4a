#include "io/process.h"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/inotify.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <unordered_map>

#include <fmt/format.h>
#include <boost/asio/posix/stream_descriptor.hpp>

namespace tidemill::io {
namespace {

/// The whole of a small file under /proc.
std::string read_small(const std::string& path) {
  const Fd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd) return {};
  std::array<char, 1024> bytes;
  const ssize_t size = ::read(fd.get(), bytes.data(), bytes.size());
  return size > 0 ? std::string(bytes.data(), static_cast<std::size_t>(size)) : std::string();
}

struct ProcStat {
  char state = 'X';
  std::int64_t start_ticks = 0;
};

/// Fields 3 and 22 of /proc/PID/stat; the second field may hold blanks and brackets.
std::optional<ProcStat> read_stat(std::int64_t pid) {
  const std::string text = read_small(fmt::format("/proc/{}/stat", pid));
  const auto name_end = text.rfind(')');
  if (name_end == std::string::npos || name_end + 2 >= text.size()) return std::nullopt;
  ProcStat stat{.state = text[name_end + 2]};
  std::size_t at = name_end + 2;
  for (int field = 3; field < 22; ++field) {
    at = text.find(' ', at);
    if (at == std::string::npos) return std::nullopt;
    ++at;
  }
  const auto read = std::from_chars(text.data() + at, text.data() + text.size(), stat.start_ticks);
  if (read.ec != std::errc()) return std::nullopt;
  return stat;
}

std::vector<char*> pointers(const std::vector<std::string>& texts) {
  std::vector<char*> list;
  list.reserve(texts.size() + 1);
  for (const auto& text : texts) list.push_back(const_cast<char*>(text.c_str()));
  list.push_back(nullptr);
  return list;
}

/// The two argument objects of posix_spawn, freed together.
class SpawnSetup {
 public:
  explicit SpawnSetup(const SpawnOptions& options) {
    ::posix_spawn_file_actions_init(&actions_);
    ::posix_spawnattr_init(&attributes_);
    add_files(options);
    sigset_t none, all;
    sigemptyset(&none);
    sigfillset(&all);
    ::posix_spawnattr_setsigmask(&attributes_, &none);
    ::posix_spawnattr_setsigdefault(&attributes_, &all);
    ::posix_spawnattr_setflags(&attributes_,
                               POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSID);
  }
  ~SpawnSetup() {
    ::posix_spawn_file_actions_destroy(&actions_);
    ::posix_spawnattr_destroy(&attributes_);
  }
  SpawnSetup(const SpawnSetup&) = delete;
  SpawnSetup& operator=(const SpawnSetup&) = delete;

  [[nodiscard]] const posix_spawn_file_actions_t* actions() const { return &actions_; }
  [[nodiscard]] const posix_spawnattr_t* attributes() const { return &attributes_; }

 private:
  void add_files(const SpawnOptions& options) {
    ::posix_spawn_file_actions_addopen(&actions_, 0, "/dev/null", O_RDONLY, 0);
    ::posix_spawn_file_actions_adddup2(&actions_, options.stdout_fd, 1);
    ::posix_spawn_file_actions_adddup2(&actions_, options.stderr_fd, 2);
    if (options.extra_fd >= 0) ::posix_spawn_file_actions_adddup2(&actions_, options.extra_fd, 3);
    ::posix_spawn_file_actions_addclosefrom_np(&actions_, options.extra_fd >= 0 ? 4 : 3);
    ::posix_spawn_file_actions_addchdir_np(&actions_, options.directory.c_str());
  }

  posix_spawn_file_actions_t actions_;
  posix_spawnattr_t attributes_;
};

}  // namespace

Fd& Fd::operator=(Fd&& other) noexcept {
  if (this != &other) {
    if (fd_ >= 0) ::close(fd_);
    fd_ = std::exchange(other.fd_, -1);
  }
  return *this;
}

Fd::~Fd() {
  if (fd_ >= 0) ::close(fd_);
}

Result<int> spawn(const SpawnOptions& options) {
  // Below 4, a descriptor could be overwritten by an earlier dup2 before its own turn.
  TM_ASSERT(!options.argv.empty() && options.stdout_fd > 3 && options.stderr_fd > 3);
  TM_ASSERT(options.extra_fd < 0 || options.extra_fd > 3);
  const SpawnSetup setup(options);
  const auto argv = pointers(options.argv);
  const auto environment = pointers(options.environment);
  pid_t pid = -1;
  const int error = ::posix_spawnp(&pid, argv[0], setup.actions(), setup.attributes(), argv.data(),
                                   environment.data());
  if (error == 0) return pid;
  const std::string text = fmt::format("{}: {}", options.argv[0], std::strerror(error));
  if (error == ENOENT || error == EACCES || error == ENOTDIR || error == ENOEXEC) {
    return fail(Errc::not_found, text);
  }
  return fail(error == E2BIG ? Errc::too_large : Errc::unavailable, text);
}

const std::string& boot_id() {
  static const std::string id = [] {
    std::string text = read_small("/proc/sys/kernel/random/boot_id");
    while (!text.empty() && text.back() == '\n') text.pop_back();
    return text;
  }();
  return id;
}

std::optional<ProcessId> identify(std::int64_t pid) {
  const auto stat = read_stat(pid);
  if (!stat) return std::nullopt;
  return ProcessId{.pid = pid, .start_ticks = stat->start_ticks, .boot_id = boot_id()};
}

bool is_alive(const ProcessId& id) {
  if (id.pid <= 0 || id.boot_id != boot_id()) return false;
  const auto stat = read_stat(id.pid);
  return stat && stat->start_ticks == id.start_ticks && stat->state != 'Z' && stat->state != 'X';
}

Result<Fd> open_pidfd(std::int64_t pid) {
  Fd fd(static_cast<int>(::syscall(SYS_pidfd_open, static_cast<pid_t>(pid), 0)));
  if (!fd) return fail(Errc::not_found, fmt::format("process {}: {}", pid, std::strerror(errno)));
  return fd;
}

std::optional<ExitStatus> reap(std::int64_t pid) {
  int status = 0;
  pid_t got = -1;
  do {
    got = ::waitpid(static_cast<pid_t>(pid), &status, 0);
  } while (got < 0 && errno == EINTR);
  if (got != pid) return std::nullopt;
  if (WIFSIGNALED(status)) return ExitStatus{.code = 0, .signal = WTERMSIG(status)};
  return ExitStatus{.code = WEXITSTATUS(status), .signal = 0};
}

std::string signal_name(int signal) {
  const char* name = ::sigabbrev_np(signal);
  return name != nullptr ? fmt::format("SIG{}", name) : fmt::format("signal {}", signal);
}

void signal_group(std::int64_t leader, int signal) noexcept {
  if (leader > 1) ::kill(-static_cast<pid_t>(leader), signal);
}

struct Readable::State {
  boost::asio::posix::stream_descriptor descriptor;
};

Readable::Readable(const boost::asio::any_io_executor& executor, Fd fd)
    : state_(std::make_shared<State>(
          State{boost::asio::posix::stream_descriptor(executor, fd.release())})) {}

Readable::~Readable() {
  boost::system::error_code ignored;
  state_->descriptor.close(ignored);
}

void Readable::once(std::function<void()> ready) {
  state_->descriptor.async_wait(
      boost::asio::posix::stream_descriptor::wait_read,
      [state = state_, ready = std::move(ready)](const boost::system::error_code& error) {
        if (!error) ready();
      });
}

struct FileWatch::State : std::enable_shared_from_this<FileWatch::State> {
  explicit State(const boost::asio::any_io_executor& executor)
      : descriptor(executor, ::inotify_init1(IN_NONBLOCK | IN_CLOEXEC)) {}

  void wait() {
    descriptor.async_wait(boost::asio::posix::stream_descriptor::wait_read,
                          [self = shared_from_this()](const boost::system::error_code& error) {
                            if (error) return;
                            self->read_all();
                            self->wait();
                          });
  }

  void read_all() {
    alignas(inotify_event) std::array<char, 16384> bytes;
    for (;;) {
      const ssize_t size = ::read(descriptor.native_handle(), bytes.data(), bytes.size());
      if (size <= 0) return;
      for (ssize_t at = 0; at < size;) {
        inotify_event event;
        std::memcpy(&event, bytes.data() + at, sizeof event);
        at += static_cast<ssize_t>(sizeof event + event.len);
        call(event);
      }
    }
  }

  void call(const inotify_event& event) {
    if ((event.mask & IN_Q_OVERFLOW) != 0) {  // Some were dropped: all may have been written to.
      for (const auto& [key, written] : files) written();
      return;
    }
    const auto found = files.find(event.wd);
    if (found != files.end() && (event.mask & IN_MODIFY) != 0) found->second();
  }

  boost::asio::posix::stream_descriptor descriptor;
  std::unordered_map<int, std::function<void()>> files;
  bool waiting = false;
};

FileWatch::FileWatch(const boost::asio::any_io_executor& executor)
    : state_(std::make_shared<State>(executor)) {}

FileWatch::~FileWatch() {
  boost::system::error_code ignored;
  state_->descriptor.close(ignored);
  state_->files.clear();
}

Result<int> FileWatch::add(const std::string& path, std::function<void()> written) {
  const int key = ::inotify_add_watch(state_->descriptor.native_handle(), path.c_str(), IN_MODIFY);
  if (key < 0) {
    return fail(Errc::unavailable, fmt::format("watching {}: {}", path, std::strerror(errno)));
  }
  state_->files[key] = std::move(written);
  if (!std::exchange(state_->waiting, true)) state_->wait();
  return key;
}

void FileWatch::remove(int key) {
  if (state_->files.erase(key) != 0) {
    ::inotify_rm_watch(state_->descriptor.native_handle(), key);
  }
}

}  // namespace tidemill::io
