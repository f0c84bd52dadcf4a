#include "pattern/number.h"

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

Decimal shortest(double value) {
  std::array<char, 40> buffer = {};
  const auto format = std::chars_format::scientific;
  auto end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value, format).ptr;
  // Among the smallest doubles one digit says too little: Java, hence EventBridge, gives two.
  if (std::abs(value) < 1e-300) {
    const auto two = parse_decimal({buffer.data(), end}).digits.size() < 2;
    if (two)
      end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value, format, 1).ptr;
  }
  return parse_decimal({buffer.data(), end});
}

}  // namespace

std::optional<double> comparable_number(std::string_view text) {
  double value = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), value);
  const auto given = parse_decimal(text);
  if (given.digits.empty()) return 0.0;
  if (read.ec != std::errc() || !std::isfinite(value) || value == 0) return std::nullopt;
  if (given.digits.size() > 17) return std::nullopt;
  // Up to 15 digits always come back from a double, and up to 2^53 whole numbers do.
  const bool plain = given.digits.size() <= 15 && given.exponent > -300 && given.exponent <= 300;
  if (!plain && shortest(value) != given) return std::nullopt;
  return value;
}

}  // namespace tidemill::pattern
