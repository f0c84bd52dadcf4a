/// What is published: a text with attributes; its checks, and what endpoints get of it. Pure.
/// (AWS: "Publish", "Parsing Amazon SNS message formats", "Verifying the signatures of Amazon SNS
/// messages".)
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/message_attribute.h"
#include "base/signing_key.h"
#include "base/time.h"
#include "sns/topic.h"

namespace tidemill::sns {

struct Message {
  std::string text;
  std::optional<std::string> subject = {};
  bool by_protocol = false;  ///< MessageStructure "json": `text` has a text for each protocol.
  MessageAttributes attributes = {};
  std::string group_id = {}, dedup_id = {};
};

constexpr std::size_t message_bytes_max = 262'144;

/// Whether it can be published to such a topic.
[[nodiscard]] Status check_message(const Topic& topic, const Message& message);
/// Bytes as they count against 256 KB, and as PublishSize measures them.
[[nodiscard]] std::size_t size_of(const Message& message);

/// The text for a protocol: by its name, or the default one.
[[nodiscard]] std::string text_for(const Message& message, std::string_view protocol);

/// A message on its way: with what it got when it was published.
struct Notification {
  std::string id;
  std::string sequence = {};  ///< Of a FIFO topic; else empty.
  TimeMs time;
  const Message& message;
};

/// Signs the texts of one message, each once: mostly there is one for all who get it. Belongs to
/// one thread at a time.
class Signer {
 public:
  explicit Signer(std::shared_ptr<const SigningKey> key) : key_(std::move(key)) {}
  /// Base64.
  const std::string& sign(const std::string& text, DigestKind kind);

 private:
  std::shared_ptr<const SigningKey> key_;
  std::map<std::string, std::string> signatures_;  ///< By text.
};

constexpr std::string_view notification_type = "Notification";
constexpr std::string_view confirmation_type = "SubscriptionConfirmation";

/// The JSON that a subscription's endpoint gets of it.
[[nodiscard]] std::string envelope(const Topic& topic, const Subscription& subscription,
                                   const Notification& notification, Signer& signer);

/// Whether what it gets of the topic is signed.
[[nodiscard]] bool is_signed(const Topic& topic, const Subscription& subscription);
/// Has `signer` sign what envelope() will ask it to for these subscriptions.
void sign_ahead(const Topic& topic, std::span<const Subscription> subscriptions,
                const Notification& notification, Signer& signer);

/// The JSON that asks an endpoint whether it wants to be subscribed.
struct Handshake {
  std::string id;
  TimeMs time;
};
[[nodiscard]] std::string envelope(const Topic& topic, const Subscription& subscription,
                                   const Handshake& handshake, Signer& signer);

/// What a person reads: the text with a way out, and the question whether they want to be asked.
[[nodiscard]] std::string mail_text(const Subscription& subscription, const std::string& text);
[[nodiscard]] std::string mail_question(const Subscription& subscription);

/// Links, which need no signature: to confirm, and to end, a subscription.
[[nodiscard]] std::string confirm_url(const Subscription& subscription);
[[nodiscard]] std::string unsubscribe_url(const Subscription& subscription);

/// Where those links and the certificate are served.
constexpr std::string_view confirm_path = "/_tidemill/sns/confirm";
constexpr std::string_view unsubscribe_path = "/_tidemill/sns/unsubscribe";
constexpr std::string_view certificate_path = "/_tidemill/sns/SimpleNotificationService.pem";

}  // namespace tidemill::sns
