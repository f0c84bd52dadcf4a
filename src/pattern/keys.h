/// Under which keys a clause can be filed, and which keys a value has. Internal to pattern/; pure.
#pragma once

#include <array>
#include <string>
#include <string_view>
#include <vector>

#include "pattern/path_tree.h"
#include "pattern/rule_index.h"

namespace tidemill::pattern {

/// Keys by length are at most this long; a longer text is filed under a part of it.
constexpr std::size_t key_length_max = 64;

struct Key {
  KeyKind kind = KeyKind::present;
  std::uint8_t length = 0;  ///< As PathNode::Filed has it.
  std::string bytes;
};

/// For each alternative of `program` the keys of which every value that it takes has all.
[[nodiscard]] std::vector<std::vector<Key>> keys_of(std::string_view program);

/// What any value that `program` takes passes, and many others don't; of nothing if there's none.
[[nodiscard]] QuickCheck quick_check_of(std::string_view program);

[[nodiscard]] std::array<char, 17> address_key(const Address& address) noexcept;
[[nodiscard]] std::array<char, sizeof(double)> number_key(double value) noexcept;

}  // namespace tidemill::pattern
