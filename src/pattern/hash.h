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

template <class T>
T load_as(const char* at) noexcept {
  T out;
  std::memcpy(&out, at, sizeof out);
  return out;
}

/// The first eight bytes of `text`, or all of it, as a little-endian number.
inline std::uint64_t first_bytes(std::string_view text) noexcept {
  if (text.size() >= 8) return load_as<std::uint64_t>(text.data());
  std::uint64_t word = 0;
  for (auto i = text.size(); i > 0; --i) {
    word = word << 8 | static_cast<unsigned char>(text[i - 1]);
  }
  return word;
}

/// The last eight bytes; of a shorter text in the number's upper ones.
inline std::uint64_t last_bytes(std::string_view text) noexcept {
  if (text.size() >= 8) return load_as<std::uint64_t>(text.data() + text.size() - 8);
  return text.empty() ? 0 : first_bytes(text) << (64 - 8 * text.size());
}

/// Eight bytes at most in one number, different for each text of one size.
inline std::uint64_t short_word(std::string_view text) noexcept {
  const auto* at = text.data();
  const auto size = text.size();
  if (size >= 4) {
    const auto high = std::uint64_t{load_as<std::uint32_t>(at)} << 32;
    return high | load_as<std::uint32_t>(at + size - 4);
  }
  if (size == 0) return 0;
  const auto byte = [at](std::size_t i) {
    return std::uint64_t{static_cast<unsigned char>(at[i])};
  };
  return byte(0) << 16 | byte(size / 2) << 8 | byte(size - 1);
}

[[nodiscard]] inline bool same_text(std::string_view a, std::string_view b) noexcept {
  if (a.size() != b.size()) return false;
  if (a.size() <= 8) return short_word(a) == short_word(b);
  if (a.size() <= 16) return first_bytes(a) == first_bytes(b) && last_bytes(a) == last_bytes(b);
  return std::memcmp(a.data(), b.data(), a.size()) == 0;
}

/// Whether one of the eight bytes of `word` is `c`; never misses one, may see one too many.
[[nodiscard]] inline bool may_have_byte(std::uint64_t word, char c) noexcept {
  constexpr std::uint64_t ones = 0x0101010101010101;
  const auto zeroed = word ^ ones * static_cast<unsigned char>(c);
  return ((zeroed - ones) & ~zeroed & ones * 0x80) != 0;
}

/// Whether `c` occurs in `text`: without a call for short ones, which most are.
[[nodiscard]] inline bool has_byte(std::string_view text, char c) noexcept {
  if (text.size() > 16 || text.size() < 4) return text.find(c) != text.npos;
  const auto first = text.size() < 8 ? short_word(text) : first_bytes(text);
  const auto last = text.size() < 8 ? first : last_bytes(text);
  return may_have_byte(first, c) || may_have_byte(last, c);
}

/// Whoever doesn't know `seed` can't make texts that collide. `tag` keeps kinds of keys apart.
inline std::uint64_t hash_text(std::uint64_t seed, std::uint64_t tag,
                               std::string_view text) noexcept {
  const auto size = text.size();
  auto state = seed ^ 0x9e3779b97f4a7c15 ^ (tag * 0xd1b54a32d192ed03);
  for (; text.size() > 16; text.remove_prefix(16)) {
    state = mix(load_as<std::uint64_t>(text.data()) ^ 0xa0761d6478bd642f ^ seed,
                load_as<std::uint64_t>(text.data() + 8) ^ state);
  }
  const auto first = text.size() < 8 ? short_word(text) : first_bytes(text);
  const auto last = text.size() < 8 ? 0 : last_bytes(text);
  return mix(mix(first ^ 0xa0761d6478bd642f ^ seed, last ^ state), 0xe7037ed1a0b428db ^ size);
}

}  // namespace tidemill::pattern
