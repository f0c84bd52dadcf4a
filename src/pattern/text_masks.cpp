#include "pattern/text_masks.h"

#include <algorithm>
#include <cstring>

namespace tidemill::pattern {
namespace {

using Block = TextMasks::Block;
constexpr std::size_t block_bytes = 64;

/// Compiled for each width of vectors; clang makes of it what the processor has.
[[gnu::always_inline]] inline void read_blocks(const char* text, std::size_t count, Block* out) {
  using Bytes = unsigned char __attribute__((ext_vector_type(block_bytes)));
  using Bits = bool __attribute__((ext_vector_type(block_bytes)));
  for (std::size_t i = 0; i < count; ++i, text += block_bytes) {
    Bytes bytes;
    std::memcpy(&bytes, text, block_bytes);
    const Bytes braces = bytes | static_cast<unsigned char>(0x20);  // Brackets become braces.
    const auto stops = (bytes == '"') | (bytes == '\\');
    const auto brackets = (braces == '{') | (braces == '}');
    const auto dots = bytes == '.';
    const auto ends = (bytes <= ' ') | (bytes == ',') | (braces == '}');
    out[i] = {std::bit_cast<std::uint64_t>(__builtin_convertvector(stops, Bits)),
              std::bit_cast<std::uint64_t>(__builtin_convertvector(brackets, Bits)),
              std::bit_cast<std::uint64_t>(__builtin_convertvector(dots, Bits)),
              std::bit_cast<std::uint64_t>(__builtin_convertvector(ends, Bits))};
  }
}

using Reader = void (*)(const char* text, std::size_t count, Block* out);

void read_plain(const char* text, std::size_t count, Block* out) { read_blocks(text, count, out); }

#if defined(__x86_64__)
[[gnu::target("avx2")]] void read_avx2(const char* text, std::size_t count, Block* out) {
  read_blocks(text, count, out);
}

[[gnu::target("avx512f,avx512bw")]] void read_avx512(const char* text, std::size_t count,
                                                     Block* out) {
  read_blocks(text, count, out);
}

Reader choose() {
  if (__builtin_cpu_supports("avx512bw")) return read_avx512;
  return __builtin_cpu_supports("avx2") ? read_avx2 : read_plain;
}
#else
Reader choose() { return read_plain; }
#endif

}  // namespace

void TextMasks::begin(std::string_view text) {
  text_ = text;
  ready_ = 0;
  const auto needed = text.size() / block_bytes + 1;
  constexpr std::size_t kept = 1 << 15;
  if (blocks_.size() < needed || blocks_.size() > std::max(needed, kept)) {
    blocks_ = std::vector<Block>(needed);
  }
}

void TextMasks::read(std::size_t block) noexcept {
  static const Reader reader = choose();
  const auto whole = text_.size() / block_bytes, rest = text_.size() % block_bytes;
  const auto until = std::min(std::max(ready_ + window_blocks, block + 1), whole);
  if (until > ready_) {
    reader(text_.data() + ready_ * block_bytes, until - ready_, &blocks_[ready_]);
    ready_ = until;
  }
  if (block < ready_) return;
  char tail[block_bytes] = {};
  std::memcpy(tail, text_.data() + whole * block_bytes, rest);
  reader(tail, 1, &blocks_[whole]);
  blocks_[whole].stops |= std::uint64_t{1} << rest;
  blocks_[whole].ends |= std::uint64_t{1} << rest;
  ready_ = whole + 1;
}

bool TextMasks::has_dot(std::size_t from, std::size_t to) const noexcept {
  for (auto block = from / 64; block * 64 < to; ++block) {
    auto bits = blocks_[block].dots;
    if (block == from / 64) bits = bits >> from % 64 << from % 64;
    if (bits != 0) return block * 64 + static_cast<std::size_t>(std::countr_zero(bits)) < to;
  }
  return false;
}

}  // namespace tidemill::pattern
