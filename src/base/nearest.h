/// "Did you mean …": the known word that is nearest to one that isn't known. Pure.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace tidemill {

/// Levenshtein's distance; ASCII letters compare without case.
[[nodiscard]] std::size_t edit_distance(std::string_view a, std::string_view b);

/// Of `known` (not empty), the first of those nearest to `word`.
template <class Words>
[[nodiscard]] std::string_view nearest(std::string_view word, const Words& known) {
  std::string_view best = *std::begin(known);
  auto least = edit_distance(word, best);
  for (const auto& candidate : known) {
    const auto distance = edit_distance(word, candidate);
    if (distance < least) least = distance, best = candidate;
  }
  return best;
}

}  // namespace tidemill
