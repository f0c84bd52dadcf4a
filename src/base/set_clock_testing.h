/// A clock that a test sets. Test thread only.
#pragma once

#include "base/time.h"

namespace tidemill {

class SetClock final : public Clock {
 public:
  explicit SetClock(TimeMs begin) : at(begin) {}
  [[nodiscard]] TimeMs now() const noexcept override { return at; }
  TimeMs at;
};

}  // namespace tidemill
