/// What must always hold of jobs and runs (`tidemill check`).
#pragma once

#include <string>
#include <vector>

#include "store/store.h"

namespace tidemill::glue {

/// What doesn't hold, in words; empty if all is well: a delivery started one run, a job counts the
/// runs that aren't over.
[[nodiscard]] Result<std::vector<std::string>> check_runs(store::Tx& tx);

}  // namespace tidemill::glue
