/// Deliveries as people look at them: which there are, and every try of one. Reads only. Functions
/// take the open transaction.
#pragma once

#include <string>

#include "base/arn.h"
#include "base/json.h"
#include "store/store.h"

namespace tidemill::events {

struct DeliveryFilter {
  std::string rule;         ///< A rule's name; empty: of all rules.
  std::string state;        ///< done, pending, failed, skipped or batched; empty: in any.
  std::int64_t before = 0;  ///< Only those with a smaller number; 0: from the newest.
  int count = 50;
};

/// Newest first: {"id", "rule", "target_id", "target_arn", "state", "tries", "due_ms", "waits",
/// "code", "message", "result", "created_ms", "ended_ms", "event_id", "subject"}; where it is
/// in a batch also "batch": {"id", "group", "files", "closes_ms", "reason"}.
[[nodiscard]] Result<json::array> list_deliveries(store::Tx& tx, const Scope& scope,
                                                  const DeliveryFilter& filter);

/// The same of one, with "rule_arn", "role_arn", "input", "envelope", "dead_letter_queue",
/// "dead_letter" ("sent", or why not), "batch" as show_batch has it, and "attempts": the lines of
/// the rule's log that are about it. Fails with not_found.
[[nodiscard]] Result<json::object> show_delivery(store::Tx& tx, const Scope& scope,
                                                 std::int64_t id);

/// Deliveries of all accounts that wait.
[[nodiscard]] Result<std::int64_t> count_pending(store::Tx& tx);

}  // namespace tidemill::events
