/// A `tidemill serve` of the bench's own: a free port of the loopback, a data directory of its own,
/// an administrator's key that the bench knows. One thread.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>

#include "base/error.h"
#include "io/process.h"

namespace tidemill::bench {

inline constexpr std::string_view admin_access_key_id = "AKIABENCHBENCHBENCH0";
inline constexpr std::string_view admin_secret = "bench-secret-bench-secret-bench-secret-0";

class ServerProcess {
 public:
  struct Options {
    std::string program;
    std::string data;
  };
  /// Comes back when the health endpoint has answered.
  static Result<std::unique_ptr<ServerProcess>> start(const Options& options);
  /// Ends it as an operator would (SIGTERM) and waits.
  ~ServerProcess();
  ServerProcess(const ServerProcess&) = delete;
  ServerProcess& operator=(const ServerProcess&) = delete;

  [[nodiscard]] std::uint16_t port() const noexcept { return port_; }
  [[nodiscard]] pid_t pid() const noexcept { return pid_; }
  /// From exec to the health answer.
  [[nodiscard]] double ready_ms() const noexcept { return ready_ms_; }

  /// Of all its threads since the start, without its children.
  [[nodiscard]] double cpu_ms() const;
  [[nodiscard]] double resident_mb() const;
  /// What it has made the disk write.
  [[nodiscard]] double written_kb() const;
  /// Times that any of its threads has gone to sleep.
  [[nodiscard]] std::uint64_t sleeps() const;

 private:
  ServerProcess() = default;
  Status await_ready(int ready_pipe);

  pid_t pid_ = -1;
  std::uint16_t port_ = 0;
  double ready_ms_ = 0;
};

/// A monotonic point in time, in nanoseconds.
[[nodiscard]] std::int64_t now_ns() noexcept;
/// The CPU that this process has used.
[[nodiscard]] double own_cpu_ms() noexcept;

}  // namespace tidemill::bench
