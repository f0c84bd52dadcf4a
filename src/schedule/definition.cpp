#include "schedule/definition.h"

#include <fmt/format.h>

#include "base/own_arn.h"

namespace tidemill::schedule {
namespace {

constexpr std::string_view universal = "aws-sdk:";

const json::object& member(const json::object& object, std::string_view name) {
  static const json::object none;
  const auto* found = object.if_contains(name);
  return found != nullptr && found->is_object() ? found->get_object() : none;
}

std::optional<double> number(const json::object& object, std::string_view name) {
  const auto* found = object.if_contains(name);
  if (found == nullptr || !found->is_number()) return std::nullopt;
  return found->to_number<double>();
}

std::optional<TimeMs> time_of(const json::object& object, std::string_view name) {
  const auto seconds = number(object, name);
  return seconds ? std::optional(TimeMs{std::int64_t(*seconds * 1000)}) : std::nullopt;
}

std::unexpected<Error> invalid(std::string message, std::string hint = {}) {
  return std::unexpected(Error{.code = Errc::invalid_argument,
                               .message = std::move(message),
                               .name = "ValidationException",
                               .hint = std::move(hint)});
}

Result<json::object> input_object(const Definition& definition, std::string_view action) {
  auto read = json::parse_object(definition.input.value_or("{}"));
  if (read) return read;
  return invalid(
      fmt::format("Invalid RequestJson provided. Reason: {} takes a JSON object.", action));
}

Result<Call> start_job_run(const Definition& definition, const Scope& scope) {
  TM_TRY(const auto input, input_object(definition, "glue:startJobRun"));
  const auto job = json::text_or_empty(input, "JobName");
  if (job.empty()) {
    return invalid("Invalid RequestJson provided. Reason: JobName is missing.");
  }
  return Call{make_arn("glue", scope, fmt::format("job/{}", job)), definition.input};
}

Result<Call> put_events(const Definition& definition, const Scope& scope) {
  TM_TRY(const auto input, input_object(definition, "events:putEvents"));
  const auto* entries = input.if_contains("Entries");
  if (entries == nullptr || !entries->is_array() || entries->get_array().size() != 1 ||
      !entries->get_array()[0].is_object()) {
    return invalid("Invalid RequestJson provided. Reason: Entries must hold one event.");
  }
  const auto bus = json::text_or_empty(entries->get_array()[0].get_object(), "EventBusName");
  const bool by_arn = bus.starts_with("arn:");
  return Call{by_arn ? own_arn(bus, scope.account)
                     : make_arn("events", scope,
                                fmt::format("event-bus/{}", bus.empty() ? "default" : bus)),
              definition.input};
}

/// sqs:sendMessage with {"QueueUrl": ".../ACCOUNT/NAME", "MessageBody"}.
Result<Call> send_message(const Definition& definition, const Scope& scope) {
  TM_TRY(const auto input, input_object(definition, "sqs:sendMessage"));
  const auto url = json::text_or_empty(input, "QueueUrl");
  const auto* body = input.if_contains("MessageBody");
  const auto slash = url.rfind('/');
  if (slash == url.npos || slash == 0 || body == nullptr || !body->is_string()) {
    return invalid("Invalid RequestJson provided. Reason: QueueUrl or MessageBody is missing.");
  }
  const auto before = url.substr(0, slash);
  const Scope owner{std::string(before.substr(before.rfind('/') + 1)), scope.region};
  return Call{make_arn("sqs", owner, url.substr(slash + 1)),
              std::string(json::view(body->get_string()))};
}

/// sns:publish with {"TopicArn", "Message"}; what else it could say isn't passed on, so it is
/// refused.
Result<Call> publish(const Definition& definition, const Scope& scope) {
  TM_TRY(const auto input, input_object(definition, "sns:publish"));
  const auto topic = json::text_or_empty(input, "TopicArn");
  const auto* message = input.if_contains("Message");
  if (topic.empty() || message == nullptr || !message->is_string()) {
    return invalid("Invalid RequestJson provided. Reason: TopicArn or Message is missing.");
  }
  for (const auto& member : input) {
    if (member.key() == "TopicArn" || member.key() == "Message") continue;
    return invalid(fmt::format("Invalid RequestJson provided. Reason: {} isn't served.",
                               std::string_view(member.key())),
                   "sns:publish takes TopicArn and Message here");
  }
  return Call{own_arn(topic, scope.account), std::string(json::view(message->get_string()))};
}

/// The writing operations that something here can carry out.
struct Operation {
  std::string_view name;
  Result<Call> (*call)(const Definition&, const Scope&);
};
constexpr std::array operations = {
    Operation{"glue:startJobRun", start_job_run}, Operation{"events:putEvents", put_events},
    Operation{"sqs:sendMessage", send_message}, Operation{"sns:publish", publish}};

bool only_reads(std::string_view operation) {
  const auto action = operation.substr(std::min(operation.size(), operation.find(':') + 1));
  for (const std::string_view verb : {"get", "describe", "list", "batchGet", "head", "query",
                                      "scan", "search", "lookup", "select", "filter"}) {
    if (action.starts_with(verb)) return true;
  }
  return false;
}

Result<Call> universal_call(const Definition& definition, const Scope& scope,
                            std::string_view operation) {
  const auto* found = std::ranges::find(operations, operation, &Operation::name);
  if (found != operations.end()) return found->call(definition, scope);
  const auto refused = fmt::format("{} is not a valid target.", definition.target_arn);
  if (only_reads(operation)) {
    return invalid(refused, "operations that only read can't be the target of a schedule");
  }
  std::string served;
  for (const auto& o : operations) served += (served.empty() ? "" : ", ") + std::string(o.name);
  return invalid(refused, "served here as universal targets: " + served);
}

/// The templated target of a bus: its parameters and the input make one event.
Call bus_call(const Definition& definition, const std::string& bus) {
  const json::object entry{{"Source", definition.event_source},
                           {"DetailType", definition.event_detail_type},
                           {"Detail", definition.input.value_or("{}")},
                           {"EventBusName", bus}};
  return {bus, json::dump(json::object{{"Entries", json::array{entry}}})};
}

}  // namespace

Result<Definition> Definition::parse(std::string_view text) {
  TM_TRY(const auto object, json::parse_object(text));
  Definition out;
  out.expression = json::text_or_empty(object, "ScheduleExpression");
  out.zone = json::text_or_empty(object, "ScheduleExpressionTimezone");
  out.start = time_of(object, "StartDate");
  out.end = time_of(object, "EndDate");
  out.enabled = json::text_or_empty(object, "State") != "DISABLED";
  out.delete_after = json::text_or_empty(object, "ActionAfterCompletion") == "DELETE";
  const auto& window = member(object, "FlexibleTimeWindow");
  out.window_ms = std::int64_t(number(window, "MaximumWindowInMinutes").value_or(0)) * 60'000;
  const auto& target = member(object, "Target");
  out.target_arn = json::text_or_empty(target, "Arn");
  out.role_arn = json::text_or_empty(target, "RoleArn");
  if (target.contains("Input")) out.input = std::string(json::text_or_empty(target, "Input"));
  const auto& bus = member(target, "EventBridgeParameters");
  out.event_source = json::text_or_empty(bus, "Source");
  out.event_detail_type = json::text_or_empty(bus, "DetailType");
  out.group_id = json::text_or_empty(member(target, "SqsParameters"), "MessageGroupId");
  out.dead_letter_arn = json::text_or_empty(member(target, "DeadLetterConfig"), "Arn");
  const auto& retry = member(target, "RetryPolicy");
  out.retry.attempts_max =
      int(number(retry, "MaximumRetryAttempts").value_or(events::RetryPolicy::attempts_default));
  out.retry.age_seconds_max =
      std::int64_t(number(retry, "MaximumEventAgeInSeconds")
                       .value_or(double(events::RetryPolicy::age_seconds_default)));
  return out;
}

Result<Call> call_of(const Definition& definition, const Scope& scope) {
  const auto arn = Arn::parse(definition.target_arn);
  if (!arn) return invalid("Provided Arn is not in correct format.");
  if (arn->service == "scheduler" && arn->resource.starts_with(universal)) {
    return universal_call(definition, scope,
                          std::string_view(arn->resource).substr(universal.size()));
  }
  if (arn->service == "events" && arn->resource.starts_with("event-bus/")) {
    if (definition.event_source.empty() || definition.event_detail_type.empty()) {
      return invalid("EventBridgeParameters must be provided for an event bus target.");
    }
    if (definition.input && !json::parse_object(*definition.input)) {
      return invalid("Invalid Input for target. Reason: it must be a JSON object.");
    }
    return bus_call(definition, own_arn(definition.target_arn, scope.account));
  }
  return Call{own_arn(definition.target_arn, scope.account), definition.input};
}

std::string fill_attributes(std::string_view input, const Attributes& attributes) {
  const std::array<std::pair<std::string_view, std::string>, 3> known = {
      {{"<aws.scheduler.schedule-arn>", attributes.schedule_arn},
       {"<aws.scheduler.scheduled-time>", iso_seconds(attributes.planned)},
       {"<aws.scheduler.execution-id>", attributes.execution_id}}};
  std::string out(input);
  for (const auto& [name, value] : known) {
    for (auto at = out.find(name); at != out.npos; at = out.find(name, at + value.size())) {
      out.replace(at, name.size(), value);
    }
  }
  return out;
}

}  // namespace tidemill::schedule
