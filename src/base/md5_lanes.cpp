#include "base/md5_lanes.h"

#include <bit>
#include <cstring>

#define OPENSSL_SUPPRESS_DEPRECATED
#include <openssl/md5.h>

#include "base/error.h"

// Vectors are passed between functions that are inlined, so no calling convention is at stake.
#pragma GCC diagnostic ignored "-Wpsabi"

namespace tidemill {
namespace {

using Words = std::uint32_t __attribute__((vector_size(4 * md5_lanes)));

/// floor(2^32 * |sin(i + 1)|), RFC 1321.
constexpr std::array<std::uint32_t, 64> sines = {
    0xd76aa478, 0xe8c7b756, 0x242070db, 0xc1bdceee, 0xf57c0faf, 0x4787c62a, 0xa8304613, 0xfd469501,
    0x698098d8, 0x8b44f7af, 0xffff5bb1, 0x895cd7be, 0x6b901122, 0xfd987193, 0xa679438e, 0x49b40821,
    0xf61e2562, 0xc040b340, 0x265e5a51, 0xe9b6c7aa, 0xd62f105d, 0x02441453, 0xd8a1e681, 0xe7d3fbc8,
    0x21e1cde6, 0xc33707d6, 0xf4d50d87, 0x455a14ed, 0xa9e3e905, 0xfcefa3f8, 0x676f02d9, 0x8d2a4c8a,
    0xfffa3942, 0x8771f681, 0x6d9d6122, 0xfde5380c, 0xa4beea44, 0x4bdecfa9, 0xf6bb4b60, 0xbebfbc70,
    0x289b7ec6, 0xeaa127fa, 0xd4ef3085, 0x04881d05, 0xd9d4d039, 0xe6db99e5, 0x1fa27cf8, 0xc4ac5665,
    0xf4292244, 0x432aff97, 0xab9423a7, 0xfc93a039, 0x655b59c3, 0x8f0ccc92, 0xffeff47d, 0x85845dd1,
    0x6fa87e4f, 0xfe2ce6e0, 0xa3014314, 0x4e0811a1, 0xf7537e82, 0xbd3af235, 0x2ad7d2bb, 0xeb86d391};
constexpr std::array<std::array<int, 4>, 4> turns = {
    {{7, 12, 17, 22}, {5, 9, 14, 20}, {4, 11, 16, 23}, {6, 10, 15, 21}}};
constexpr std::array<std::size_t, 4> stride = {1, 5, 3, 7}, first_word = {0, 1, 5, 0};

template <int round>
[[gnu::always_inline]] inline Words mixed(const Words& b, const Words& c, const Words& d) {
  if constexpr (round == 0) return d ^ (b & (c ^ d));
  if constexpr (round == 1) return c ^ (d & (b ^ c));
  if constexpr (round == 2) return b ^ c ^ d;
  if constexpr (round == 3) return c ^ (b | ~d);
}

template <int step>
[[gnu::always_inline]] inline void take_step(std::array<Words, 4>& s, const Words* message) {
  constexpr int round = step / 16, turn = turns[round][step % 4];
  constexpr std::size_t word = (first_word[round] + stride[round] * (step % 16)) % 16;
  Words& a = s[(64 - step) % 4];
  const Words &b = s[(65 - step) % 4], &c = s[(66 - step) % 4], &d = s[(67 - step) % 4];
  const Words sum = a + mixed<round>(b, c, d) + message[word] + sines[step];
  a = b + ((sum << turn) | (sum >> (32 - turn)));
}

template <int... step>
[[gnu::always_inline]] inline void take_steps(std::array<Words, 4>& s, const Words* message,
                                              std::integer_sequence<int, step...> /*all*/) {
  (take_step<step>(s, message), ...);
}

template <int a, int b, int c, int d, int e, int f, int g, int h>
[[gnu::always_inline]] inline Words picked(const Words& x, const Words& y) {
  return __builtin_shufflevector(x, y, a, b, c, d, e, f, g, h);
}

/// Eight rows of eight words become eight columns.
[[gnu::always_inline]] inline void transpose(Words* r) {
  std::array<Words, 8> p, q;
  for (std::size_t i = 0; i < 8; i += 2) {
    p[i] = picked<0, 8, 1, 9, 4, 12, 5, 13>(r[i], r[i + 1]);
    p[i + 1] = picked<2, 10, 3, 11, 6, 14, 7, 15>(r[i], r[i + 1]);
  }
  for (std::size_t i = 0; i < 8; i += 4) {
    for (std::size_t j = 0; j < 2; ++j) {
      q[i + 2 * j] = picked<0, 1, 8, 9, 4, 5, 12, 13>(p[i + j], p[i + j + 2]);
      q[i + 2 * j + 1] = picked<2, 3, 10, 11, 6, 7, 14, 15>(p[i + j], p[i + j + 2]);
    }
  }
  for (std::size_t i = 0; i < 4; ++i) {
    r[i] = picked<0, 1, 2, 3, 8, 9, 10, 11>(q[i], q[i + 4]);
    r[i + 4] = picked<4, 5, 6, 7, 12, 13, 14, 15>(q[i], q[i + 4]);
  }
}

[[gnu::always_inline]] inline void run(std::array<Md5Lane, md5_lanes>& lanes, std::size_t count) {
  static constexpr Md5::State none{};
  static constexpr std::array<char, Md5::block_bytes> nothing{};
  std::array<const char*, md5_lanes> at;
  std::array<std::size_t, md5_lanes> step;
  std::array<Words, 4> state;
  for (std::size_t lane = 0; lane < md5_lanes; ++lane) {
    const bool used = lanes[lane].state != nullptr;
    at[lane] = used ? lanes[lane].at : nothing.data();
    step[lane] = used ? Md5::block_bytes : 0;
    for (std::size_t i = 0; i < 4; ++i) state[i][lane] = (used ? *lanes[lane].state : none)[i];
  }
  for (; count > 0; --count) {
    std::array<Words, 16> message;
    for (std::size_t lane = 0; lane < md5_lanes; ++lane) {
      std::memcpy(&message[lane], at[lane], sizeof(Words));
      std::memcpy(&message[lane + 8], at[lane] + sizeof(Words), sizeof(Words));
      at[lane] += step[lane];
    }
    transpose(message.data());
    transpose(message.data() + 8);
    const auto before = state;
    take_steps(state, message.data(), std::make_integer_sequence<int, 64>());
    for (std::size_t i = 0; i < 4; ++i) state[i] += before[i];
  }
  for (std::size_t lane = 0; lane < md5_lanes; ++lane) {
    if (lanes[lane].state == nullptr) continue;
    lanes[lane].at = at[lane];
    for (std::size_t i = 0; i < 4; ++i) (*lanes[lane].state)[i] = state[i][lane];
  }
}

#if defined(__x86_64__)
[[gnu::target("avx2")]] void run_avx2(std::array<Md5Lane, md5_lanes>& lanes, std::size_t count) {
  run(lanes, count);
}
/// With rotations and functions of three operands as single instructions.
[[gnu::target("avx2,avx512f,avx512vl")]] void run_avx512(std::array<Md5Lane, md5_lanes>& lanes,
                                                         std::size_t count) {
  run(lanes, count);
}
#endif

}  // namespace

bool md5_has_lanes() noexcept {
#if defined(__x86_64__)
  static const bool has = __builtin_cpu_supports("avx2");
  return has;
#else
  return false;
#endif
}

void md5_blocks(Md5::State& state, const char* data, std::size_t count) noexcept {
  static_assert(std::endian::native == std::endian::little);
  MD5_CTX context{};
  context.A = state[0];
  context.B = state[1];
  context.C = state[2];
  context.D = state[3];
  // With nothing left over from before, whole blocks go right into the state.
  MD5_Update(&context, data, count * Md5::block_bytes);
  state = {context.A, context.B, context.C, context.D};
}

void md5_blocks_beside(std::array<Md5Lane, md5_lanes>& lanes, std::size_t count) noexcept {
#if defined(__x86_64__)
  static const bool has_avx512 = __builtin_cpu_supports("avx512vl");
  return has_avx512 ? run_avx512(lanes, count) : run_avx2(lanes, count);
#else
  TM_ASSERT(count == 0 && lanes.empty());
#endif
}

}  // namespace tidemill
