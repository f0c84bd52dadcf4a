/// What is still to be delivered outside, as rows: who is next, and what a try came to. Functions
/// take the open transaction.
#pragma once

#include <array>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/message_attribute.h"
#include "base/time.h"
#include "sns/delivery_policy.h"
#include "sns/topic.h"

namespace tidemill::sns {

/// A pending delivery with what it takes to try it.
struct Outgoing {
  std::int64_t id = 0;
  std::string type, message_id;
  std::string body, subject;
  bool raw = false;
  int tries = 0;  ///< Made before this one.
  Subscription subscription;
  Topic topic;

  [[nodiscard]] DeliveryPolicy policy() const;
};

struct DueQuery {
  static constexpr std::size_t busy_max = 8;
  TimeMs now;
  std::set<std::int64_t> flying = {};            ///< Deliveries that are on their way.
  std::array<std::int64_t, busy_max> busy = {};  ///< Subscriptions that have enough to do.
  std::size_t count = 0;
};
/// Those that are due beside what is flying and for who is busy, the oldest first.
[[nodiscard]] Result<std::vector<Outgoing>> due_deliveries(store::Tx& tx, const DueQuery& query);
/// When the next one will be due that isn't at `now`.
[[nodiscard]] Result<std::optional<TimeMs>> next_due(store::Tx& tx, TimeMs now);

/// What is to be delivered, as its endpoint gets it.
struct Parcel {
  std::string type, message_id, body;
  MessageAttributes attributes = {};  ///< Beside a raw body.
  std::string group_id = {}, dedup_id = {}, subject = {};
  bool raw = false;
};
/// Due now.
[[nodiscard]] Status add_delivery(store::Tx& tx, const Subscription& subscription,
                                  const Parcel& parcel, TimeMs now);
/// One that ended before it was ever pending.
[[nodiscard]] Status add_failure(store::Tx& tx, const Subscription& subscription,
                                 const Parcel& parcel, const std::string& reason, TimeMs now);

/// Those of a subscription that ends.
[[nodiscard]] Status forget_deliveries(store::Tx& tx, const Subscription& subscription);
[[nodiscard]] Result<bool> is_pending(store::Tx& tx, std::int64_t id);
[[nodiscard]] Status remove_delivery(store::Tx& tx, std::int64_t id);
[[nodiscard]] Status postpone_delivery(store::Tx& tx, std::int64_t id, TimeMs due,
                                       const std::string& reason);
[[nodiscard]] Status fail_delivery(store::Tx& tx, std::int64_t id, TimeMs now,
                                   const std::string& reason);
/// Forgets failures that ended before `time`, a thousand at most. Gives whether there are more.
[[nodiscard]] Result<bool> forget_failures(store::Tx& tx, TimeMs time);

}  // namespace tidemill::sns
