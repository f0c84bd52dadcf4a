#include "pattern/number.h"

#include <array>
#include <bit>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <limits>

#include "pattern/hash.h"

namespace tidemill::pattern {
namespace {

/// 0.DIGITS * 10^exponent; no zeros at either end of the digits. Zero has none.
struct Decimal {
  static constexpr std::size_t digits_max = 19;
  std::uint64_t digits = 0;
  std::size_t count = 0;  ///< Of digits; more than digits_max: `digits` has only the first.
  std::int64_t exponent = 0;
  bool negative = false;
  bool operator==(const Decimal&) const = default;
};

/// Takes digits up to the exponent's mark.
Decimal parse_digits(std::string_view text) noexcept {
  Decimal out;
  bool fraction = false;
  std::size_t zeros = 0;  // That may turn out to be at the end.
  for (const char c : text) {
    if (c == '.') {
      fraction = true;
      continue;
    }
    if (c == '0' && out.count == 0) {
      out.exponent -= fraction ? 1 : 0;  // A zero in front of all digits.
      continue;
    }
    out.exponent += fraction ? 0 : 1;
    if (c == '0') {
      ++zeros;
      continue;
    }
    for (; zeros > 0; --zeros) {
      if (++out.count <= Decimal::digits_max) out.digits *= 10;
    }
    if (++out.count <= Decimal::digits_max) {
      out.digits = out.digits * 10 + static_cast<unsigned>(c - '0');
    }
  }
  return out;
}

Decimal parse_decimal(std::string_view text) noexcept {
  const bool negative = text.starts_with('-');
  if (negative) text.remove_prefix(1);
  const auto mark = text.find_first_of("eE");
  auto out = parse_digits(text.substr(0, mark));
  if (out.count == 0) return {};
  out.negative = negative;
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
Decimal whole(double value) noexcept {
  constexpr double log10_of_2 = 0.30102999566398120;
  auto digits = static_cast<std::uint64_t>(std::abs(value));
  const int spare_bits = std::ilogb(value) - 54;
  const int dropped = spare_bits > 1 ? static_cast<int>(spare_bits * log10_of_2) : 0;
  std::uint64_t unit = 1;
  for (int i = 0; i < dropped; ++i) unit *= 10;
  digits = (digits + unit / 2) / unit * unit;
  std::array<char, 24> buffer = {};
  const auto* end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), digits).ptr;
  auto out = parse_decimal({buffer.data(), end});
  out.negative = value < 0;
  return out;
}

Decimal decimal_of(double value) noexcept {
  constexpr double shown_whole_max = 9223372036854775808.0;  // 2^63.
  const auto size = std::abs(value);
  if (size > 9007199254740992.0 && size < shown_whole_max) return whole(value);
  std::array<char, 40> buffer = {};
  const auto format = std::chars_format::scientific;
  auto* const end = buffer.data() + buffer.size();
  auto* last = std::to_chars(buffer.data(), end, value, format).ptr;
  // Among the smallest doubles one digit says too little: there it takes two.
  if (size < 1e-300 && parse_decimal({buffer.data(), last}).count < 2) {
    last = std::to_chars(buffer.data(), end, value, format, 1).ptr;
  }
  return parse_decimal({buffer.data(), last});
}

constexpr std::uint64_t ones = 0x0101010101010101;

bool are_digits(std::uint64_t word) noexcept {
  return ((word & (word + ones * 6)) & ones * 0xf0) == ones * 0x30;
}

/// What eight digits say of which the lowest byte is the first.
std::uint64_t eight_digits(std::uint64_t word) noexcept {
  // Pairs of digits, then pairs of pairs, then both halves.
  word = (word & ones * 0xf) * (1 + (10 << 8)) >> 8;
  word = (word & 0x00ff00ff00ff00ff) * (1 + (100 << 16)) >> 16;
  return (word & 0x0000ffff0000ffff) * (1 + (std::uint64_t{10000} << 32)) >> 32;
}

constexpr std::array<std::uint64_t, Decimal::digits_max + 1> powers_of_ten = [] {
  std::array<std::uint64_t, Decimal::digits_max + 1> out = {1};
  for (std::size_t i = 1; i < out.size(); ++i) out[i] = out[i - 1] * 10;
  return out;
}();

/// Appends the last `count` characters of `text`, at most 19, to `digits`; false if one is none.
bool append_digits(std::string_view text, std::size_t count, std::uint64_t& digits) noexcept {
  for (; count >= 8; count -= 8) {
    const auto word = load_as<std::uint64_t>(text.data() + text.size() - count);
    if (!are_digits(word)) return false;
    digits = digits * powers_of_ten[8] + eight_digits(word);
  }
  if (count == 0) return true;
  // The rest as one word too: what stands in front of it counts as zeros.
  const auto others = ~std::uint64_t{0} >> 8 * count;
  const auto word = (last_bytes(text) & ~others) | (ones * '0' & others);
  digits = digits * powers_of_ten[count] + eight_digits(word);
  return are_digits(word);
}

/// The double nearest to a quotient whose parts aren't 0.
double nearest_quotient(std::uint64_t number, std::uint64_t divisor) noexcept {
  const int up = std::countl_zero(number), divisor_up = std::countl_zero(divisor);
  const auto wide = static_cast<unsigned __int128>(number << up) << 63;
  const auto quotient = wide / (divisor << divisor_up);
  // Of what is left it matters only whether there is any: the quotient has at least 62 bits.
  const auto exact = quotient * (divisor << divisor_up) == wide;
  const auto bits = static_cast<std::uint64_t>(quotient) | (exact ? 0 : 1);
  const auto power = static_cast<std::uint64_t>(1023 - 63 + divisor_up - up);
  return static_cast<double>(bits) * std::bit_cast<double>(power << 52);
}

/// Digits with a point among them or none, at most 19 in all: what nearly all numbers are.
std::optional<double> plain_number(std::string_view text) noexcept {
  const bool negative = text.starts_with('-');
  if (negative) text.remove_prefix(1);
  if (text.empty() || text.size() > Decimal::digits_max) return std::nullopt;
  std::uint64_t digits = 0;
  std::size_t whole = 0;
  for (; whole < text.size() && text[whole] != '.'; ++whole) {
    if (text[whole] < '0' || text[whole] > '9') return std::nullopt;
    digits = digits * 10 + static_cast<unsigned>(text[whole] - '0');
  }
  const auto fraction = whole == text.size() ? 0 : text.size() - whole - 1;
  if (!append_digits(text, fraction, digits)) return std::nullopt;
  if (digits == 0) return 0.0;
  // Where both are exact doubles, their quotient is the nearest one.
  const auto power = powers_of_ten[fraction];
  const bool exact = digits >> 53 == 0 && fraction <= 15;
  const auto value = exact ? static_cast<double>(digits) / static_cast<double>(power)
                           : nearest_quotient(digits, power);
  return negative ? -value : value;
}

}  // namespace

double nearest_double(std::string_view text) noexcept {
  if (const auto value = plain_number(text)) return *value;
  double value = std::numeric_limits<double>::quiet_NaN();
  const auto read = std::from_chars(text.data(), text.data() + text.size(), value);
  // Zero, however it is written, is itself; what is too small for a double isn't.
  if (read.ec != std::errc()) return parse_decimal(text).count == 0 ? 0.0 : std::nan("");
  return std::isfinite(value) ? value : std::nan("");
}

bool comparable(std::string_view text, double nearest) noexcept {
  if (std::isnan(nearest)) return false;
  const auto given = parse_decimal(text);
  if (given.count == 0) return true;
  if (nearest == 0 || given.count > Decimal::digits_max) return false;
  // No double shows more than 17 digits, but for whole numbers (see above).
  if (given.count > 17 && given.exponent < 17) return false;
  // Up to 15 digits always come back from a double (but for whole numbers, see above).
  const bool plain = given.count <= 15 && given.exponent > -300 && given.exponent <= 15;
  return plain || decimal_of(nearest) == given;
}

std::optional<double> comparable_number(std::string_view text) {
  const auto value = nearest_double(text);
  if (!comparable(text, value)) return std::nullopt;
  return value;
}

}  // namespace tidemill::pattern
