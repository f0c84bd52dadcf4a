/// The program: takes the data directory, opens the stores, wires the services and serves until it
/// is told to end.
#pragma once

#include "base/error.h"
#include "server/options.h"

namespace tidemill::server {

/// Runs until SIGTERM or SIGINT, then ends what is in flight (within 10 s) and returns. Fails if it
/// can't start, or if the store broke.
[[nodiscard]] Status run(const Options& options);

}  // namespace tidemill::server
