#include "server/trigger_starter.h"

#include <fmt/format.h>

#include "glue/job.h"
#include "glue/tags.h"

namespace tidemill::server {

Result<std::int64_t> TriggerStarter::start(store::Tx& tx, std::int64_t ref, TimeMs planned,
                                           std::optional<std::int64_t> late_ms) {
  TM_TRY(const auto trigger, glue::find_trigger(tx, ref));
  if (!trigger) return fail(Errc::internal, fmt::format("there is no trigger number {}", ref));
  return start(tx, *trigger, planned, late_ms);
}

Result<std::int64_t> TriggerStarter::start(store::Tx& tx, const glue::JobTrigger& trigger,
                                           TimeMs at, std::optional<std::int64_t> late_ms) {
  std::vector<events::RuleTarget> targets;
  for (const auto& given : trigger.actions()) {
    auto action = given.as_object();
    const std::string job(json::text_or_empty(action, "JobName"));
    action.erase("JobName");
    auto& target = targets.emplace_back();
    target.id = fmt::format("action-{}", targets.size());
    target.arn = glue::job_arn(trigger.scope, job);
    target.input.constant = json::dump(action);  // The members of StartJobRun.
  }
  const events::Event event{.id = ordered_uuid(random_, at),
                            .scope = trigger.scope,
                            .source = "aws.glue",
                            .detail_type = "Glue Trigger " + trigger.type,
                            .time = at,
                            .resources = {trigger.arn()},
                            .detail = "{}",
                            .subject = {}};
  return hub_.deliver(tx, event, {trigger.scope, trigger.name, trigger.arn(), late_ms}, targets);
}

Status ScheduledTriggers::changed(store::Tx& tx, const glue::JobTrigger& trigger) {
  if (trigger.type != "SCHEDULED") return {};
  TM_TRY(const auto tags, glue::tags_of(tx, trigger.arn()));
  TM_TRY(const auto policy, schedule::policy_of(tags));
  return engine_.put(tx, {.arn = trigger.arn(),
                          .kind = schedule::TimerKind::trigger,
                          .ref = trigger.id,
                          .enabled = trigger.state == "ACTIVATED",
                          .expression = trigger.schedule(),
                          .zone = "UTC",
                          .start = {},
                          .end = {},
                          .policy = policy});
}

Status ScheduledTriggers::removed(store::Tx& tx, const glue::JobTrigger& trigger) {
  return engine_.remove(tx, trigger.arn());
}

Status ScheduledTriggers::start(store::Tx& tx, const glue::JobTrigger& trigger) {
  TM_TRY([[maybe_unused]] const auto event, starter_.start(tx, trigger, clock_.now()));
  return {};
}

}  // namespace tidemill::server
