/// How services say what they have counted, without knowing who keeps it. Owned by the server;
/// called on any thread, also on the commit thread: it must not block.
#pragma once

#include <optional>
#include <span>
#include <string_view>
#include <utility>

#include "base/arn.h"
#include "base/time.h"

namespace tidemill {

/// One value of a metric under AWS's names.
struct Measured {
  const Scope& scope;
  std::string_view space;                                                     ///< "AWS/Events"
  std::string_view name;                                                      ///< "Invocations"
  std::span<const std::pair<std::string_view, std::string_view>> dimensions;  ///< By name.
  double value = 1;
  std::string_view unit = "Count";
  std::optional<TimeMs> at = {};  ///< Empty: now.
};

class Meter {
 public:
  virtual ~Meter() = default;
  virtual void measure(const Measured& measured) noexcept = 0;
};

}  // namespace tidemill
