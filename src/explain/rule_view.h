/// What a rule said to an event when it was published, and what it would say today. Pure.
#pragma once

#include <optional>
#include <string>

#include "base/json.h"
#include "events/rule_history.h"
#include "pattern/pattern.h"

namespace tidemill::explain {

struct RuleView {
  /// 0: it matched; then those that would match today, the nearest misses, and last those that
  /// weren't made yet. Of the same rank those come first that have changed since, then those of
  /// which the most holds.
  std::size_t rank = 0, held = 0;
  /// {"name", "arn", "existed", "enabled", "pattern_matches", "matches_today"}: the first three of
  /// then; where it didn't match, "path", "expected", "actual", "why"; where it isn't as it was
  /// then, "note", which says so.
  json::object shown = {};
};

/// nullopt: the rule has a schedule only, now and then; no event concerns it.
[[nodiscard]] std::optional<RuleView> view_rule(const events::BusKey& bus,
                                                const events::RulePast& rule,
                                                const pattern::Event& event);

}  // namespace tidemill::explain
