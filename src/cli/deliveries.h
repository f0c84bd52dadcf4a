/// The commands on deliveries and on the events of the past: deliveries, rules try, backfill. Each
/// prints its answer to standard output.
#pragma once

#include <string>

#include "base/error.h"
#include "base/time.h"
#include "cli/commands.h"

namespace tidemill::cli {

/// What they are told besides.
struct DeliveryQuery {
  std::string rule, state, since, until, pattern;
  std::int64_t id = 0;
  bool all = false, dry_run = false, yes = false;
};

Status deliveries_list(const Query& query, const DeliveryQuery& which);
Status deliveries_show(const Query& query, const DeliveryQuery& which);
/// Closes the open batch that a delivery is in.
Status deliveries_close(const Query& query, const DeliveryQuery& which);
/// Tries failed ones again: one, those of a rule, or all.
Status deliveries_redrive(const Query& query, const DeliveryQuery& which);
/// Publishes what a rule matched since then again, to that rule alone; waits until it is done.
Status deliveries_replay(const Query& query, const DeliveryQuery& which);
/// What a pattern would have matched since then, and how that differs from a rule's.
Status rules_try(const Query& query, const DeliveryQuery& which);
/// Objects that match a rule and never reached it: lists them, then starts them.
Status backfill(const Query& query, const DeliveryQuery& which);

/// "15m", "2h", "7d" ago, or an ISO 8601 instant, as milliseconds since 1970. Fails with
/// invalid_argument, naming the option.
[[nodiscard]] Result<std::int64_t> instant(std::string_view text, std::string_view option,
                                           TimeMs now);

}  // namespace tidemill::cli
