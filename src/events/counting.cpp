#include "events/counting.h"

#include <vector>

namespace tidemill::events {
namespace {

using Dimensions = std::vector<std::pair<std::string_view, std::string_view>>;

/// What is behind the first `mark` in an ARN, up to the last '/': a rule's bus, a schedule's group.
std::string_view folder_of(std::string_view arn, std::string_view mark) {
  const auto at = arn.find(mark);
  if (at == std::string_view::npos) return {};
  const auto path = arn.substr(at + mark.size());
  const auto slash = path.rfind('/');
  return slash == std::string_view::npos ? std::string_view() : path.substr(0, slash);
}

/// RuleName; and EventBusName where it isn't the default one.
Dimensions rule_dimensions(std::string_view arn, std::string_view rule) {
  const auto bus = folder_of(arn, ":rule/");
  if (bus.empty()) return {{"RuleName", rule}};
  return {{"EventBusName", bus}, {"RuleName", rule}};
}

void count_rule_try(Meter& meter, const Tried& tried) {
  const auto dimensions = rule_dimensions(tried.sender_arn, tried.sender);
  const auto add = [&](std::string_view name, double value, std::string_view unit) {
    meter.measure({tried.scope, "AWS/Events", name, dimensions, value, unit});
  };
  const auto since = double(tried.now.ms - tried.created.ms);
  add("InvocationAttempts", 1, "Count");
  if (tried.tries > 1) {
    add("RetryInvocationAttempts", 1, "Count");
  } else {
    add("IngestionToInvocationStartLatency", since, "Milliseconds");
  }
  if (tried.state == "pending") return;
  add("Invocations", 1, "Count");
  if (tried.state == "done") {
    add("SuccessfulInvocationAttempts", 1, "Count");
    add("IngestionToInvocationSuccessLatency", since, "Milliseconds");
    add("IngestionToInvocationCompleteLatency", since, "Milliseconds");
    return;
  }
  add("FailedInvocations", 1, "Count");
  if (tried.dead_letter.empty()) return;
  add(tried.dead_letter == "sent" ? "InvocationsSentToDlq" : "InvocationsFailedToBeSentToDlq", 1,
      "Count");
}

void count_schedule_try(Meter& meter, const Tried& tried) {
  const Dimensions dimensions{{"ScheduleGroup", folder_of(tried.sender_arn, ":schedule/")}};
  const auto add = [&](std::string_view name) {
    meter.measure({tried.scope, "AWS/Scheduler", name, dimensions});
  };
  add("InvocationAttemptCount");
  if (tried.state != "done") add("TargetErrorCount");
  if (tried.state != "failed") return;
  add("InvocationDroppedCount");
  if (tried.dead_letter.empty()) return;
  add(tried.dead_letter == "sent" ? "InvocationsSentToDeadLetterCount"
                                  : "InvocationsFailedToBeSentToDeadLetterCount");
}

}  // namespace

void count_try(Meter& meter, const Tried& tried) {
  if (tried.state == "skipped" || tried.state == "batched") return;
  if (tried.sender_arn.find(":schedule/") != std::string::npos) {
    return count_schedule_try(meter, tried);
  }
  if (tried.sender_arn.find(":rule/") != std::string::npos) count_rule_try(meter, tried);
}

void count_lateness(Meter& meter, const Scope& scope, std::string_view arn, std::string_view name,
                    std::int64_t late_ms) {
  const auto add = [&](std::string_view space, const Dimensions& dimensions) {
    meter.measure({scope, space, "ScheduleLateness", dimensions, double(late_ms), "Milliseconds"});
  };
  if (arn.find(":schedule/") != std::string_view::npos) {
    add("AWS/Scheduler", {{"ScheduleGroup", folder_of(arn, ":schedule/")}});
  } else if (arn.find(":rule/") != std::string_view::npos) {
    add("AWS/Events", rule_dimensions(arn, name));
  } else {
    add("Glue", {{"TriggerName", name}});
  }
}

void count_rule(Meter& meter, const Scope& scope, std::string_view arn, std::string_view rule) {
  const auto dimensions = rule_dimensions(arn, rule);
  meter.measure({scope, "AWS/Events", "TriggeredRules", dimensions});
  meter.measure({scope, "AWS/Events", "MatchedEvents", dimensions});
}

void count_event(Meter& meter, const Scope& scope) {
  meter.measure({scope, "AWS/Events", "MatchedEvents", {}});
}

}  // namespace tidemill::events
