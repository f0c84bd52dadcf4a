#include "pattern/json_marks.h"

#include <algorithm>
#include <cstring>

namespace tidemill::pattern {
namespace {

using Block = JsonMarks::Block;
using Reading = JsonMarks::Reading;
using Chars = char __attribute__((ext_vector_type(64)));
using Flags = bool __attribute__((ext_vector_type(64)));

[[gnu::always_inline]] inline std::uint64_t where(const Chars& chars, char c) noexcept {
  return std::bit_cast<std::uint64_t>(__builtin_convertvector(chars == c, Flags));
}

/// The bytes with a backslash before them that counts; of several in a row every second does.
[[gnu::always_inline]] inline std::uint64_t find_escaped(std::uint64_t backslashes,
                                                         Reading& reading) noexcept {
  const auto first = reading.escaped;
  reading.escaped = 0;
  if (backslashes == 0) [[likely]]
    return first;
  constexpr std::uint64_t odd = 0xaaaaaaaaaaaaaaaa;
  reading.escapes = true;
  const auto starts = backslashes & ~first;
  const auto series = (((starts << 1) | odd) - starts) ^ odd;
  reading.escaped = (series & backslashes) >> 63;
  return series ^ (backslashes | first);
}

/// From each quote on up to the next one.
[[gnu::always_inline]] inline std::uint64_t between(std::uint64_t quotes) noexcept {
  for (unsigned shift = 1; shift < 64; shift *= 2) quotes ^= quotes << shift;
  return quotes;
}

/// Compiled for each kind of vectors that a processor may have.
[[gnu::always_inline]] inline void find_in(const char* at, Block* begin, const Block* end,
                                           Reading& so_far) noexcept {
  auto reading = so_far;
  for (auto* block = begin; block != end; ++block, at += sizeof(Chars)) {
    Chars chars;
    std::memcpy(&chars, at, sizeof chars);
    const auto escaped = find_escaped(where(chars, '\\'), reading);
    const auto in_string = between(where(chars, '"') & ~escaped) ^ reading.in_string;
    reading.in_string = std::uint64_t(std::int64_t(in_string) >> 63);
    const auto braces = chars | Chars(0x20);  // Brackets become braces.
    block->opens = where(braces, '{') & ~in_string;
    block->closes = where(braces, '}') & ~in_string;
    const auto separators = where(chars, ',') | where(chars, ':');
    block->marks = block->opens | block->closes | (separators & ~in_string);
    block->open_count = std::uint32_t(std::popcount(block->opens));
    block->close_count = std::uint32_t(std::popcount(block->closes));
  }
  so_far = reading;
}

using Find = void(const char*, Block*, const Block*, Reading&) noexcept;

void find_plain(const char* at, Block* begin, const Block* end, Reading& reading) noexcept {
  find_in(at, begin, end, reading);
}

#ifdef __x86_64__
[[gnu::target("avx2,bmi,bmi2,popcnt")]] void find_avx2(const char* at, Block* begin,
                                                       const Block* end,
                                                       Reading& reading) noexcept {
  find_in(at, begin, end, reading);
}

[[gnu::target("avx512f,avx512bw,bmi,bmi2,popcnt")]] void find_avx512(const char* at, Block* begin,
                                                                     const Block* end,
                                                                     Reading& reading) noexcept {
  find_in(at, begin, end, reading);
}

Find* fastest() noexcept {
  __builtin_cpu_init();
  const bool bits = __builtin_cpu_supports("bmi2") && __builtin_cpu_supports("popcnt");
  if (bits && __builtin_cpu_supports("avx512bw")) return find_avx512;
  return bits && __builtin_cpu_supports("avx2") ? find_avx2 : find_plain;
}
#else
Find* fastest() noexcept { return find_plain; }
#endif

Find* const find = fastest();

}  // namespace

void JsonMarks::begin(std::string_view json) noexcept {
  json_ = json;
  rest_ = 0;
  offset_ = read_ = 0;
  block_begin_ = std::size_t{0} - block_size;
  block_ = filled_ - 1;  // The next one is filled.
  current_ = '\0';
  reading_ = {};
}

bool JsonMarks::fill() noexcept {
  const auto left = json_.size() - read_;
  block_ = 0;
  filled_ = std::min(window, left / block_size);
  if (filled_ > 0) {
    find(json_.data() + read_, blocks_.data(), blocks_.data() + filled_, reading_);
  } else if (left > 0) {
    std::array<char, block_size> tail = {};
    std::memcpy(tail.data(), json_.data() + read_, left);
    filled_ = 1;
    find(tail.data(), blocks_.data(), blocks_.data() + 1, reading_);
  } else {
    finish();
    return false;
  }
  read_ += std::min(left, filled_ * block_size);
  return true;
}

void JsonMarks::skip_to_end() noexcept {
  std::size_t depth = 1;
  auto opens = rest_ == 0 ? 0 : blocks_[block_].opens & rest_;
  auto closes = rest_ == 0 ? 0 : blocks_[block_].closes & rest_;
  for (;;) {
    for (auto both = opens | closes; both != 0; both &= both - 1) {
      const auto lowest = both & (0 - both);
      depth = (opens & lowest) != 0 ? depth + 1 : depth - 1;
      if (depth > 0) continue;
      go_to(rest_ & (0 - lowest));
      return;
    }
    // Blocks that can't have the end are counted only.
    for (;;) {
      if (!next_block()) return;
      const auto& block = blocks_[block_];
      if (block.close_count >= depth) break;
      depth = depth + block.open_count - block.close_count;
    }
    opens = blocks_[block_].opens;
    closes = blocks_[block_].closes;
  }
}

void JsonMarks::finish() noexcept {
  rest_ = 0;
  offset_ = read_ = json_.size();
  block_ = filled_ - 1;
  current_ = '\0';
}

}  // namespace tidemill::pattern
