/// Pages of lists that were read with one row more than is shown.
#pragma once

#include <cstddef>
#include <vector>

namespace tidemill {

/// Cuts the page to `count`. True where there was more: the next page begins behind its last row.
template <class Row>
[[nodiscard]] bool cut_page(std::vector<Row>& page, int count) {
  if (page.size() <= std::size_t(count)) return false;
  page.pop_back();
  return true;
}

}  // namespace tidemill
