#include "server/topic_links.h"

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

Result<std::optional<std::string>> AlarmsInTopics::perform(store::Tx& tx, const std::string& action,
                                                           const metrics::AlarmNotice& notice) {
  const auto arn = Arn::parse(action);
  if (!arn || arn->service != "sns") {
    return fmt::format(
        "{} is nothing that alarms act on here: topics of SNS are. A rule on \"CloudWatch Alarm "
        "State Change\" can start a job or feed a queue.",
        action);
  }
  const sns::Message message{.text = notice.message, .subject = notice.subject};
  const auto published = topics_.publish(
      tx, action, message, {"cloudwatch.amazonaws.com", notice.alarm_arn, notice.scope.account});
  if (published) return std::nullopt;
  const auto code = published.error().code;
  if (code != Errc::invalid_argument && code != Errc::not_found && code != Errc::access_denied) {
    return std::unexpected(published.error());
  }
  return published.error().message;
}

}  // namespace tidemill::server
