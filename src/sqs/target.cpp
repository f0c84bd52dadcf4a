#include "sqs/target.h"

#include <fmt/format.h>

#include "events/rule.h"

namespace tidemill::sqs {
namespace {

constexpr std::string_view service = "events.amazonaws.com";

/// The queue that the delivery goes to; nullopt where it isn't there.
Result<std::optional<Queue>> queue_of(store::Tx& tx, const events::Delivery& delivery) {
  const auto key = QueueKey::of_arn(delivery.target_arn);
  TM_ASSERT(key.has_value());
  return find_queue(tx, *key);
}

events::Outcome refused(std::string code, std::string message) {
  return {.kind = events::Outcome::Kind::refused,
          .code = std::move(code),
          .message = std::move(message)};
}

}  // namespace

Result<std::optional<events::RoleDecision>> QueueTarget::decide(store::Tx& tx,
                                                                const events::Delivery& delivery) {
  // EventBridge Scheduler sends as its schedule's role, not by the queue's policy.
  if (!events::parse_rule_arn(delivery.rule_arn)) return std::nullopt;
  TM_TRY(const auto queue, queue_of(tx, delivery));
  // That it isn't there is for apply() to say.
  if (!queue) return events::RoleDecision{.allowed = true};
  const auto may = queues_.may_send(*queue, {service, delivery.rule_arn, delivery.scope.account});
  if (may) return events::RoleDecision{.allowed = true};
  return events::RoleDecision{false, "NO_PERMISSIONS", may.error().message};
}

Result<events::Outcome> QueueTarget::apply(store::Tx& tx, const events::Delivery& delivery) {
  TM_TRY(const auto queue, queue_of(tx, delivery));
  if (!queue) {
    return refused("NO_RESOURCE", fmt::format("AWS.SimpleQueueService.NonExistentQueue: queue {} "
                                              "does not exist.",
                                              delivery.target_arn));
  }
  if (queue->is_fifo() && delivery.group_id.empty()) {
    return refused("INVALID_PARAMETER", fmt::format("Queue {} is a FIFO queue: the target needs "
                                                    "SqsParameters.MessageGroupId.",
                                                    delivery.target_arn));
  }
  Message message{.body = delivery.input, .group_id = delivery.group_id};
  // Two rules may send the same event: that is two messages.
  if (queue->is_fifo()) {
    message.dedup_id = fmt::format("{}-{}", delivery.event_id, delivery.id);
  }
  const auto sent = queues_.send(tx, *queue, message, service);
  if (sent) return events::Outcome{.result = sent->id};
  if (sent.error().code != Errc::invalid_argument) return std::unexpected(sent.error());
  return refused("INVALID_PARAMETER", sent.error().message);
}

}  // namespace tidemill::sqs
