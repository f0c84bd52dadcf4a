/// What the commands tell of schedules: what comes, what came of what was, and why. Reads only;
/// functions take a snapshot.
#pragma once

#include <optional>
#include <string>

#include "base/arn.h"
#include "base/json.h"
#include "schedule/engine.h"

namespace tidemill::schedule {

/// The ARN of the rule or schedule that `name` means: an ARN, a rule's name, a schedule's, or
/// GROUP/NAME. Fails with ResourceNotFoundException.
[[nodiscard]] Result<std::string> resolve(store::Tx& tx, const Scope& scope, std::string_view name);

struct Question {
  std::string arn;
  TimeMs now;
  int count = 10;            ///< So many instants to come, and rows of history.
  std::optional<TimeMs> at;  ///< Only what is nearest to then.
};

/// Its expression, zone and policy, the next instants and notes on them.
[[nodiscard]] Result<json::object> preview(store::Tx& tx, calendar::Zones& zones,
                                           const Question& question);
/// As preview, with the history and what the deliveries came to; with `at`, a verdict on then.
[[nodiscard]] Result<json::object> explain(store::Tx& tx, calendar::Zones& zones,
                                           const Question& question);

/// As the row says it; fails where the expression or the zone isn't known any more.
[[nodiscard]] Result<calendar::Timing> timing_of(const TimerRow& row, calendar::Zones& zones);

}  // namespace tidemill::schedule
