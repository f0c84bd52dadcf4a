/// "Did you mean …?": the known name that a mistyped one is closest to. Pure.
#pragma once

#include <cstddef>
#include <span>
#include <string_view>

namespace tidemill {

/// How many letters must be put in, taken out or replaced to make `b` of `a` (Levenshtein).
[[nodiscard]] std::size_t edit_distance(std::string_view a, std::string_view b);

/// The closest of `names`, the first of several; "" if there are none.
[[nodiscard]] std::string_view nearest(std::string_view given,
                                       std::span<const std::string_view> names);

}  // namespace tidemill
