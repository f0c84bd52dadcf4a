/// What must always hold of topics (`tidemill check`).
#pragma once

#include <string>
#include <vector>

#include "store/store.h"

namespace tidemill::sns {

/// What doesn't hold, in words; empty if all is well: every subscription is some topic's, what is
/// pending is some subscription's and has a due time, and there is a key where there are topics.
[[nodiscard]] Result<std::vector<std::string>> check_topics(store::Tx& tx);

}  // namespace tidemill::sns
