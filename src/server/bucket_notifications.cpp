#include "server/bucket_notifications.h"

#include <fmt/format.h>

namespace tidemill::server {
namespace {

constexpr std::string_view service = "s3.amazonaws.com", subject = "Amazon S3 Notification";

/// What the client may do something about; a broken store is an error.
Result<std::optional<std::string>> against(const Error& error) {
  using enum Errc;
  if (error.code == invalid_argument || error.code == not_found || error.code == access_denied) {
    return error.message;
  }
  return std::unexpected(error);
}

std::string not_allowed(std::string_view kind) {
  return fmt::format(
      "Permissions on the destination {} do not allow S3 to publish notifications from this bucket",
      kind);
}

}  // namespace

Result<std::optional<std::string>> BucketNotifications::obstacle(
    store::Tx& tx, const s3::Bucket& bucket, const s3::Notification& notification) {
  const auto source = bucket.arn();
  if (notification.destination == s3::Destination::queue) {
    TM_TRY(const auto queue, sqs::find_queue(tx, notification.arn));
    if (!queue) return "The destination queue does not exist";
    if (queue->is_fifo()) return "FIFO SQS queues are not supported";
    if (queues_.may_send(*queue, {service, source, bucket.scope.account})) return std::nullopt;
    return not_allowed("queue");
  }
  const auto key = sns::TopicKey::of_arn(notification.arn);
  if (!key) return "The destination topic does not exist";
  TM_TRY(const auto topic, sns::find_topic(tx, *key));
  if (!topic) return "The destination topic does not exist";
  if (topic->is_fifo()) return "FIFO SNS topics are not supported";
  if (topics_.may_publish(*topic, {service, source, bucket.scope.account})) return std::nullopt;
  return not_allowed("topic");
}

Result<std::optional<std::string>> BucketNotifications::send(store::Tx& tx,
                                                             const s3::Bucket& bucket,
                                                             const s3::Notification& notification,
                                                             std::string body) {
  const auto source = bucket.arn();
  if (notification.destination == s3::Destination::queue) {
    const auto sent = queues_.send(tx, notification.arn, sqs::Message{.body = std::move(body)},
                                   {service, source, bucket.scope.account});
    return sent ? std::nullopt : against(sent.error());
  }
  const sns::Message message{.text = std::move(body), .subject = std::string(subject)};
  const auto sent =
      topics_.publish(tx, notification.arn, message, {service, source, bucket.scope.account});
  return sent ? std::nullopt : against(sent.error());
}

}  // namespace tidemill::server
