/// What joins SNS with its neighbours: topics' messages go to SQS queues, alarms' notices to
/// topics.
#pragma once

#include "metrics/alarm_actions.h"
#include "sns/topics.h"
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

/// A topic is the one thing that an alarm can act on.
class AlarmsInTopics final : public metrics::AlarmActions {
 public:
  /// `topics` outlives it.
  explicit AlarmsInTopics(sns::Topics& topics) : topics_(topics) {}

  Result<std::optional<std::string>> perform(store::Tx& tx, const std::string& action,
                                             const metrics::AlarmNotice& notice) override;

 private:
  sns::Topics& topics_;
};

}  // namespace tidemill::server
