/// Dead letters go to SQS queues: joins the events, which have them, with the queues.
#pragma once

#include "events/dead_letter.h"
#include "iam/authority.h"
#include "sqs/queues.h"

namespace tidemill::server {

class DeadLettersInQueues final : public events::DeadLetterOffice {
 public:
  /// Both outlive it.
  DeadLettersInQueues(sqs::Queues& queues, const iam::Authority& authority)
      : queues_(queues), authority_(authority) {}

  /// A rule sends as EventBridge, by the queue's policy; a schedule with its role.
  Result<std::optional<std::string>> accept(store::Tx& tx,
                                            const events::DeadLetter& letter) override;

  /// What would stand against a dead letter of that rule now; nullopt if nothing does.
  Result<std::optional<std::string>> obstacle(store::Tx& tx,
                                              const events::DeadLetter& letter) const;

 private:
  sqs::Queues& queues_;
  const iam::Authority& authority_;
};

}  // namespace tidemill::server
