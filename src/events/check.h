/// What must always hold of batches of files, and of the history of rules (`tidemill check`).
#pragma once

#include <string>
#include <vector>

#include "store/store.h"

namespace tidemill::events {

/// What doesn't hold, in words; empty if all is well: who waits in a batch is waited for by an open
/// batch or by a first delivery that isn't over, and an open batch has as many
/// files as it counts.
[[nodiscard]] Result<std::vector<std::string>> check_batches(store::Tx& tx);

/// As above: a rule is what its last change says, and what isn't there was deleted.
[[nodiscard]] Result<std::vector<std::string>> check_rules(store::Tx& tx);

}  // namespace tidemill::events
