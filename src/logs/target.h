/// A stream that a batch of events is being written to. Internal to logs/.
#pragma once

#include "logs/measuring.h"

namespace tidemill::logs {

struct Ledger::Target {
  GroupKey key;
  Group group;
  std::int64_t stream = 0;
  std::int64_t bytes = 0;
  std::int64_t first_ms = INT64_MAX, last_ms = -1;
  Measuring::Batch measured;
};

}  // namespace tidemill::logs
