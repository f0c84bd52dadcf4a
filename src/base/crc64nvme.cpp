#include "base/crc64nvme.h"

#include <array>
#include <bit>
#include <cstring>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace tidemill {
namespace {

constexpr std::uint64_t polynomial = 0x9a6c9329ac4bc9b5;  // Reflected: bit 63 stands for x^0.
using Tables = std::array<std::array<std::uint64_t, 256>, 16>;

/// `value` times x, modulo the polynomial.
constexpr std::uint64_t times_x(std::uint64_t value) {
  return (value >> 1) ^ ((value & 1) != 0 ? polynomial : 0);
}

/// tables[i][b]: what byte b contributes when i more bytes follow it.
constexpr Tables make_tables() {
  Tables tables{};
  for (std::uint64_t byte = 0; byte < 256; ++byte) {
    std::uint64_t crc = byte;
    for (int bit = 0; bit < 8; ++bit) crc = times_x(crc);
    tables[0][byte] = crc;
  }
  for (std::size_t slice = 1; slice < tables.size(); ++slice) {
    for (std::size_t byte = 0; byte < 256; ++byte) {
      const std::uint64_t before = tables[slice - 1][byte];
      tables[slice][byte] = tables[0][before & 0xff] ^ (before >> 8);
    }
  }
  return tables;
}

constexpr Tables tables = make_tables();

std::uint64_t by_tables(std::uint64_t crc, const char* p, std::size_t left) noexcept {
  static_assert(std::endian::native == std::endian::little);
  for (; left >= 16; left -= 16, p += 16) {
    std::uint64_t low;
    std::uint64_t high;
    std::memcpy(&low, p, 8);
    std::memcpy(&high, p + 8, 8);
    low ^= crc;
    crc = 0;
    for (std::size_t i = 0; i < 8; ++i) {
      crc ^= tables[15 - i][(low >> (8 * i)) & 0xff] ^ tables[7 - i][(high >> (8 * i)) & 0xff];
    }
  }
  for (; left > 0; --left, ++p) {
    crc = tables[0][(crc ^ static_cast<unsigned char>(*p)) & 0xff] ^ (crc >> 8);
  }
  return crc;
}

#if defined(__x86_64__)

/// x^exponent modulo the polynomial, reflected.
constexpr std::uint64_t power(int exponent) {
  std::uint64_t value = std::uint64_t{1} << 63;
  for (; exponent > 0; --exponent) value = times_x(value);
  return value;
}

/// What leads 128 bits over `distance` bits: a factor for each half. One less than the distance,
/// since the product of two reflected numbers is the reflected product times x.
struct Factors {
  std::uint64_t first, second;
};
constexpr Factors factors(int distance) { return {power(distance + 63), power(distance - 1)}; }

constexpr Factors over_one = factors(128), over_four = factors(512);
constexpr std::size_t fold_bytes_min = 128;

[[gnu::target("pclmul,sse4.1"), gnu::always_inline]] inline __m128i load(const char* p) noexcept {
  return _mm_loadu_si128(reinterpret_cast<const __m128i*>(p));
}

[[gnu::target("pclmul,sse4.1"), gnu::always_inline]] inline __m128i fold(__m128i sum, __m128i by,
                                                                         __m128i next) noexcept {
  const __m128i first = _mm_clmulepi64_si128(sum, by, 0x00);
  const __m128i second = _mm_clmulepi64_si128(sum, by, 0x11);
  return _mm_xor_si128(_mm_xor_si128(first, second), next);
}

/// At least 64 bytes; what is left of a whole number of 16 bytes is told in `left`.
/// (Gopal et al., "Fast CRC Computation for Generic Polynomials Using PCLMULQDQ", Intel 2009.)
[[gnu::target("pclmul,sse4.1")]] std::uint64_t by_folding(std::uint64_t crc, const char*& p,
                                                          std::size_t& left) noexcept {
  const auto pair = [](Factors f) __attribute__((target("sse4.1"))) {
    return _mm_set_epi64x(static_cast<long long>(f.second), static_cast<long long>(f.first));
  };
  const __m128i far = pair(over_four), near = pair(over_one);
  __m128i a = _mm_xor_si128(load(p), _mm_set_epi64x(0, static_cast<long long>(crc)));
  __m128i b = load(p + 16), c = load(p + 32), d = load(p + 48);
  for (p += 64, left -= 64; left >= 64; p += 64, left -= 64) {
    a = fold(a, far, load(p));
    b = fold(b, far, load(p + 16));
    c = fold(c, far, load(p + 32));
    d = fold(d, far, load(p + 48));
  }
  a = fold(fold(fold(a, near, b), near, c), near, d);
  for (; left >= 16; p += 16, left -= 16) a = fold(a, near, load(p));
  std::array<char, 16> rest;
  _mm_storeu_si128(reinterpret_cast<__m128i*>(rest.data()), a);
  return by_tables(0, rest.data(), rest.size());
}

#endif

}  // namespace

std::uint64_t crc64nvme(std::uint64_t crc, std::string_view bytes) noexcept {
  crc = ~crc;
  const char* p = bytes.data();
  std::size_t left = bytes.size();
#if defined(__x86_64__)
  static const bool folds = __builtin_cpu_supports("pclmul") && __builtin_cpu_supports("sse4.1");
  if (folds && left >= fold_bytes_min) crc = by_folding(crc, p, left);
#endif
  return ~by_tables(crc, p, left);
}

}  // namespace tidemill
