/// Where notifications go. Filled by the server, which knows the queues and the network.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/arn.h"
#include "base/message_attribute.h"
#include "io/task.h"
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

/// A POST to an endpoint outside.
struct Post {
  std::string url;
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;
};

struct Mail {
  std::string to;
  std::string sender_name;  ///< The topic's DisplayName; may be empty.
  std::string subject, text;
};

/// What one try came to.
struct Attempt {
  enum class End : std::uint8_t { delivered, again, refused };
  End end = End::delivered;
  std::string reason = {};  ///< Unless it was delivered.
};

/// Event loops.
class PostOffice {
 public:
  virtual ~PostOffice() = default;
  virtual Task<Attempt> post(Post post) = 0;
  virtual Task<Attempt> mail(Mail mail) = 0;
};

}  // namespace tidemill::sns
