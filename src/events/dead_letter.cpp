#include "events/dead_letter.h"

namespace tidemill::events {

DeadLetter make_dead_letter(const Delivery& delivery, const Outcome& outcome, int tries,
                            Exhausted exhausted) {
  DeadLetter letter{.queue_arn = delivery.dead_letter_arn,
                    .body = delivery.event,
                    .attributes = {},
                    .scope = delivery.scope,
                    .sender_arn = delivery.rule_arn,
                    .role_arn = delivery.role_arn};
  auto& attributes = letter.attributes;
  attributes[delivery.is_of_rule() ? "RULE_ARN" : "SCHEDULE_ARN"] = delivery.rule_arn;
  attributes["TARGET_ARN"] = delivery.target_arn;
  if (delivery.batch) attributes["BATCH_ID"] = std::to_string(delivery.batch->id);
  attributes["ERROR_CODE"] = outcome.code;
  attributes["ERROR_MESSAGE"] = outcome.message;
  if (exhausted == Exhausted::not_retried) return letter;
  attributes["EXHAUSTED_RETRY_CONDITION"] =
      exhausted == Exhausted::attempts ? "MaximumRetryAttempts" : "MaximumEventAgeInSeconds";
  attributes["RETRY_ATTEMPTS"] = std::to_string(tries - 1);
  return letter;
}

}  // namespace tidemill::events
