#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "base/json.h"
#include "sns/attributes.h"
#include "sns/delivery_policy.h"
#include "sns/errors.h"
#include "sns/filter.h"

namespace tidemill::sns {
namespace {

constexpr std::array known = {
    std::string_view("RawMessageDelivery"), std::string_view("FilterPolicy"),
    std::string_view("FilterPolicyScope"), std::string_view("RedrivePolicy"),
    std::string_view("DeliveryPolicy")};
constexpr std::array served = {std::string_view("sqs"), std::string_view("http"),
                               std::string_view("https"), std::string_view("email"),
                               std::string_view("email-json")};
constexpr std::array of_aws = {std::string_view("lambda"), std::string_view("sms"),
                               std::string_view("application"), std::string_view("firehose")};

bool is_url(std::string_view protocol, std::string_view endpoint) {
  const auto scheme = fmt::format("{}://", protocol);
  return endpoint.starts_with(scheme) && endpoint.size() > scheme.size() &&
         std::ranges::all_of(endpoint, [](char c) { return c > ' ' && c < 0x7f; });
}

bool is_address(std::string_view endpoint) {
  const auto at = endpoint.find('@');
  return at != endpoint.npos && at > 0 && at + 1 < endpoint.size() &&
         endpoint.find('@', at + 1) == endpoint.npos && std::ranges::all_of(endpoint, [](char c) {
           return c > ' ' && c < 0x7f &&
                  std::string_view("<>()[],;:\\\"").find(c) == std::string_view::npos;
         });
}

/// Why `policy` is no RedrivePolicy, if so.
std::optional<std::string> wrong_redrive(std::string_view policy) {
  const auto parsed = json::parse_object(policy);
  if (!parsed) return "RedrivePolicy: failed to parse JSON.";
  const auto arn = Arn::parse(json::text_or_empty(*parsed, "deadLetterTargetArn"));
  if (!arn || arn->service != "sqs") {
    return "RedrivePolicy: deadLetterTargetArn is an invalid arn";
  }
  return std::nullopt;
}

std::optional<std::string> wrong_flag(std::string_view value, std::string_view protocol) {
  if (value != "true" && value != "false") {
    return fmt::format("RawMessageDelivery: Invalid value [{}]. Must be true or false.", value);
  }
  const bool may = protocol == "sqs" || protocol.starts_with("http");
  if (value == "false" || may) return std::nullopt;
  return fmt::format("Delivery protocol [{}] does not support raw message delivery.", protocol);
}

/// Why the attribute can't have that value, if so. `all`: with it, what the subscription has then.
std::optional<std::string> wrong(std::string_view name, std::string_view value,
                                 std::string_view protocol, const Texts& all) {
  if (name == "RawMessageDelivery") return wrong_flag(value, protocol);
  if (name == "RedrivePolicy") return wrong_redrive(value);
  if (name == "DeliveryPolicy") {
    const auto fine = check_delivery_policy(value, false);
    if (fine) return std::nullopt;
    return fmt::format("DeliveryPolicy: {}", fine.error().message);
  }
  if (name == "FilterPolicyScope" && value != "MessageAttributes" && value != "MessageBody") {
    return fmt::format(
        "FilterPolicyScope: Invalid value [{}]. Please use either MessageBody or MessageAttributes",
        value);
  }
  const auto policy = all.find("FilterPolicy");
  if (policy == all.end()) return std::nullopt;
  const auto filter = Filter::compile(policy->second, filter_scope(all));
  return filter ? std::nullopt : std::optional(filter.error().message);
}

}  // namespace

Status check_endpoint(const Topic& topic, std::string_view protocol, std::string_view endpoint) {
  if (std::ranges::find(served, protocol) == served.end()) {
    const bool is_of_aws = std::ranges::find(of_aws, protocol) != of_aws.end();
    return invalid_parameter(
        fmt::format("Amazon SNS does not support this protocol string: {}", protocol),
        is_of_aws ? "served here: sqs, http, https, email, email-json" : "");
  }
  if (endpoint.empty()) return invalid_parameter("Endpoint");
  if (protocol.starts_with("http")) {
    if (!is_url(protocol, endpoint)) {
      return invalid_parameter("Endpoint must match the specified protocol");
    }
  } else if (protocol.starts_with("email")) {
    if (!is_address(endpoint)) return invalid_parameter("Email address");
  }
  if (topic.is_fifo() && protocol != "sqs") {
    return invalid_parameter("Invalid protocol type: " + std::string(protocol),
                             "a FIFO topic's subscribers are queues");
  }
  if (protocol != "sqs") return {};
  const auto arn = Arn::parse(endpoint);
  if (!arn || arn->service != "sqs") return invalid_parameter("SQS endpoint ARN");
  if (arn->resource.ends_with(".fifo") && !topic.is_fifo()) {
    return invalid_parameter(
        "Invalid parameter: Endpoint Reason: FIFO SQS Queues can not be subscribed to standard SNS "
        "topics");
  }
  return {};
}

Status check_subscription_attributes(const Texts& given, std::string_view protocol) {
  for (const auto& [name, value] : given) {
    if (std::ranges::find(known, name) == known.end()) {
      return invalid_parameter(fmt::format("Attributes Reason: Unknown attribute: {}", name));
    }
    if (value.empty()) continue;
    if (const auto reason = wrong(name, value, protocol, given)) {
      return invalid_parameter("Attributes Reason: " + *reason);
    }
  }
  return {};
}

Status set_subscription_attribute(Subscription& subscription, std::string_view name,
                                  std::string_view value) {
  if (std::ranges::find(known, name) == known.end()) return invalid_parameter("AttributeName");
  auto all = subscription.attributes;
  if (value.empty()) {
    all.erase(std::string(name));
  } else {
    all[std::string(name)] = value;
    if (const auto reason = wrong(name, value, subscription.protocol, all)) {
      return invalid_parameter(*reason);
    }
  }
  subscription.attributes = std::move(all);
  return {};
}

Texts shown_attributes(const Subscription& subscription, const Topic& topic) {
  Texts shown = subscription.attributes;
  shown["SubscriptionArn"] = subscription.arn();
  shown["TopicArn"] = subscription.topic_key.arn();
  shown["Protocol"] = subscription.protocol;
  shown["Endpoint"] = subscription.endpoint;
  shown["Owner"] = subscription.owner;
  shown["SubscriptionPrincipal"] = subscription.principal;
  shown["PendingConfirmation"] = subscription.confirmed ? "false" : "true";
  shown["ConfirmationWasAuthenticated"] = subscription.authenticated ? "true" : "false";
  shown.emplace("RawMessageDelivery", "false");
  if (shown.contains("FilterPolicy")) shown.emplace("FilterPolicyScope", "MessageAttributes");
  if (subscription.protocol.starts_with("http")) {
    shown["EffectiveDeliveryPolicy"] =
        effective_policy(topic.text("DeliveryPolicy"), subscription.text("DeliveryPolicy"));
  }
  return shown;
}

}  // namespace tidemill::sns
