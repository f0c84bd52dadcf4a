#include "glue/launch/log_tail.h"

#include <fcntl.h>
#include <unistd.h>

#include <fmt/format.h>

#include "base/encoding.h"
#include "io/process.h"

namespace tidemill::glue {
namespace {

/// Bytes of the well-formed character at the start of `text`, or 0.
std::size_t character_size(std::string_view text) {
  for (std::size_t size = 1; size <= 4 && size <= text.size(); ++size) {
    if (is_utf8(text.substr(0, size))) return size;
  }
  return 0;
}

}  // namespace

std::string to_utf8(std::string_view text) {
  if (is_utf8(text) && text.find('\0') == std::string_view::npos) return std::string(text);
  std::string clean;
  clean.reserve(text.size() + 16);
  while (!text.empty()) {
    const std::size_t size = text[0] == '\0' ? 0 : character_size(text);
    clean += size == 0 ? std::string_view("\xEF\xBF\xBD") : text.substr(0, size);
    text.remove_prefix(std::max<std::size_t>(size, 1));
  }
  return clean;
}

LogTail::LogTail(Options options) : options_(std::move(options)), offset_(options_.offset) {}

std::vector<LogLine> LogTail::read(TimeMs now, bool at_end) {
  if (offset_ >= options_.bytes_max) {
    discard();
    return {};
  }
  const io::Fd fd(::open(options_.path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd) return {};
  std::string bytes(chunk, '\0');
  const ssize_t size = ::pread(fd.get(), bytes.data(), bytes.size(), offset_);
  if (size <= 0) return {};
  bytes.resize(static_cast<std::size_t>(size));
  const bool is_last = static_cast<std::size_t>(size) < chunk;
  auto lines = cut(bytes, now, at_end && is_last);
  if (offset_ >= options_.bytes_max) {
    lines.push_back({now, fmt::format("[tidemill] this stream has {} bytes; further output of the "
                                      "run isn't kept",
                                      offset_)});
  }
  return lines;
}

std::vector<LogLine> LogTail::cut(std::string_view bytes, TimeMs now, bool at_end) {
  std::vector<LogLine> lines;
  std::size_t at = 0;
  while (at < bytes.size()) {
    std::size_t end = bytes.find('\n', at);
    std::size_t next = end + 1;
    if (end == std::string_view::npos || end - at > line_bytes_max) {
      const std::size_t rest = bytes.size() - at;
      if (rest <= line_bytes_max && !at_end) break;  // It may go on.
      end = next = at + std::min(rest, line_bytes_max);
    }
    std::string_view line = bytes.substr(at, end - at);
    if (line.ends_with('\r')) line.remove_suffix(1);
    lines.push_back({now, to_utf8(line)});
    at = next;
  }
  offset_ += static_cast<std::int64_t>(at);
  return lines;
}

void LogTail::discard() {
  // The process appends, so it goes on at the new end: the disk doesn't fill up.
  [[maybe_unused]] const int done = ::truncate(options_.path.c_str(), 0);
}

}  // namespace tidemill::glue
