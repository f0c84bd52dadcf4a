/// Texts one behind the other in one string of bytes, each after its size. Internal to pattern/;
/// pure.
#pragma once

#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

namespace tidemill::pattern {

inline void append_sized(std::string& out, std::string_view text) {
  const auto size = std::uint32_t(text.size());
  out.append(reinterpret_cast<const char*>(&size), sizeof size).append(text);
}

/// The first text of `from`, which is cut off there; `from` isn't empty.
[[nodiscard]] inline std::string_view take_sized(std::string_view& from) noexcept {
  std::uint32_t size = 0;
  std::memcpy(&size, from.data(), sizeof size);
  const auto text = from.substr(sizeof size, size);
  from.remove_prefix(sizeof size + size);
  return text;
}

}  // namespace tidemill::pattern
