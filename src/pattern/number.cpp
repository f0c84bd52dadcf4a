#include "pattern/number.h"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <string>

namespace tidemill::pattern {
namespace {

/// 0.DIGITS * 10^exponent; no zeros at either end of the digits. Zero has none.
struct Decimal {
  bool negative = false;
  std::string digits;
  std::int64_t exponent = 0;
  bool operator==(const Decimal&) const = default;
};

Decimal parse_decimal(std::string_view text) {
  Decimal out;
  out.negative = text.starts_with('-');
  if (out.negative) text.remove_prefix(1);
  const auto mark = text.find_first_of("eE");
  bool fraction = false;
  for (const char c : text.substr(0, mark)) {
    if (c == '.') {
      fraction = true;
      continue;
    }
    if (c == '0' && out.digits.empty()) {
      out.exponent -= fraction ? 1 : 0;  // A zero in front of all digits.
      continue;
    }
    out.digits += c;
    out.exponent += fraction ? 0 : 1;
  }
  while (out.digits.ends_with('0')) out.digits.pop_back();
  if (out.digits.empty()) return {};
  if (mark != text.npos) {
    auto power = text.substr(mark + 1);
    if (power.starts_with('+')) power.remove_prefix(1);
    std::int32_t value = 0;
    std::from_chars(power.data(), power.data() + power.size(), value);
    out.exponent += value;
  }
  return out;
}

/// Whole numbers above 2^53 and below 2^63 show the digits they hold, not the shortest ones; only
/// what is sure to be below the last bit is rounded away. So does the JVM under AWS's engine.
Decimal whole(double value) {
  constexpr double log10_of_2 = 0.30102999566398120;
  auto digits = static_cast<std::uint64_t>(std::abs(value));
  const int spare_bits = std::ilogb(value) - 54;
  const int dropped = spare_bits > 1 ? static_cast<int>(spare_bits * log10_of_2) : 0;
  std::uint64_t unit = 1;
  for (int i = 0; i < dropped; ++i) unit *= 10;
  digits = (digits + unit / 2) / unit * unit;
  return parse_decimal(fmt::format("{}{}", value < 0 ? "-" : "", digits));
}

Decimal decimal_of(double value) {
  constexpr double shown_whole_max = 9223372036854775808.0;  // 2^63.
  const auto size = std::abs(value);
  if (size > 9007199254740992.0 && size < shown_whole_max) return whole(value);
  std::array<char, 40> buffer = {};
  const auto format = std::chars_format::scientific;
  auto* const end = buffer.data() + buffer.size();
  auto* last = std::to_chars(buffer.data(), end, value, format).ptr;
  // Among the smallest doubles one digit says too little: there it takes two.
  if (size < 1e-300 && parse_decimal({buffer.data(), last}).digits.size() < 2) {
    last = std::to_chars(buffer.data(), end, value, format, 1).ptr;
  }
  return parse_decimal({buffer.data(), last});
}

/// Digits with a point among them or none, at most 15 in all: what nearly all numbers are. Both the
/// digits and the power of ten are exact doubles, so their quotient is the nearest one.
std::optional<double> plain_number(std::string_view text) {
  constexpr std::size_t digits_max = 15;
  constexpr std::array<double, digits_max + 1> powers = {
      1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15};
  const bool negative = text.starts_with('-');
  if (negative) text.remove_prefix(1);
  if (text.size() > digits_max + 1) return std::nullopt;
  std::uint64_t digits = 0;
  std::size_t count = 0, fraction = 0;
  bool point = false;
  for (const char c : text) {
    if (c == '.' && !point) {
      point = true;
      continue;
    }
    if (c < '0' || c > '9') return std::nullopt;
    digits = digits * 10 + static_cast<unsigned>(c - '0');
    ++count;
    fraction += point ? 1 : 0;
  }
  if (count == 0 || count > digits_max) return std::nullopt;
  if (digits == 0) return 0.0;
  const auto value = static_cast<double>(digits) / powers[fraction];
  return negative ? -value : value;
}

}  // namespace

std::optional<double> comparable_number(std::string_view text) {
  if (const auto value = plain_number(text)) return value;
  const auto given = parse_decimal(text);
  if (given.digits.empty()) return 0.0;
  if (given.digits.size() > 19) return std::nullopt;
  // No double shows more than 17 digits, but for whole numbers (see above).
  if (given.digits.size() > 17 && given.exponent < 17) return std::nullopt;
  double value = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), value);
  if (read.ec != std::errc() || !std::isfinite(value) || value == 0) return std::nullopt;
  // Up to 15 digits always come back from a double (but for whole numbers, see above).
  const bool plain = given.digits.size() <= 15 && given.exponent > -300 && given.exponent <= 15;
  if (!plain && decimal_of(value) != given) return std::nullopt;
  return value;
}

}  // namespace tidemill::pattern
