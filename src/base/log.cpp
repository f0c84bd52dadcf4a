#include "base/log.h"

#include <array>
#include <chrono>

#include <unistd.h>

#include "base/time.h"

namespace tidemill::logging {
namespace {

std::atomic<LogLevel> level_min{LogLevel::info};

void append_value(std::string& line, std::string_view value) {
  const bool plain = !value.empty() && value.find_first_of(" \"=\n\r\t\\") == value.npos;
  if (plain) {
    line += value;
    return;
  }
  line += '"';
  for (const char c : value) {
    switch (c) {
      case '"': line += "\\\""; break;
      case '\\': line += "\\\\"; break;
      case '\n': line += "\\n"; break;
      case '\r': line += "\\r"; break;
      case '\t': line += "\\t"; break;
      default:
        if (static_cast<unsigned char>(c) < 0x20) {
          line += fmt::format("\\x{:02x}", c);
        } else {
          line += c;
        }
    }
  }
  line += '"';
}

}  // namespace

void set_level(LogLevel level) noexcept { level_min.store(level, std::memory_order_relaxed); }

bool enabled(LogLevel level) noexcept { return level >= level_min.load(std::memory_order_relaxed); }

void write(LogLevel level, std::string_view module, std::string_view event,
           std::initializer_list<Field> fields) {
  static constexpr std::array<std::string_view, 4> names = {"debug", "info", "warn", "error"};
  static const SystemClock wall;
  std::string line = "time=" + iso_millis(wall.now());
  line += " level=";
  line += names[static_cast<std::size_t>(level)];
  line += " module=";
  line += module;
  line += " event=";
  append_value(line, event);
  for (const auto& field : fields) {
    line += ' ';
    line += field.key;
    line += '=';
    append_value(line, field.value);
  }
  line += '\n';
  // A line that can't be written has nowhere to be reported.
  [[maybe_unused]] const auto written = ::write(STDERR_FILENO, line.data(), line.size());
}

}  // namespace tidemill::logging
