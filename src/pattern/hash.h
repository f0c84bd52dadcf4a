/// A hash for texts that strangers write. Internal to pattern/; pure.
#pragma once

#include <cstdint>
#include <cstring>
#include <string_view>

namespace tidemill::pattern {

inline std::uint64_t mix(std::uint64_t a, std::uint64_t b) noexcept {
  const auto product = static_cast<unsigned __int128>(a) * b;
  return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64);
}

/// Up to eight bytes as a number; `text` may be shorter.
inline std::uint64_t load_word(std::string_view text) noexcept {
  std::uint64_t word = 0;
  if (text.size() >= 8) {
    std::memcpy(&word, text.data(), 8);
    return word;
  }
  for (auto i = text.size(); i > 0; --i) {
    word = word << 8 | static_cast<unsigned char>(text[i - 1]);
  }
  return word;
}

/// Whoever doesn't know `seed` can't make texts that collide. `tag` keeps kinds of keys apart.
inline std::uint64_t hash_text(std::uint64_t seed, std::uint64_t tag,
                               std::string_view text) noexcept {
  auto state = mix(seed ^ 0x9e3779b97f4a7c15, tag ^ 0xd1b54a32d192ed03);
  const auto size = text.size();
  while (text.size() > 8) {
    state = mix(state ^ load_word(text), 0xa0761d6478bd642f ^ seed);
    text.remove_prefix(8);
  }
  return mix(state ^ load_word(text), 0xe7037ed1a0b428db ^ size ^ (seed << 8));
}

}  // namespace tidemill::pattern
