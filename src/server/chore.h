/// Work that goes on by itself, a step a commit. Any thread.
#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <string_view>

#include "base/time.h"
#include "store/store.h"

namespace tidemill::server {

/// The store was full or busy, or the disk is: what is due stays due.
inline constexpr auto pause_after_failure = std::chrono::seconds(1);

/// When something is to be called again.
using CallAt = std::function<void(TimeMs)>;

struct Chore {
  std::function<Result<std::optional<TimeMs>>(store::Tx&)> step;  ///< Gives when to go on.
  std::string_view log, failure;  ///< Which module logs it, and what if it fails.
};

/// One step. `call_at` is told of the next one, and of a failed one's repetition after a pause.
void do_step(store::Store& store, const Clock& clock, const CallAt& call_at, const Chore& chore);

}  // namespace tidemill::server
