/// Where notifications go inside the program. Filled by the server, which knows the queues.
#pragma once

#include <optional>
#include <string>

#include "base/arn.h"
#include "base/message_attribute.h"
#include "store/store.h"

namespace tidemill::sns {

struct QueueMessage {
  std::string queue_arn;
  std::string body;
  MessageAttributes attributes = {};
  std::string group_id = {}, dedup_id = {};
  std::string topic_arn;  ///< On whose behalf: its account's.
  Scope scope;
};

/// Commit thread.
class QueueOutlet {
 public:
  virtual ~QueueOutlet() = default;
  /// Puts `message` into its queue, in `tx`. Gives what stands against it, if anything does: no
  /// such queue, or a policy that doesn't let sns.amazonaws.com send for the topic.
  virtual Result<std::optional<std::string>> send(store::Tx& tx, const QueueMessage& message) = 0;
};

}  // namespace tidemill::sns
