/// Walks over a JSON text along its marks: braces, brackets, commas and colons outside of strings.
/// Internal to pattern/. It looks at 64 bytes at a time and no further than it is asked to go, so
/// what lies behind the last mark that matters costs nothing.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace tidemill::pattern {

class JsonMarks {
 public:
  /// In front of the first mark of `json`, which must stay.
  void begin(std::string_view json) noexcept;

  /// The character of the current mark; NUL behind the last one.
  [[nodiscard]] char current() const noexcept { return current_; }
  /// Where it stands; the text's size behind the last one.
  [[nodiscard]] std::size_t offset() const noexcept { return offset_; }

  [[gnu::always_inline]] char next() noexcept {
    while (rest_ == 0) {
      if (!next_block()) return current_;
    }
    return go_to(rest_);
  }

  /// To the end of the object or array around what follows the current mark.
  void skip_to_end() noexcept;

  /// Behind the last mark.
  void finish() noexcept;

  /// Whether the text has a backslash anywhere up to the current mark; it may lie behind it too.
  [[nodiscard]] bool escapes() const noexcept { return reading_.escapes; }

  /// Bits are bytes, the lowest is the first.
  struct Block {
    std::uint64_t marks, opens, closes;
    std::uint32_t open_count, close_count;
  };
  /// What the bytes so far mean for the next block.
  struct Reading {
    std::uint64_t in_string = 0;  ///< All bits, or none.
    std::uint64_t escaped = 0;    ///< Whether its first byte is.
    bool escapes = false;
  };

 private:
  static constexpr std::size_t block_size = 64, window = 6;

  [[gnu::always_inline]] char go_to(std::uint64_t marks) noexcept {
    offset_ = block_begin_ + std::size_t(std::countr_zero(marks));
    rest_ = marks & (marks - 1);
    return current_ = json_[offset_];
  }
  [[gnu::always_inline]] bool next_block() noexcept {
    if (++block_ == filled_ && !fill()) return false;
    block_begin_ += block_size;
    rest_ = blocks_[block_].marks;
    return true;
  }
  bool fill() noexcept;

  std::string_view json_;
  std::uint64_t rest_ = 0;  ///< Marks of the current block that are yet to come.
  std::size_t offset_ = 0, block_begin_ = 0;
  std::size_t block_ = 0, filled_ = 0;  ///< In blocks_.
  std::size_t read_ = 0;                ///< Bytes that blocks were made of.
  char current_ = '\0';
  Reading reading_;
  std::array<Block, window> blocks_;
};

}  // namespace tidemill::pattern
