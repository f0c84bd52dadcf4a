/// What is wrong with a rule's tag tidemill:batch before a file shows it. Internal to explain/;
/// pure.
#pragma once

#include <vector>

#include "explain/lint.h"
#include "pattern/pattern.h"

namespace tidemill::explain {

/// `pattern` is the rule's.
[[nodiscard]] std::vector<Finding> check_batch(const LintRule& rule,
                                               const pattern::Pattern& pattern);

}  // namespace tidemill::explain
