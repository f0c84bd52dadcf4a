/// What must always hold of jobs, runs and workflows (`tidemill check`).
#pragma once

#include <string>
#include <vector>

#include "store/store.h"

namespace tidemill::glue {

/// What doesn't hold, in words; empty if all is well: a delivery started one run, a job counts the
/// runs that aren't over, what a trigger started is as far as its run, and a workflow run that is
/// open has something left to do.
[[nodiscard]] Result<std::vector<std::string>> check_runs(store::Tx& tx);

}  // namespace tidemill::glue
