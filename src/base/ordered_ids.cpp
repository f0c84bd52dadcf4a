#include "base/ordered_ids.h"

#include <fmt/format.h>

namespace tidemill {

/// The count takes the place of the first 24 random bits (RFC 9562, 6.2, "dedicated counter"); 48
/// stay random.
std::string OrderedIds::next(TimeMs at) {
  constexpr std::size_t version_at = 14;
  auto id = ordered_uuid(random_, at);
  ++count_;
  const auto counted = fmt::format("7{:03x}-8{:03x}", count_ >> 12 & 0xfff, count_ & 0xfff);
  id.replace(version_at, counted.size(), counted);
  return id;
}

}  // namespace tidemill
