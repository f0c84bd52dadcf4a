/// How long events, their deliveries and what was decided of them are kept: the audit trail has an
/// end, so that the store has one. On the commit thread, in the caller's transaction.
#pragma once

#include "base/time.h"
#include "store/store.h"

namespace tidemill::events {

/// Forgets events that were published before `before`, with their deliveries and decisions; not
/// those that an archive keeps or a delivery still waits with, nor the last. At most `events_max` a
/// call, so that no commit takes long. True if there are more.
[[nodiscard]] Result<bool> forget_events(store::Tx& tx, TimeMs before, int events_max = 1000);

}  // namespace tidemill::events
