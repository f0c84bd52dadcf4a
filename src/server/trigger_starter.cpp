#include "server/trigger_starter.h"

#include <fmt/format.h>

#include "glue/tags.h"

namespace tidemill::server {

Result<std::int64_t> TriggerStarter::start(store::Tx& tx, std::int64_t ref, TimeMs planned,
                                           std::optional<std::int64_t> late_ms) {
  TM_TRY(const auto trigger, glue::find_trigger(tx, ref));
  if (!trigger) return fail(Errc::internal, fmt::format("there is no trigger number {}", ref));
  return workflows_.fire(tx, *trigger, planned, late_ms);
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
  TM_TRY([[maybe_unused]] const auto event, workflows_.fire(tx, trigger, clock_.now()));
  return {};
}

}  // namespace tidemill::server
