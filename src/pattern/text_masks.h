/// Where in a JSON text the characters are that its reader stops at, as bits. Internal to pattern/;
/// its memory is used again for the next text.
///
/// Finding them for 64 bytes at once, without a branch, costs less than looking at a few bytes of
/// each string in turn.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

namespace tidemill::pattern {

class TextMasks {
 public:
  /// `text` must stay. It is looked at as far as it is asked about, a little at a time.
  void begin(std::string_view text);

  /// The first quote or backslash at or behind `at`; the text's size if there is none.
  [[nodiscard]] std::size_t next_stop(std::size_t at) noexcept {
    return next(at, [](const Block& block) { return block.stops; });
  }
  /// The first byte at or behind `at` that ends a number or a word; the text's size if none does.
  [[nodiscard]] std::size_t next_end(std::size_t at) noexcept {
    return next(at, [](const Block& block) { return block.ends; });
  }
  /// The first quote, backslash, brace or bracket.
  [[nodiscard]] std::size_t next_mark(std::size_t at) noexcept {
    return next(at, [](const Block& block) { return block.stops | block.brackets; });
  }
  /// Whether there is a dot in [from, to), which was looked at already.
  [[nodiscard]] bool has_dot(std::size_t from, std::size_t to) const noexcept;

  struct Block {
    std::uint64_t stops, brackets, dots, ends;
  };

 private:
  static constexpr std::size_t window_blocks = 4;  ///< Read at a time.

  template <class Mask>
  std::size_t next(std::size_t at, Mask mask) noexcept {
    auto block = at / 64;
    if (block >= ready_) read(block);
    auto bits = mask(blocks_[block]) >> at % 64 << at % 64;
    while (bits == 0) {
      if (++block >= ready_) read(block);
      bits = mask(blocks_[block]);
    }
    return block * 64 + static_cast<std::size_t>(std::countr_zero(bits));
  }

  /// Reads on so that `block` is ready.
  void read(std::size_t block) noexcept;

  std::string_view text_;
  std::size_t ready_ = 0;      ///< Blocks that were read.
  std::vector<Block> blocks_;  ///< Stops and ends are set right behind the text as well.
};

}  // namespace tidemill::pattern
