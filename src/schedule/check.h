/// What must hold between the tables of schedules; `tidemill check` asks.
#pragma once

#include <string>
#include <vector>

#include "store/store.h"

namespace tidemill::schedule {

/// Findings, empty if all is well.
[[nodiscard]] Result<std::vector<std::string>> check_timers(store::Tx& tx);

}  // namespace tidemill::schedule
