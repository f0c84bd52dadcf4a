/// A bucket's own notifications, the classic ones beside EventBridge: which events of which keys go
/// to which queue or topic, and what is said then. (AWS: "Amazon S3 Event Notifications", "Event
/// message structure".) Pure but for the interface, which the server fills.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "s3/events.h"
#include "store/store.h"

namespace tidemill::s3 {

enum class Destination : std::uint8_t { queue, topic };

/// One configuration of PutBucketNotificationConfiguration.
struct Notification {
  std::string id;
  Destination destination = Destination::queue;
  std::string arn;
  std::vector<std::string> events;            ///< "s3:ObjectCreated:*", "s3:ObjectCreated:Put", …
  std::optional<std::string> prefix, suffix;  ///< Of the key; where the filter has them.

  /// `event`: "ObjectCreated:Put".
  [[nodiscard]] bool wants(std::string_view event, std::string_view key) const;
  bool operator==(const Notification&) const = default;
};
using Notifications = std::vector<Notification>;

/// The name of the setting that holds them, and its text.
constexpr std::string_view notifications_setting = "notifications";
[[nodiscard]] std::string to_json(const Notifications& notifications);
[[nodiscard]] Notifications notifications_of(std::string_view json);

/// Whether they can stand beside one another: an event of a key goes to one destination. Fails with
/// InvalidArgument, also for events that nothing here sends.
[[nodiscard]] Status check_notifications(const Notifications& notifications);

/// What happened, as `Notification::wants` takes it: "ObjectCreated:Put", "ObjectRemoved:Delete".
[[nodiscard]] std::string event_name(const Happening& happening);
/// {"Records": […]} for the notification of that id.
[[nodiscard]] std::string record_text(const Bucket& bucket, const Happening& happening,
                                      const Caller& caller, std::string_view id);
/// What a destination gets when it is put.
[[nodiscard]] std::string test_event(const Bucket& bucket, const Caller& caller, TimeMs time);

/// Where they go. Commit thread.
class NotificationOutlet {
 public:
  virtual ~NotificationOutlet() = default;
  /// What stands against it now, in S3's words: no such queue, or a policy that doesn't let S3
  /// send.
  virtual Result<std::optional<std::string>> obstacle(store::Tx& tx, const Bucket& bucket,
                                                      const Notification& notification) = 0;
  /// Sends in `tx`. Gives why it couldn't, if so.
  virtual Result<std::optional<std::string>> send(store::Tx& tx, const Bucket& bucket,
                                                  const Notification& notification,
                                                  std::string body) = 0;
};

}  // namespace tidemill::s3
