#include "server/topic_outlet.h"

#include <fmt/format.h>

namespace tidemill::server {

Result<std::optional<std::string>> TopicOutlet::send(store::Tx& tx,
                                                     const sns::QueueMessage& message) {
  constexpr std::string_view service = "sns.amazonaws.com";
  TM_TRY(const auto queue, sqs::find_queue(tx, message.queue_arn));
  if (!queue) return fmt::format("queue {} does not exist", message.queue_arn);
  const auto may = queues_.may_send(*queue, {service, message.topic_arn, message.scope.account});
  if (!may) return may.error().message;
  sqs::Message body{
      .body = message.body, .attributes = message.attributes, .group_id = message.group_id};
  if (queue->is_fifo()) body.dedup_id = message.dedup_id;
  const auto sent = queues_.send(tx, *queue, body, service);
  if (sent) return std::nullopt;
  if (sent.error().code != Errc::invalid_argument) return std::unexpected(sent.error());
  return sent.error().message;
}

}  // namespace tidemill::server
