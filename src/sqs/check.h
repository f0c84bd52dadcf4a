/// What must always hold of queues (`tidemill check`).
#pragma once

#include <string>
#include <vector>

#include "store/store.h"

namespace tidemill::sqs {

/// What doesn't hold, in words; empty if all is well: every message is some queue's, every lane has
/// the message that heads it, every running move task has its queues.
[[nodiscard]] Result<std::vector<std::string>> check_queues(store::Tx& tx);

}  // namespace tidemill::sqs
