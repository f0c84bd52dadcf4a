#include "sns/target.h"

#include <fmt/format.h>

#include "events/rule.h"

namespace tidemill::sns {
namespace {

constexpr std::string_view service = "events.amazonaws.com";

/// The topic that the delivery goes to; nullopt where it isn't there.
Result<std::optional<Topic>> topic_of(store::Tx& tx, const events::Delivery& delivery) {
  const auto key = TopicKey::of_arn(delivery.target_arn);
  if (!key) return std::nullopt;
  return find_topic(tx, *key);
}

events::Outcome refused(std::string code, std::string message) {
  return {.kind = events::Outcome::Kind::refused,
          .code = std::move(code),
          .message = std::move(message)};
}

}  // namespace

Result<std::optional<events::RoleDecision>> TopicTarget::decide(store::Tx& tx,
                                                                const events::Delivery& delivery) {
  // EventBridge Scheduler publishes as its schedule's role, not by the topic's policy.
  if (!events::parse_rule_arn(delivery.rule_arn)) return std::nullopt;
  TM_TRY(const auto topic, topic_of(tx, delivery));
  // That it isn't there is for apply() to say.
  if (!topic) return events::RoleDecision{.allowed = true};
  const auto may =
      topics_.may_publish(*topic, {service, delivery.rule_arn, delivery.scope.account});
  if (may) return events::RoleDecision{.allowed = true};
  return events::RoleDecision{false, "NO_PERMISSIONS", may.error().message};
}

Result<events::Outcome> TopicTarget::apply(store::Tx& tx, const events::Delivery& delivery) {
  TM_TRY(const auto topic, topic_of(tx, delivery));
  if (!topic) {
    return refused("NO_RESOURCE", fmt::format("Topic {} does not exist.", delivery.target_arn));
  }
  Message message{.text = delivery.input, .group_id = delivery.group_id};
  // Two rules may send the same event: that is two messages.
  if (topic->is_fifo()) message.dedup_id = fmt::format("{}-{}", delivery.event_id, delivery.id);
  auto published = topics_.publish(tx, *topic, message, topics_.stamp());
  if (published) return events::Outcome{.result = std::move(published->id)};
  if (published.error().code != Errc::invalid_argument) return std::unexpected(published.error());
  return refused("INVALID_PARAMETER", published.error().message);
}

}  // namespace tidemill::sns
