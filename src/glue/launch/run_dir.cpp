#include "glue/launch/run_dir.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>

#include <fmt/format.h>

#include "base/failpoint.h"
#include "base/json.h"

namespace tidemill::glue {
namespace {

constexpr std::size_t status_bytes_max = 64 * 1024;

Error disk_error(std::string_view what, const std::string& path) {
  return {.code = errno == ENOSPC ? Errc::storage_full : Errc::internal,
          .message = fmt::format("{} {}: {}", what, path, std::strerror(errno))};
}

Result<io::Fd> open_file(const std::string& path, int flags) {
  int fd = ::open(path.c_str(), flags | O_CREAT | O_CLOEXEC, 0600);
  // Descriptors up to 3 are those that a child gets; io::spawn wants the sources above them.
  if (fd >= 0 && fd <= 3) {
    const int high = ::fcntl(fd, F_DUPFD_CLOEXEC, 4);
    ::close(fd);
    fd = high;
  }
  if (fd < 0) return std::unexpected(disk_error("opening", path));
  return io::Fd(fd);
}

std::optional<std::int64_t> integer_at(const json::object& object, const char* name) {
  const auto* value = object.if_contains(name);
  if (value == nullptr || !value->is_number()) return std::nullopt;
  boost::system::error_code error;
  const auto number = value->to_number<std::int64_t>(error);
  return error ? std::nullopt : std::optional(number);
}

std::string text_of_signal(int signal) {
  std::string text = fmt::format("killed by {}", io::signal_name(signal));
  if (signal == SIGKILL) text += ", out of memory or ended from outside";
  return text;
}

}  // namespace

StatusRecord parse_status(std::string_view text) {
  StatusRecord record;
  while (!text.empty()) {
    const auto line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(text.size(), line.size() + 1));
    const auto object = json::parse_object(line);
    if (!object) continue;
    if (const auto started = integer_at(*object, "started"); started && !record.started_ns) {
      record.started_ns = started;
      record.pid = integer_at(*object, "pid").value_or(0);
    }
    if (const auto ended = integer_at(*object, "ended")) {
      record.ended_ns = ended;
      record.exit = static_cast<int>(integer_at(*object, "exit").value_or(1));
      record.error = std::string(json::text_or_empty(*object, "error"));
    }
  }
  return record;
}

RunEnd end_of(const std::optional<io::ExitStatus>& exit, const StatusRecord& record) {
  const auto failed = [](std::string error) {
    return RunEnd{.cause = RunEnd::Cause::failed, .error = std::move(error)};
  };
  if (!exit && !record.ended_ns) {
    return failed("The job run's process ended without leaving its exit status behind");
  }
  if (exit && exit->signal != 0) return failed(text_of_signal(exit->signal));
  const int code = exit ? exit->code : record.exit;
  if (code == 0) return {};
  if (!record.error.empty()) return failed(record.error);
  return failed(fmt::format("Command failed with exit code {}", code));
}

Recovery decide_recovery(const Remains& remains) {
  if (remains.is_alive) return Recovery::adopt;
  if (remains.record.ended_ns) return Recovery::finish;
  // Its own row says that it is gone; a forked child of it may still hold the lock.
  if (remains.was_running) return Recovery::lost;
  if (remains.is_locked) {
    return remains.record.started_ns ? Recovery::adopt : Recovery::wait;
  }
  return remains.record.started_ns ? Recovery::lost : Recovery::start_again;
}

RunDir::RunDir(std::string_view runs, std::string_view run_id)
    : path_(fmt::format("{}/{}", runs, run_id)) {}

Result<bool> RunDir::make() const {
  const bool is_new = ::mkdir(path_.c_str(), 0700) == 0;
  if (!is_new && errno != EEXIST) return std::unexpected(disk_error("making", path_));
  if (::mkdir(temp().c_str(), 0700) != 0 && errno != EEXIST) {
    return std::unexpected(disk_error("making", temp()));
  }
  return is_new;
}

void RunDir::remove() const {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

Result<RunDir::Files> RunDir::open_new() const {
  Files files;
  TM_TRY(files.out, open_file(out(), O_WRONLY | O_APPEND));
  TM_TRY(files.err, open_file(err(), O_WRONLY | O_APPEND));
  TM_TRY(files.status, open_file(status(), O_RDWR | O_APPEND));
  if (::flock(files.status.get(), LOCK_EX | LOCK_NB) != 0) {
    return std::unexpected(disk_error("locking", status()));
  }
  return files;
}

Status RunDir::write_manifest(std::string_view text) const {
  TM_FAILPOINT_CHECK("glue.run.manifest");
  const io::Fd fd(::open(manifest().c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
  if (!fd) return std::unexpected(disk_error("opening", manifest()));
  while (!text.empty()) {
    const ssize_t size = ::write(fd.get(), text.data(), text.size());
    if (size < 0 && errno == EINTR) continue;
    if (size <= 0) return std::unexpected(disk_error("writing", manifest()));
    text.remove_prefix(std::size_t(size));
  }
  return {};
}

StatusRecord RunDir::read_status() const {
  const io::Fd fd(::open(status().c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd) return {};
  std::string text(status_bytes_max, '\0');
  const ssize_t size = ::pread(fd.get(), text.data(), text.size(), 0);
  text.resize(size > 0 ? static_cast<std::size_t>(size) : 0);
  return parse_status(text);
}

bool RunDir::is_locked() const {
  const io::Fd fd(::open(status().c_str(), O_RDONLY | O_CLOEXEC));
  return fd && ::flock(fd.get(), LOCK_EX | LOCK_NB) != 0;
}

}  // namespace tidemill::glue
