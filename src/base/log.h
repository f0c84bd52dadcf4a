/// The program's own log: one logfmt line an event on standard error. Thread-safe; never blocks on
/// anything but the write itself. What is secret is wrapped in Secret and prints as ***.
#pragma once

#include <atomic>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>

#include <fmt/format.h>

namespace tidemill {

enum class LogLevel : std::uint8_t { debug, info, warn, error };

/// A text that must not be shown; reveal() is the only way to it.
class Secret {
 public:
  Secret() = default;
  explicit Secret(std::string text) : text_(std::move(text)) {}
  [[nodiscard]] const std::string& reveal() const noexcept { return text_; }
  [[nodiscard]] bool empty() const noexcept { return text_.empty(); }

 private:
  std::string text_;
};

namespace logging {

/// One key=value of a line.
struct Field {
  std::string_view key;
  std::string value;
  template <class T>
  Field(std::string_view k, const T& v) : key(k), value(fmt::format("{}", v)) {}
};

void set_level(LogLevel level) noexcept;
[[nodiscard]] bool enabled(LogLevel level) noexcept;
/// time=… level=info module=s3 event="object stored" key=value …
void write(LogLevel level, std::string_view module, std::string_view event,
           std::initializer_list<Field> fields = {});

}  // namespace logging
}  // namespace tidemill

template <>
struct fmt::formatter<tidemill::Secret> : fmt::formatter<std::string_view> {
  template <class Context>
  auto format(const tidemill::Secret&, Context& context) const {
    return fmt::formatter<std::string_view>::format("***", context);
  }
};

#define TM_LOG(level, module, ...)                                                  \
  do {                                                                              \
    if (::tidemill::logging::enabled(::tidemill::LogLevel::level))                  \
      ::tidemill::logging::write(::tidemill::LogLevel::level, module, __VA_ARGS__); \
  } while (false)
