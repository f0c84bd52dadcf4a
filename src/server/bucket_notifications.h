/// Buckets' notifications go to queues and topics: joins S3 with both.
#pragma once

#include "s3/notifications.h"
#include "sns/topics.h"
#include "sqs/queues.h"

namespace tidemill::server {

class BucketNotifications final : public s3::NotificationOutlet {
 public:
  /// Both outlive it.
  BucketNotifications(sqs::Queues& queues, sns::Topics& topics)
      : queues_(queues), topics_(topics) {}

  Result<std::optional<std::string>> obstacle(store::Tx& tx, const s3::Bucket& bucket,
                                              const s3::Notification& notification) override;
  Result<std::optional<std::string>> send(store::Tx& tx, const s3::Bucket& bucket,
                                          const s3::Notification& notification,
                                          std::string body) override;

 private:
  sqs::Queues& queues_;
  sns::Topics& topics_;
};

}  // namespace tidemill::server
