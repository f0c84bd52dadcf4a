// Schedules: create, get, update, delete, list.
#include <fmt/format.h>

#include "schedule/api.h"
#include "wire/json_codec.h"

namespace tidemill::schedule {
namespace {

constexpr std::size_t input_bytes_max = 256 * 1024;
constexpr int page_max = 100;

std::unexpected<Error> invalid(std::string message, std::string hint = {}) {
  return std::unexpected(Error{.code = Errc::invalid_argument,
                               .message = std::move(message),
                               .name = "ValidationException",
                               .hint = std::move(hint)});
}

ScheduleKey key_of(const Caller& caller, const std::optional<std::string>& group,
                   const std::optional<std::string>& name) {
  return {caller.scope, group.value_or(std::string(default_group)), name.value_or("*")};
}

template <class Request>
wire::Access schedule_access(const Caller& caller, const Request& request) {
  return {.resource = key_of(caller, request.GroupName, request.Name).arn()};
}

/// What AWS fills in, and GetSchedule shows.
void set_defaults(w::CreateScheduleInput& request) {
  if (!request.GroupName) request.GroupName = std::string(default_group);
  if (!request.ScheduleExpressionTimezone) request.ScheduleExpressionTimezone = "UTC";
  if (!request.State) request.State = "ENABLED";
  if (!request.ActionAfterCompletion) request.ActionAfterCompletion = "NONE";
  auto& target = *request.Target;
  if (!target.RetryPolicy) target.RetryPolicy.emplace();
  auto& retry = *target.RetryPolicy;
  using events::RetryPolicy;
  if (!retry.MaximumEventAgeInSeconds) {
    retry.MaximumEventAgeInSeconds = int(RetryPolicy::age_seconds_default);
  }
  if (!retry.MaximumRetryAttempts) retry.MaximumRetryAttempts = RetryPolicy::attempts_default;
}

Status check_window(const w::FlexibleTimeWindow& window) {
  const bool flexible = window.Mode == "FLEXIBLE";
  if (flexible == window.MaximumWindowInMinutes.has_value()) return {};
  return invalid(flexible ? "MaximumWindowInMinutes must be provided when Mode is FLEXIBLE."
                          : "MaximumWindowInMinutes must not be provided when Mode is OFF.");
}

std::string definition_of(const w::CreateScheduleInput& request) {
  return wire::encode_json(*w::op::CreateSchedule::operation.input, &request);
}

w::CreateScheduleInput as_create(w::UpdateScheduleInput request) {
  w::CreateScheduleInput out;
  out.Name = std::move(request.Name);
  out.GroupName = std::move(request.GroupName);
  out.ScheduleExpression = std::move(request.ScheduleExpression);
  out.StartDate = request.StartDate;
  out.EndDate = request.EndDate;
  out.Description = std::move(request.Description);
  out.ScheduleExpressionTimezone = std::move(request.ScheduleExpressionTimezone);
  out.State = std::move(request.State);
  out.KmsKeyArn = std::move(request.KmsKeyArn);
  out.Target = std::move(request.Target);
  out.FlexibleTimeWindow = std::move(request.FlexibleTimeWindow);
  out.ClientToken = std::move(request.ClientToken);
  out.ActionAfterCompletion = std::move(request.ActionAfterCompletion);
  return out;
}

Result<w::ScheduleSummary> summary_of(const Schedule& schedule) {
  TM_TRY(const auto definition, Definition::parse(schedule.definition));
  w::ScheduleSummary out;
  out.Arn = schedule.key.arn();
  out.Name = schedule.key.name;
  out.GroupName = schedule.key.group;
  out.State = definition.enabled ? "ENABLED" : "DISABLED";
  out.CreationDate = schedule.created;
  out.LastModificationDate = schedule.modified;
  out.Target.emplace().Arn = definition.target_arn;
  return out;
}

/// "group/name" of the last one shown.
ScheduleKey after_token(const Caller& caller, const std::optional<std::string>& token) {
  ScheduleKey after{caller.scope, "", ""};
  if (!token) return after;
  const auto slash = std::min(token->find('/'), token->size());
  after.group = token->substr(0, slash);
  after.name = token->substr(std::min(token->size(), slash + 1));
  return after;
}

}  // namespace

void Api::register_with(wire::Router& router) {
  router.on<w::op::CreateSchedule>(this, &Api::create, schedule_access<w::CreateScheduleInput>);
  router.on<w::op::GetSchedule>(this, &Api::get, schedule_access<w::GetScheduleInput>);
  router.on<w::op::UpdateSchedule>(this, &Api::update, schedule_access<w::UpdateScheduleInput>);
  router.on<w::op::DeleteSchedule>(this, &Api::remove, schedule_access<w::DeleteScheduleInput>);
  router.on<w::op::ListSchedules>(
      this, &Api::list, [](const Caller& caller, const w::ListSchedulesInput& request) {
        return wire::Access{.resource = key_of(caller, request.GroupName.value_or("*"), {}).arn()};
      });
  register_groups(router);
}

/// The expression comes first, as on AWS; `request` has its defaults.
Status Api::check(const Caller& caller, const w::CreateScheduleInput& request) const {
  TM_TRY([[maybe_unused]] const auto expression,
         calendar::parse_expression(*request.ScheduleExpression, calendar::Dialect::scheduler));
  TM_TRY([[maybe_unused]] const auto zone, parts_.zones.find(*request.ScheduleExpressionTimezone));
  TM_CHECK(check_window(*request.FlexibleTimeWindow));
  if (request.StartDate && request.EndDate && !(*request.StartDate < *request.EndDate)) {
    return invalid("The EndDate must come after the StartDate.");
  }
  if (request.Target->Input.value_or("").size() > input_bytes_max) {
    return invalid("The Input of the target is larger than 256 KB.");
  }
  TM_TRY(const auto definition, Definition::parse(definition_of(request)));
  TM_TRY(const auto call, call_of(definition, caller.scope));
  if (parts_.hub.target_for(call.arn) == nullptr) {
    return invalid(fmt::format("{} is not a valid target.", definition.target_arn),
                   "served are arn:aws:scheduler:::aws-sdk:glue:startJobRun, the ARN of a Glue "
                   "job, of an SQS queue, of an SNS topic, and of an event bus");
  }
  return pass_role_(caller, *request.Target->RoleArn);
}

Task<Result<w::CreateScheduleOutput>> Api::create(const Caller& caller,
                                                  w::CreateScheduleInput request) {
  set_defaults(request);
  TM_CO_CHECK(check(caller, request));
  const Schedule schedule{.key = key_of(caller, request.GroupName, request.Name),
                          .definition = definition_of(request),
                          .client_token = request.ClientToken.value_or(""),
                          .modified = parts_.clock.now()};
  auto change = [&](store::Tx& tx) -> Result<w::CreateScheduleOutput> {
    TM_TRY([[maybe_unused]] const auto group,
           parts_.book.require_group(tx, caller.scope, schedule.key.group));
    TM_TRY(const auto known, parts_.book.find(tx, schedule.key));
    const bool repeated =
        known && !known->client_token.empty() && known->client_token == schedule.client_token;
    if (known && !repeated) {
      return fail(Errc::conflict, "ConflictException",
                  fmt::format("Schedule {} already exists.", schedule.key.name));
    }
    if (!known) TM_CHECK(parts_.book.save(tx, schedule));
    w::CreateScheduleOutput out;
    out.ScheduleArn = schedule.key.arn();
    return out;
  };
  co_return co_await parts_.store.write(change);
}

Task<Result<w::GetScheduleOutput>> Api::get(const Caller& caller, w::GetScheduleInput request) {
  const auto key = key_of(caller, request.GroupName, request.Name);
  auto query = [&](store::Tx& tx) -> Result<w::GetScheduleOutput> {
    TM_TRY(const auto schedule, parts_.book.require(tx, key));
    w::GetScheduleOutput out;
    TM_CHECK(wire::decode_json(schedule.definition, *w::op::GetSchedule::operation.output, &out));
    out.Arn = key.arn();
    out.Name = key.name;
    out.GroupName = key.group;
    out.CreationDate = schedule.created;
    out.LastModificationDate = schedule.modified;
    return out;
  };
  co_return co_await parts_.store.read(query);
}

Task<Result<w::UpdateScheduleOutput>> Api::update(const Caller& caller,
                                                  w::UpdateScheduleInput request) {
  auto given = as_create(std::move(request));
  set_defaults(given);
  TM_CO_CHECK(check(caller, given));
  const auto key = key_of(caller, given.GroupName, given.Name);
  const auto definition = definition_of(given);
  auto change = [&](store::Tx& tx) -> Result<w::UpdateScheduleOutput> {
    TM_TRY(auto schedule, parts_.book.require(tx, key));
    schedule.definition = definition;
    schedule.modified = parts_.clock.now();
    TM_CHECK(parts_.book.save(tx, std::move(schedule)));
    w::UpdateScheduleOutput out;
    out.ScheduleArn = key.arn();
    return out;
  };
  co_return co_await parts_.store.write(change);
}

Task<Result<w::DeleteScheduleOutput>> Api::remove(const Caller& caller,
                                                  w::DeleteScheduleInput request) {
  const auto key = key_of(caller, request.GroupName, request.Name);
  auto change = [&](store::Tx& tx) -> Result<w::DeleteScheduleOutput> {
    TM_TRY(const auto schedule, parts_.book.require(tx, key));
    TM_CHECK(parts_.book.remove(tx, schedule));
    return w::DeleteScheduleOutput();
  };
  co_return co_await parts_.store.write(change);
}

Task<Result<w::ListSchedulesOutput>> Api::list(const Caller& caller,
                                               w::ListSchedulesInput request) {
  const auto group = request.GroupName.value_or("");
  const auto count = std::size_t(request.MaxResults.value_or(page_max));
  auto query = [&](store::Tx& tx) -> Result<w::ListSchedulesOutput> {
    if (!group.empty()) {
      TM_TRY([[maybe_unused]] const auto known, parts_.book.require_group(tx, caller.scope, group));
    }
    w::ListSchedulesOutput out;
    auto& shown = out.Schedules.emplace();
    auto after = after_token(caller, request.NextToken);
    for (bool more = true; more;) {
      TM_TRY(const auto page, parts_.book.list(tx, after, group, page_max));
      more = page.size() == page_max;
      for (const auto& schedule : page) {
        after = schedule.key;
        if (!schedule.key.name.starts_with(request.NamePrefix.value_or(""))) continue;
        TM_TRY(auto summary, summary_of(schedule));
        if (request.State && summary.State != request.State) continue;
        if (shown.size() == count) {
          out.NextToken = fmt::format("{}/{}", *shown.back().GroupName, *shown.back().Name);
          return out;
        }
        shown.push_back(std::move(summary));
      }
    }
    return out;
  };
  co_return co_await parts_.store.read(query);
}

}  // namespace tidemill::schedule
