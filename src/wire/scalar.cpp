#include "wire/scalar.h"

#include <charconv>
#include <cmath>

#include <fmt/format.h>

#include "base/encoding.h"

namespace tidemill::wire {
namespace {

constexpr double seconds_max = 253402300799.999;  // The last instant of year 9999.

template <class Integer>
bool read_integer(std::string_view text, void* value) {
  Integer number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return false;
  as<Integer>(value) = number;
  return true;
}

bool read_time(std::string_view text, void* value) {
  auto time = parse_iso(text);
  if (!time) time = parse_http_date(text);
  if (!time) {
    if (const auto seconds = read_real(text)) time = time_of_seconds(*seconds);
  }
  if (time) as<TimeMs>(value) = *time;
  return time.has_value();
}

bool read_boolean(std::string_view text, void* value) {
  if (!iequals(text, "true") && !iequals(text, "false")) return false;
  as<bool>(value) = iequals(text, "true");
  return true;
}

}  // namespace

std::string lower_camel(std::string_view name) {
  std::string text(name);
  if (!text.empty() && text[0] >= 'A' && text[0] <= 'Z') text[0] += 'a' - 'A';
  return text;
}

bool read_scalar(const Shape& shape, std::string_view text, void* value) {
  switch (shape.kind) {
    case Kind::string: as<std::string>(value) = text; return true;
    case Kind::boolean: return read_boolean(text, value);
    case Kind::integer: return read_integer<std::int32_t>(text, value);
    case Kind::long_integer: return read_integer<std::int64_t>(text, value);
    case Kind::timestamp: return read_time(text, value);
    case Kind::blob: {
      auto bytes = from_base64(text);
      if (bytes) as<std::string>(value) = *std::move(bytes);
      return bytes.has_value();
    }
    case Kind::real: {
      const auto number = read_real(text);
      if (number) as<double>(value) = *number;
      return number.has_value();
    }
    default: return false;
  }
}

std::string write_scalar(const Shape& shape, const void* value, TimeFormat format) {
  switch (shape.kind) {
    case Kind::string: return as<std::string>(value);
    case Kind::blob: return to_base64(as<std::string>(value));
    case Kind::boolean: return as<bool>(value) ? "true" : "false";
    case Kind::integer: return fmt::format("{}", as<std::int32_t>(value));
    case Kind::long_integer: return fmt::format("{}", as<std::int64_t>(value));
    case Kind::real: return real_text(as<double>(value));
    case Kind::timestamp:
      if (format == TimeFormat::http_date) return http_date(as<TimeMs>(value));
      if (format == TimeFormat::epoch_seconds) return epoch_seconds(as<TimeMs>(value));
      return iso_millis(as<TimeMs>(value));
    default: return {};
  }
}

std::string epoch_seconds(TimeMs time) {
  const auto seconds = time.ms / 1000;
  const auto millis = time.ms % 1000;
  if (millis == 0) return fmt::format("{}", seconds);
  if (time.ms < 0) return real_text(static_cast<double>(time.ms) / 1000);
  auto text = fmt::format("{}.{:03}", seconds, millis);
  while (text.back() == '0') text.pop_back();
  return text;
}

std::optional<TimeMs> time_of_seconds(double seconds) {
  if (!(std::abs(seconds) <= seconds_max)) return std::nullopt;
  return TimeMs{std::llround(seconds * 1000)};
}

std::string real_text(double value) {
  if (std::isnan(value)) return "NaN";
  if (std::isinf(value)) return value > 0 ? "Infinity" : "-Infinity";
  return fmt::format("{}", value);
}

std::optional<double> read_real(std::string_view text) {
  if (text == "NaN") return std::numeric_limits<double>::quiet_NaN();
  if (text == "Infinity") return std::numeric_limits<double>::infinity();
  if (text == "-Infinity") return -std::numeric_limits<double>::infinity();
  double number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  if (!std::isfinite(number)) return std::nullopt;
  return number;
}

}  // namespace tidemill::wire
