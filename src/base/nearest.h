/// "Did you mean …?": the known name that a mistyped one is closest to. Pure.
#pragma once

#include <algorithm>
#include <cstddef>
#include <iterator>
#include <string_view>

namespace tidemill {

/// How many letters must be put in, taken out or replaced to make `b` of `a` (Levenshtein); ASCII
/// letters compare without case.
[[nodiscard]] std::size_t edit_distance(std::string_view a, std::string_view b);

/// Of `known`, the first of those closest to `given`; "" if there are none.
template <class Names>
[[nodiscard]] std::string_view nearest(std::string_view given, const Names& known) {
  const auto closest = std::ranges::min_element(
      known, {}, [given](std::string_view name) { return edit_distance(given, name); });
  return closest == std::end(known) ? std::string_view() : std::string_view(*closest);
}

}  // namespace tidemill
