#include "base/nearest.h"

#include <algorithm>
#include <utility>
#include <vector>

namespace tidemill {

std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = std::exchange(row[0], i);
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const auto replace = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = std::exchange(row[j], std::min({row[j] + 1, row[j - 1] + 1, replace}));
    }
  }
  return row.back();
}

std::string_view nearest(std::string_view given, std::span<const std::string_view> names) {
  const auto closest = std::ranges::min_element(
      names, {}, [given](std::string_view name) { return edit_distance(given, name); });
  return closest == names.end() ? std::string_view() : *closest;
}

}  // namespace tidemill
