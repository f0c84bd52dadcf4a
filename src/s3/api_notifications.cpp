// A bucket's notifications: put, checked, shown.
#include <algorithm>

#include "base/encoding.h"
#include "s3/api.h"
#include "s3/api_values.h"

namespace tidemill::s3 {
namespace {

constexpr std::string_view unable = "Unable to validate the following destination configurations";

/// The filter's rules, at most one of each name.
Status read_filter(const std::optional<w::NotificationConfigurationFilter>& filter,
                   Notification& notification) {
  if (!filter || !filter->Key || !filter->Key->FilterRules) return {};
  for (const auto& rule : *filter->Key->FilterRules) {
    const auto name = rule.Name.value_or("");
    const bool is_prefix = iequals(name, "prefix");
    if (!is_prefix && !iequals(name, "suffix")) {
      return invalid_argument("filter rule name must be either prefix or suffix", "FilterRule.Name",
                              name);
    }
    auto& into = is_prefix ? notification.prefix : notification.suffix;
    if (into) {
      return invalid_argument(
          fmt::format("Cannot specify more than one {} rule in a filter.", to_lower(name)),
          "FilterRule.Name", name);
    }
    into = rule.Value.value_or("");
  }
  return {};
}

std::optional<w::NotificationConfigurationFilter> filter_of(const Notification& notification) {
  if (!notification.prefix && !notification.suffix) return std::nullopt;
  w::NotificationConfigurationFilter filter;
  auto& rules = filter.Key.emplace().FilterRules.emplace();
  const auto add = [&rules](std::string name, const std::optional<std::string>& value) {
    if (!value) return;
    auto& rule = rules.emplace_back();
    rule.Name = std::move(name);
    rule.Value = value;
  };
  add("Prefix", notification.prefix);
  add("Suffix", notification.suffix);
  return filter;
}

/// A configuration's destination, whatever its kind calls it.
const std::string& arn_of(const w::QueueConfiguration& one) { return *one.QueueArn; }
const std::string& arn_of(const w::TopicConfiguration& one) { return *one.TopicArn; }

template <class Configurations>
Status read(const std::optional<Configurations>& given, Destination destination, const Core& core,
            Notifications& into) {
  if (!given) return {};
  const bool is_topic = destination == Destination::topic;
  for (const auto& one : *given) {
    Notification made{.id = one.Id.value_or(""),
                      .destination = destination,
                      .arn = arn_of(one),
                      .events = *one.Events};
    const auto arn = Arn::parse(made.arn);
    if (!arn || arn->service != (is_topic ? "sns" : "sqs")) {
      return invalid_argument("The ARN could not be parsed", is_topic ? "Topic" : "Queue",
                              made.arn);
    }
    if (made.id.empty()) made.id = ordered_uuid(core.random, core.clock.now());
    TM_CHECK(read_filter(one.Filter, made));
    into.push_back(std::move(made));
  }
  return {};
}

Result<Notifications> notifications_of(const w::NotificationConfiguration& wanted,
                                       const Core& core) {
  Notifications all;
  TM_CHECK(read(wanted.TopicConfigurations, Destination::topic, core, all));
  TM_CHECK(read(wanted.QueueConfigurations, Destination::queue, core, all));
  TM_CHECK(check_notifications(all));
  const auto& functions = wanted.LambdaFunctionConfigurations;
  if (functions && !functions->empty()) {
    auto refused = invalid_argument(std::string(unable), "NotificationConfiguration", "");
    refused.error().hint = "there are no Lambda functions here: name a queue or a topic";
    return refused;
  }
  return all;
}

/// One argument for each destination that won't do.
Status validate(store::Tx& tx, const Core& core, const Bucket& bucket,
                const Notifications& notifications) {
  Error error{
      .code = Errc::invalid_argument, .message = std::string(unable), .name = "InvalidArgument"};
  int number = 0;
  for (const auto& one : notifications) {
    TM_TRY(const auto against, core.notifications->obstacle(tx, bucket, one));
    if (!against) continue;
    ++number;
    error.details.emplace_back(fmt::format("ArgumentName{}", number), one.arn);
    error.details.emplace_back(fmt::format("ArgumentValue{}", number), *against);
  }
  if (number > 0) return std::unexpected(std::move(error));
  return {};
}

}  // namespace

Task<Result<w::NotificationConfiguration>> Api::get_notification(
    const Caller& caller, w::GetBucketNotificationConfigurationRequest request) {
  auto look = [&](store::Tx& tx) -> Result<w::NotificationConfiguration> {
    TM_TRY(const auto bucket, require_bucket(tx, where_of(caller, request)));
    w::NotificationConfiguration out;
    if (bucket.eventbridge) out.EventBridgeConfiguration.emplace();
    TM_TRY(const auto notifications, bucket_notifications(tx, bucket));
    for (const auto& one : notifications) {
      const auto show = [&one](auto& list) -> auto& {
        if (!list) list.emplace();
        auto& shown = list->emplace_back();
        shown.Id = one.id;
        shown.Events = one.events;
        shown.Filter = filter_of(one);
        return shown;
      };
      if (one.destination == Destination::topic) {
        show(out.TopicConfigurations).TopicArn = one.arn;
      } else {
        show(out.QueueConfigurations).QueueArn = one.arn;
      }
    }
    return out;
  };
  co_return co_await core_.store.read(look);
}

Task<Result<wire::Empty>> Api::put_notification(
    const Caller& caller, w::PutBucketNotificationConfigurationRequest request) {
  const auto& wanted = *request.NotificationConfiguration;
  TM_CO_TRY(const auto notifications, notifications_of(wanted, core_));
  const bool unseen = request.SkipDestinationValidation.value_or(false);
  auto change = [&](store::Tx& tx) -> Status {
    TM_TRY(const auto bucket, require_bucket(tx, where_of(caller, request)));
    if (!unseen) TM_CHECK(validate(tx, core_, bucket, notifications));
    TM_CHECK(set_events(tx, bucket, wanted.EventBridgeConfiguration.has_value(),
                        !notifications.empty()));
    if (notifications.empty()) return drop_setting(tx, bucket, notifications_setting);
    TM_CHECK(save_setting(tx, bucket, notifications_setting, to_json(notifications)));
    if (unseen) return {};
    for (const auto& one : notifications) {
      TM_TRY([[maybe_unused]] const auto against,
             core_.notifications->send(tx, bucket, one,
                                       test_event(bucket, caller, core_.clock.now())));
    }
    return {};
  };
  TM_CO_CHECK(co_await core_.store.write(change));
  co_return wire::Empty();
}

}  // namespace tidemill::s3
