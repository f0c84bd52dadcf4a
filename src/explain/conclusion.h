/// What an object's story comes to, in a sentence or a few: what it started, or what stands in the
/// way. Pure.
#pragma once

#include <string>

#include "base/json.h"

namespace tidemill::explain {

/// `object` as Sources::object gives it; `events` as the story tells them, the newest first: that
/// one is concluded from. Names the rules that overlap: of which more than one sent the event to
/// the same target.
[[nodiscard]] std::string conclude(const json::object& object, const json::array& events);

}  // namespace tidemill::explain
