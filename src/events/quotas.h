/// AWS's quotas on rules, enforced only under --strict-aws, so that what is taken here is taken
/// there. (AWS: "Amazon EventBridge quotas".)
#pragma once

#include "events/rule.h"

namespace tidemill::events {

constexpr std::size_t strict_rules_per_bus_max = 300;
constexpr std::size_t strict_wildcard_rules_per_bus_max = 30;
constexpr std::size_t strict_pattern_characters_max = 2048;

/// Whether `rule` may be put on its bus beside the rules that `tx` has there. Fails with AWS's
/// LimitExceededException and a hint that names the quota.
[[nodiscard]] Status check_quotas(store::Tx& tx, const Rule& rule);

}  // namespace tidemill::events
