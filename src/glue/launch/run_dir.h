/// A run's directory DATA/runs/<run id>: standard output and error, the status file, how far the
/// output has been logged, and the directory for temporary files. Blocking, so for pool threads;
/// its reading parts are pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/error.h"
#include "glue/run.h"
#include "io/process.h"

namespace tidemill::glue {

/// What a run's status file tells (docs/internals/runs.md).
struct StatusRecord {
  std::optional<std::int64_t> started_ns;  ///< Right before the script's first line.
  std::int64_t pid = 0;                    ///< Of the interpreter, with started_ns.
  std::optional<std::int64_t> ended_ns;
  int exit = 0;
  std::string error;  ///< "ValueError: …"
};
/// Takes any bytes: a line that isn't whole or isn't ours is passed over.
[[nodiscard]] StatusRecord parse_status(std::string_view text);

/// How the run ended, from what the kernel said (nullopt: it wasn't our child) and the record.
[[nodiscard]] RunEnd end_of(const std::optional<io::ExitStatus>& exit, const StatusRecord& record);

/// What to do about a run after a restart.
struct Remains {
  bool is_alive = false;     ///< The process that the row names lives.
  bool is_locked = false;    ///< Somebody holds the status file's lock.
  bool was_running = false;  ///< The row said RUNNING (or STOPPING after it).
  StatusRecord record;
};
enum class Recovery : std::uint8_t {
  adopt,        ///< It lives: watch it.
  finish,       ///< Its end is on record.
  start_again,  ///< It provably never began.
  lost,         ///< It began and is gone.
  wait,         ///< Between its spawn and its first act: look again.
};
[[nodiscard]] Recovery decide_recovery(const Remains& remains);

class RunDir {
 public:
  RunDir(std::string_view runs, std::string_view run_id);

  [[nodiscard]] const std::string& path() const noexcept { return path_; }
  [[nodiscard]] std::string out() const { return path_ + "/stdout"; }
  [[nodiscard]] std::string err() const { return path_ + "/stderr"; }
  [[nodiscard]] std::string status() const { return path_ + "/status"; }
  [[nodiscard]] std::string manifest() const { return path_ + "/manifest.jsonl"; }
  [[nodiscard]] std::string temp() const { return path_ + "/tmp"; }

  /// Makes it. False if it is there already: the run may have begun before.
  Result<bool> make() const;
  void remove() const;

  struct Files {
    io::Fd out, err, status;  ///< status is locked.
  };
  /// Makes the files of a new process.
  [[nodiscard]] Result<Files> open_new() const;

  /// Not flushed: it is written anew whenever the run is started again.
  [[nodiscard]] Status write_manifest(std::string_view text) const;

  [[nodiscard]] StatusRecord read_status() const;
  /// Somebody holds the lock.
  [[nodiscard]] bool is_locked() const;

 private:
  std::string path_;
};

}  // namespace tidemill::glue
