/// MD5, as S3's ETags need it of every byte. One stream can't be hashed faster than a single chain
/// of steps allows; large pieces of several streams that are hashed at the same time go through the
/// processor's vector lanes together, eight for little more than the price of one.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

namespace tidemill {

/// One object belongs to one thread. A piece of 64 KiB or more may wait for those of other threads:
/// such ones don't belong on an event loop.
class Md5 {
 public:
  void update(std::string_view bytes) noexcept;
  /// The 16 raw bytes. Once.
  [[nodiscard]] std::string finish() noexcept;

  static constexpr std::size_t block_bytes = 64;
  using State = std::array<std::uint32_t, 4>;

 private:
  void add_blocks(const char* data, std::size_t count) noexcept;

  State state_ = {0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476};
  std::uint64_t size_ = 0;
  std::array<char, block_bytes> rest_;  // size_ % block_bytes of it are filled.
};

}  // namespace tidemill
