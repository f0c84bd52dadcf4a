/// Where a delivery goes that could not reach its target: the queue of its DeadLetterConfig. Pure
/// but for the interface. (AWS: "Using dead-letter queues to process undelivered events in
/// EventBridge", "Configuring a dead-letter queue for EventBridge Scheduler".)
#pragma once

#include <map>
#include <optional>
#include <string>

#include "events/event.h"
#include "store/store.h"

namespace tidemill::events {

/// Why no retry follows: by the number of tries, by age, or because the error allows none.
enum class Exhausted : std::uint8_t { not_retried, attempts, age };

struct DeadLetter {
  std::string queue_arn;
  std::string body;  ///< The event, whole.
  /// Of type String: RULE_ARN (or SCHEDULE_ARN), TARGET_ARN, ERROR_CODE, ERROR_MESSAGE; after
  /// retries also EXHAUSTED_RETRY_CONDITION and RETRY_ATTEMPTS; of a batch's file BATCH_ID.
  std::map<std::string, std::string> attributes;
  Scope scope;
  std::string sender_arn;  ///< The rule or the schedule.
  std::string role_arn;    ///< Of the target; a schedule sends with it.
};

/// `tries`: how many were made, the last of which came to `outcome`.
[[nodiscard]] DeadLetter make_dead_letter(const Delivery& delivery, const Outcome& outcome,
                                          int tries, Exhausted exhausted);

/// Takes dead letters in the transaction that ends their deliveries.
class DeadLetterOffice {
 public:
  virtual ~DeadLetterOffice() = default;
  /// nullopt once it is in the queue; else what stands against it: no such queue, or its policy.
  /// An Error is for broken stores only.
  virtual Result<std::optional<std::string>> accept(store::Tx& tx, const DeadLetter& letter) = 0;
};

}  // namespace tidemill::events
