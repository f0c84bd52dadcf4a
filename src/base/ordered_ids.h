/// Ids of what comes many to the millisecond. Belongs to one thread.
#pragma once

#include "base/random.h"

namespace tidemill {

/// Version 7 UUIDs as ordered_uuid() makes them, and those of one millisecond in the order in which
/// they were asked for: an index of them grows at its end, not on random pages.
class OrderedIds {
 public:
  explicit OrderedIds(Random& random) : random_(random) {}
  [[nodiscard]] std::string next(TimeMs at);

 private:
  Random& random_;
  std::uint32_t count_ = 0;
};

}  // namespace tidemill
