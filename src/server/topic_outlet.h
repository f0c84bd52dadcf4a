/// Topics' messages go to SQS queues: joins SNS with the queues.
#pragma once

#include "sns/outlet.h"
#include "sqs/queues.h"

namespace tidemill::server {

class TopicOutlet final : public sns::QueueOutlet {
 public:
  /// `queues` outlives it.
  explicit TopicOutlet(sqs::Queues& queues) : queues_(queues) {}

  Result<std::optional<std::string>> send(store::Tx& tx, const sns::QueueMessage& message) override;

 private:
  sqs::Queues& queues_;
};

}  // namespace tidemill::server
