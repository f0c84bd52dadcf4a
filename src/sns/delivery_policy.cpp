#include "sns/delivery_policy.h"

#include <array>
#include <cmath>

#include <fmt/format.h>

#include "base/json.h"

namespace tidemill::sns {
namespace {

constexpr int retries_max = 100, delay_s_max = 3600;
constexpr std::string_view content_type_default = "text/plain; charset=UTF-8";
constexpr std::array<std::string_view, 4> backoffs = {"linear", "arithmetic", "geometric",
                                                      "exponential"};
constexpr std::array<const char*, 6> numbers = {"numRetries",         "numNoDelayRetries",
                                                "numMinDelayRetries", "numMaxDelayRetries",
                                                "minDelayTarget",     "maxDelayTarget"};

const json::object* member(const json::object* object, std::string_view name) {
  const auto* found = object == nullptr ? nullptr : object->if_contains(name);
  return found != nullptr && found->is_object() ? &found->get_object() : nullptr;
}

json::object retry_object(const RetryPolicy& policy) {
  return {{"minDelayTarget", policy.shortest.count()},
          {"maxDelayTarget", policy.longest.count()},
          {"numRetries", policy.retries},
          {"numMaxDelayRetries", policy.max_delay},
          {"numNoDelayRetries", policy.no_delay},
          {"numMinDelayRetries", policy.min_delay},
          {"backoffFunction", backoffs[std::size_t(policy.backoff)]}};
}

RetryPolicy retry_of(const json::object* said) {
  RetryPolicy policy;
  if (said == nullptr) return policy;
  const auto number = [said](std::string_view name, auto& into) {
    const auto* value = said->if_contains(name);
    if (value == nullptr || !value->is_int64()) return;
    into = std::remove_reference_t<decltype(into)>(int(value->get_int64()));
  };
  number("numRetries", policy.retries);
  number("numNoDelayRetries", policy.no_delay);
  number("numMinDelayRetries", policy.min_delay);
  number("numMaxDelayRetries", policy.max_delay);
  number("minDelayTarget", policy.shortest);
  number("maxDelayTarget", policy.longest);
  const auto function = json::text_or_empty(*said, "backoffFunction");
  const auto found = std::ranges::find(backoffs, function);
  if (found != backoffs.end()) policy.backoff = RetryPolicy::Backoff(found - backoffs.begin());
  return policy;
}

/// How far along its phase a retry is, 0 to 1, to how long it waits, 0 to 1.
double bent(RetryPolicy::Backoff function, double part) {
  switch (function) {
    case RetryPolicy::Backoff::linear: return part;
    case RetryPolicy::Backoff::arithmetic: return part * (1 + part) / 2;
    case RetryPolicy::Backoff::geometric: return part * part;
    case RetryPolicy::Backoff::exponential: return std::expm1(4 * part) / std::expm1(4.0);
  }
  return part;
}

/// Whether a topic's policy lets no subscription have its own. `http`: of the topic's.
bool is_fixed(const json::object* http) {
  const auto* said = http == nullptr ? nullptr : http->if_contains("disableSubscriptionOverrides");
  return said != nullptr && said->is_bool() && said->get_bool();
}

DeliveryPolicy combined(const json::object* topic, const json::object* subscription) {
  const auto* http = member(topic, "http");
  const auto* retry = member(http, "defaultHealthyRetryPolicy");
  const auto* request = member(http, "defaultRequestPolicy");
  if (!is_fixed(http)) {
    if (const auto* own = member(subscription, "healthyRetryPolicy")) retry = own;
    if (const auto* own = member(subscription, "requestPolicy")) request = own;
  }
  DeliveryPolicy policy{retry_of(retry), std::string(content_type_default)};
  if (request == nullptr) return policy;
  const auto type = json::text_or_empty(*request, "headerContentType");
  if (!type.empty()) policy.content_type = type;
  return policy;
}

Status check_retry(const json::object& said) {
  for (const auto* name : numbers) {
    const auto* value = said.if_contains(name);
    if (value == nullptr) continue;
    const bool seconds = std::string_view(name).ends_with("Target");
    const int least = seconds ? 1 : 0, most = seconds ? delay_s_max : retries_max;
    if (!value->is_int64() || value->get_int64() < least || value->get_int64() > most) {
      return fail(Errc::invalid_argument,
                  fmt::format("{} must be a whole number from {} to {}", name, least, most));
    }
  }
  const auto policy = retry_of(&said);
  if (policy.longest < policy.shortest) {
    return fail(Errc::invalid_argument, "maxDelayTarget must not be less than minDelayTarget");
  }
  if (policy.no_delay + policy.min_delay + policy.max_delay > policy.retries) {
    return fail(Errc::invalid_argument,
                "numNoDelayRetries, numMinDelayRetries and numMaxDelayRetries must not come to "
                "more than numRetries");
  }
  if (const auto* function = said.if_contains("backoffFunction")) {
    const auto text = json::text_or_empty(said, "backoffFunction");
    if (!function->is_string() || std::ranges::find(backoffs, text) == backoffs.end()) {
      return fail(Errc::invalid_argument,
                  "backoffFunction must be linear, arithmetic, geometric or exponential");
    }
  }
  return {};
}

/// A header's value, so one line of ASCII.
Status check_request(const json::object& said) {
  const auto type = json::text_or_empty(said, "headerContentType");
  for (const char c : type) {
    if (c >= ' ' && c <= '~') continue;
    return fail(Errc::invalid_argument, "headerContentType must be a line of ASCII");
  }
  return {};
}

}  // namespace

std::optional<std::chrono::milliseconds> next_pause(const RetryPolicy& policy, int tries) {
  using std::chrono::milliseconds;
  int retry = tries - 1;  // 0: the first retry.
  if (retry >= policy.retries) return std::nullopt;
  if (retry < policy.no_delay) return milliseconds(0);
  retry -= policy.no_delay;
  const milliseconds shortest = policy.shortest, longest = policy.longest;
  if (retry < policy.min_delay) return shortest;
  retry -= policy.min_delay;
  const int backing_off = policy.retries - policy.no_delay - policy.min_delay - policy.max_delay;
  if (retry >= backing_off) return longest;
  const double part = backing_off > 1 ? double(retry) / (backing_off - 1) : 0;
  const double more = double((longest - shortest).count()) * bent(policy.backoff, part);
  return shortest + milliseconds(std::int64_t(more));
}

DeliveryPolicy delivery_policy(std::string_view topic, std::string_view subscription) {
  const auto of_topic = json::parse_object(topic), own = json::parse_object(subscription);
  return combined(of_topic ? &*of_topic : nullptr, own ? &*own : nullptr);
}

std::string effective_policy(std::string_view topic) {
  const auto policy = delivery_policy(topic, "");
  const auto said = json::parse_object(topic);
  const bool fixed = is_fixed(member(said ? &*said : nullptr, "http"));
  return json::dump(json::object{
      {"http", json::object{{"defaultHealthyRetryPolicy", retry_object(policy.retry)},
                            {"disableSubscriptionOverrides", fixed},
                            {"defaultRequestPolicy",
                             json::object{{"headerContentType", policy.content_type}}}}}});
}

std::string effective_policy(std::string_view topic, std::string_view subscription) {
  const auto policy = delivery_policy(topic, subscription);
  return json::dump(
      json::object{{"healthyRetryPolicy", retry_object(policy.retry)},
                   {"sicklyRetryPolicy", nullptr},
                   {"throttlePolicy", nullptr},
                   {"requestPolicy", json::object{{"headerContentType", policy.content_type}}},
                   {"guaranteed", false}});
}

Status check_delivery_policy(std::string_view text, bool of_topic) {
  const auto policy = json::parse_object(text);
  if (!policy) return fail(Errc::invalid_argument, "it must be a JSON object");
  const auto* part = of_topic ? member(&*policy, "http") : &*policy;
  if (part == nullptr) return fail(Errc::invalid_argument, "it has no \"http\"");
  const auto* retry = member(part, of_topic ? "defaultHealthyRetryPolicy" : "healthyRetryPolicy");
  if (retry != nullptr) TM_CHECK(check_retry(*retry));
  const auto* request = member(part, of_topic ? "defaultRequestPolicy" : "requestPolicy");
  return request != nullptr ? check_request(*request) : Status();
}

}  // namespace tidemill::sns
