/// The attributes of topics and subscriptions: what they may be, what is shown of them. Pure.
#pragma once

#include <string_view>

#include "sns/topic.h"

namespace tidemill::sns {

/// 1 to 256 of A-Z a-z 0-9 - _, with ".fifo" at the end for a FIFO topic.
[[nodiscard]] Status check_topic_name(std::string_view name, bool is_fifo);
/// Whether CreateTopic may give them to such a topic.
[[nodiscard]] Status check_topic_attributes(const Texts& given, bool is_fifo);
/// Sets one, checked as SetTopicAttributes does; an empty value brings back the default.
[[nodiscard]] Status set_topic_attribute(Topic& topic, std::string_view name,
                                         std::string_view value);
/// What GetTopicAttributes shows, all of it.
[[nodiscard]] Texts shown_attributes(const Topic& topic, const SubscriptionCounts& counts);

/// Whether there can be a subscription of `protocol` at `endpoint` to such a topic.
[[nodiscard]] Status check_endpoint(const Topic& topic, std::string_view protocol,
                                    std::string_view endpoint);
/// Whether Subscribe may give them.
[[nodiscard]] Status check_subscription_attributes(const Texts& given, std::string_view protocol);
/// Sets one, checked as SetSubscriptionAttributes does; an empty value removes it.
[[nodiscard]] Status set_subscription_attribute(Subscription& subscription, std::string_view name,
                                                std::string_view value);
/// What GetSubscriptionAttributes shows, all of it.
[[nodiscard]] Texts shown_attributes(const Subscription& subscription, const Topic& topic);

}  // namespace tidemill::sns
