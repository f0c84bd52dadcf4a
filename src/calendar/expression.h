/// A schedule expression: cron(), rate() or at(), and who takes which of them. Pure.
/// (AWS: EventBridge "Setting a schedule pattern", Scheduler "Schedule types", Glue "Time-based
/// schedules for jobs and crawlers".)
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>

#include "base/error.h"
#include "calendar/cron.h"

namespace tidemill::calendar {

struct Rate {
  std::int64_t period_ms = 0;
  bool operator==(const Rate&) const = default;
};

/// Once, at a second of the wall clock.
struct At {
  std::int64_t wall_seconds = 0;
  bool operator==(const At&) const = default;
};

using Expression = std::variant<Cron, Rate, At>;

/// Whose grammar holds.
enum class Dialect : std::uint8_t {
  rule,       ///< EventBridge rules: cron() and rate(), singular and plural must fit the number.
  scheduler,  ///< EventBridge Scheduler: all three, singular or plural as one likes.
  trigger,    ///< Glue triggers: cron() only, not more often than every five minutes.
};

/// Why a text is no expression, and what may have been meant.
struct Fault {
  std::string field;  ///< "day-of-week", "rate", …
  std::size_t column = 1;
  std::string reason;
  std::string proposal;  ///< A whole expression that holds, or empty.

  /// "day-of-month, column 10: …. Perhaps: cron(0 9 ? * MON-FRI *)"
  [[nodiscard]] std::string text() const;
};

[[nodiscard]] std::expected<Expression, Fault> read_expression(std::string_view text,
                                                               Dialect dialect);

/// As above; fails with the service's own error, and with the fault as its hint.
[[nodiscard]] Result<Expression> parse_expression(std::string_view text, Dialect dialect);

}  // namespace tidemill::calendar
