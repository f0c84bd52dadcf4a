/// What the figures were measured on: cores, load, and how long this disk takes to make four
/// kilobytes durable.
#pragma once

#include <string>

#include "base/json.h"

namespace tidemill::bench {

[[nodiscard]] Result<json::object> machine_facts(const std::string& directory);

}  // namespace tidemill::bench
