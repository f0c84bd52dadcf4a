/// Rules that what they start can start again. Internal to explain/; pure.
#pragma once

#include <vector>

#include "explain/lint.h"
#include "pattern/pattern.h"

namespace tidemill::explain {

/// A finding for each way in which a target of `rule` can make an event that `pattern`, the
/// rule's own, matches: the job's state changes, and the objects it may write. Where a job writes
/// is told by its arguments: an s3:// address, or a bucket under a name that speaks of output; not
/// those under a name that speaks of input.
[[nodiscard]] std::vector<Finding> find_loops(const LintRule& rule,
                                              const pattern::Pattern& pattern);

}  // namespace tidemill::explain
