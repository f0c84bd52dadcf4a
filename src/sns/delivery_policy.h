/// How deliveries to HTTP endpoints are tried again, as DeliveryPolicy says it. Pure.
/// (AWS: "Amazon SNS message delivery retries", "Creating an HTTP/S delivery policy".)
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "base/error.h"

namespace tidemill::sns {

/// One of AWS's healthyRetryPolicy: retries in four phases, of which the third backs off.
struct RetryPolicy {
  int retries = 3, no_delay = 0, min_delay = 0, max_delay = 0;
  std::chrono::seconds shortest{20}, longest{20};
  enum class Backoff { linear, arithmetic, geometric, exponential };
  Backoff backoff = Backoff::linear;
};

/// The pause after the `tries`th try failed; nullopt if that was the last.
[[nodiscard]] std::optional<std::chrono::milliseconds> next_pause(const RetryPolicy& policy,
                                                                  int tries);

/// What a topic's policy and a subscription's own (either may be empty) come to for HTTP.
struct DeliveryPolicy {
  RetryPolicy retry;
  std::string content_type;
};
[[nodiscard]] DeliveryPolicy delivery_policy(std::string_view topic, std::string_view subscription);

/// EffectiveDeliveryPolicy of a topic, and of a subscription, as JSON.
[[nodiscard]] std::string effective_policy(std::string_view topic);
[[nodiscard]] std::string effective_policy(std::string_view topic, std::string_view subscription);

/// Whether `policy` may be set; of a topic it is {"http": {…}}. Fails with invalid_argument and a
/// text that names the member.
[[nodiscard]] Status check_delivery_policy(std::string_view policy, bool of_topic);

}  // namespace tidemill::sns
