/// Topics and their subscriptions: what each operation does, in a transaction that the caller
/// opens. Owned by the server; on the commit thread, but for what is const.
///
/// A message is in every subscribed queue when the transaction that published it commits. For
/// endpoints outside it leaves a row that the courier works off (courier.h). What can't be
/// delivered goes to the subscription's dead-letter queue, or stays as a row of the state "failed".
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <unordered_map>

#include "base/meter.h"
#include "base/random.h"
#include "base/seal.h"
#include "base/time.h"
#include "iam/authority.h"
#include "iam/on_behalf.h"
#include "sns/filter.h"
#include "sns/message.h"
#include "sns/outbox.h"
#include "sns/outlet.h"
#include "sns/topic.h"

namespace tidemill::sns {

/// What a message has before it is published. Made outside of the transaction, so that it can be
/// signed there: that takes longer than a commit should wait.
struct Stamp {
  std::string id;
  TimeMs time;
  Signer signer;
};

/// What Publish answers.
struct Published {
  std::string id;
  std::string sequence;  ///< Of a FIFO topic; else empty.
};

struct SubscribeOrder {
  std::string protocol, endpoint;
  Texts attributes = {};
  std::string account, principal;  ///< Of who subscribes.
  std::string base_url;            ///< As they addressed us: "http://127.0.0.1:4566".
};

class Topics {
 public:
  struct Parts {
    const Clock& clock;
    Random& random;
    const iam::Authority& authority;
    QueueOutlet& queues;
    const Sealer& sealer;  ///< Of the key that signs.
  };
  struct Options {
    /// On the commit thread after a commit: there is something to deliver at that time.
    std::function<void(TimeMs at)> due = {};
    bool has_mail = false;  ///< Else nobody is asked by mail whether they want to subscribe.
    /// Told after commits what is counted; may be nullptr. Outlives the topics.
    Meter* meter = nullptr;
  };
  Topics(const Parts& parts, Options options) : parts_(parts), options_(std::move(options)) {}

  /// At start, before anything else.
  [[nodiscard]] Status load(store::Tx& tx);
  /// Test mode: forgets every topic.
  [[nodiscard]] Status reset(store::Tx& tx);

  /// The key that signs; nullptr until one was adopted, which is before there is a topic. Any
  /// thread.
  [[nodiscard]] std::shared_ptr<const SigningKey> key() const { return key_.load(); }
  /// Keeps `key`, unless there is one already.
  [[nodiscard]] Status adopt(store::Tx& tx, const SigningKey& key);

  /// Gives the topic that is there already if it is as `attributes` and `tags` say.
  [[nodiscard]] Result<Topic> create(store::Tx& tx, const TopicKey& key, const Texts& attributes,
                                     const Texts& tags);
  /// With its subscriptions.
  [[nodiscard]] Status remove(store::Tx& tx, const Topic& topic);

  /// Gives the subscription that is there already if it is as `order` says.
  [[nodiscard]] Result<Subscription> subscribe(store::Tx& tx, const Topic& topic,
                                               const SubscribeOrder& order);
  /// Fails with InvalidParameter where no subscription of the topic has that token, or it is too
  /// old.
  [[nodiscard]] Result<Subscription> confirm(store::Tx& tx, const Topic& topic,
                                             std::string_view token, bool authenticated);
  [[nodiscard]] Status unsubscribe(store::Tx& tx, const Subscription& subscription);

  /// Any thread.
  [[nodiscard]] Stamp stamp() const;
  [[nodiscard]] Result<Published> publish(store::Tx& tx, const Topic& topic, const Message& message,
                                          Stamp stamp);
  /// As a service: fails with NotFound or, where the topic's policy doesn't let the service
  /// publish, with access_denied. Gives the message's id.
  [[nodiscard]] Result<std::string> publish(store::Tx& tx, std::string_view topic_arn,
                                            const Message& message, const iam::OnBehalf& who);
  /// What a try of the courier's came to: an end, or another try when the policy says.
  [[nodiscard]] Status settle(store::Tx& tx, const Outgoing& delivery, const Attempt& attempt);

  /// Whether the topic's policy lets a service publish. The error names topic, action and source.
  [[nodiscard]] Status may_publish(const Topic& topic, const iam::OnBehalf& who) const;

 private:
  struct CachedFilter {
    std::string policy;
    Filter filter;
  };

  Result<std::optional<Published>> enter(store::Tx& tx, const Topic& topic,
                                         std::string_view dedup_id, Notification& sent);
  Result<Filter::Verdict> judge(const Subscription& subscription, const Message& message);
  static Parcel pack(const Topic& topic, const Subscription& subscription, const Notification& sent,
                     Signer& signer);
  Status deliver(store::Tx& tx, const Topic& topic, const Subscription& subscription,
                 const Parcel& parcel);
  Status shake_hands(store::Tx& tx, const Topic& topic, const Subscription& subscription);
  Status post(store::Tx& tx, const Subscription& subscription, const Parcel& parcel);
  /// To the dead-letter queue. Gives why the message stays as failed, if it does.
  Result<std::optional<std::string>> bury(store::Tx& tx, const Topic& topic,
                                          const Subscription& subscription, const Parcel& parcel,
                                          const std::string& reason);
  void count(store::Tx& tx, const Topic& topic, std::string_view metric, double value = 1,
             std::string_view unit = "Count") const;
  void count_filtered(store::Tx& tx, const Topic& topic, Filter::Verdict verdict,
                      FilterScope scope) const;

  const Parts parts_;
  const Options options_;
  std::atomic<std::shared_ptr<const SigningKey>> key_;
  /// By subscription; an entry whose text isn't the subscription's is out of date.
  std::unordered_map<std::int64_t, CachedFilter> filters_;
};

}  // namespace tidemill::sns
