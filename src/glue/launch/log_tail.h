/// Reads what a process writes into a file and cuts it into log lines. On one loop; its reads are
/// of bytes that have just been written, hence from memory.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "glue/launch/environment.h"

namespace tidemill::glue {

/// `text` with each byte that isn't part of well-formed UTF-8 as U+FFFD, and without NUL.
[[nodiscard]] std::string to_utf8(std::string_view text);

class LogTail {
 public:
  struct Options {
    std::string path;
    std::int64_t offset = 0;     ///< Where a former reader has come to.
    std::int64_t bytes_max = 0;  ///< Beyond it nothing is kept; a last line says so.
  };
  explicit LogTail(Options options);

  /// The lines that have come since the last call, at most a chunk of them: empty when there is
  /// nothing more for now. `at_end` also gives a last line without its newline.
  [[nodiscard]] std::vector<LogLine> read(TimeMs now, bool at_end);
  /// How far it is; all before has been given out.
  [[nodiscard]] std::int64_t offset() const noexcept { return offset_; }

 private:
  static constexpr std::size_t chunk = 512 * 1024;
  static constexpr std::size_t line_bytes_max = 200 * 1024;  // CloudWatch takes 256 KiB.

  std::vector<LogLine> cut(std::string_view bytes, TimeMs now, bool at_end);
  void discard();

  Options options_;
  std::int64_t offset_;
};

}  // namespace tidemill::glue
