/// The block function of MD5, for one stream and for eight beside each other. Pure.
#pragma once

#include <array>
#include <cstdint>

#include "base/md5.h"

namespace tidemill {

constexpr std::size_t md5_lanes = 8;

/// A stream's place in a common run: `at` is led on by the blocks that were taken.
struct Md5Lane {
  Md5::State* state = nullptr;  ///< Null: not in use.
  const char* at = nullptr;
};

/// Whether md5_blocks_beside() is any faster here than one after the other.
[[nodiscard]] bool md5_has_lanes() noexcept;

void md5_blocks(Md5::State& state, const char* data, std::size_t count) noexcept;
/// `count` blocks of every lane in use. Only where md5_has_lanes().
void md5_blocks_beside(std::array<Md5Lane, md5_lanes>& lanes, std::size_t count) noexcept;

}  // namespace tidemill
