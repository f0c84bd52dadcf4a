#include "schedule/starters.h"

#include <fmt/format.h>

#include "schedule/book.h"

namespace tidemill::schedule {
namespace {

constexpr std::size_t execution_id_bytes = 8;
constexpr std::string_view attribute_head = "<aws.scheduler.";

}  // namespace

Result<std::int64_t> RuleStarter::start(store::Tx& tx, std::int64_t ref, TimeMs planned,
                                        std::optional<std::int64_t> late_ms) {
  std::optional<events::CompiledRule> stored;
  const auto known = hub_.rules().find(ref);
  if (!known) {  // Disabled, or made in this same commit.
    TM_TRY(auto rule, events::find_rule(tx, ref));
    if (!rule) return fail(Errc::internal, fmt::format("there is no rule number {}", ref));
    TM_TRY(auto targets, events::targets_of(tx, ref));
    stored = events::CompiledRule{*std::move(rule), std::move(targets)};
  }
  const auto& rule = known ? *known : *stored;
  const events::Event event{.id = ids_.next(planned),
                            .scope = rule.rule.key.scope,
                            .source = "aws.events",
                            .detail_type = "Scheduled Event",
                            .time = planned,
                            .resources = {rule.rule.arn()},
                            .detail = "{}",
                            .subject = {}};
  return hub_.deliver(tx, event, {event.scope, rule.rule.name, event.resources[0], late_ms},
                      rule.targets);
}

Result<std::int64_t> ScheduleStarter::start(store::Tx& tx, std::int64_t ref, TimeMs planned,
                                            std::optional<std::int64_t> late_ms) {
  TM_TRY(auto schedule, Book::find(tx, ref));
  if (!schedule) return fail(Errc::internal, fmt::format("there is no schedule number {}", ref));
  const auto& scope = schedule->key.scope;
  const auto arn = schedule->key.arn();
  if (auto& input = schedule->target.input.constant; input && input->contains(attribute_head)) {
    *input = fill_attributes(*input, {arn, planned, random_hex(random_, execution_id_bytes)});
  }
  const events::Event event{.id = ids_.next(planned),
                            .scope = scope,
                            .source = "aws.scheduler",
                            .detail_type = "Scheduled Event",
                            .time = planned,
                            .resources = {arn},
                            .detail = R"("{}")",
                            .subject = {}};
  return hub_.deliver(tx, event, {scope, schedule->key.name, arn, late_ms}, {&schedule->target, 1});
}

Status ScheduleStarter::completed(store::Tx& tx, std::int64_t ref) {
  TM_TRY(const auto schedule, Book::find(tx, ref));
  return schedule && schedule->delete_after ? remove(tx, *schedule) : Status();
}

Status RuleTimers::changed(store::Tx& tx, const events::Rule& rule) {
  if (rule.schedule.empty()) return engine_.remove(tx, rule.arn());
  TM_TRY(auto tags, tx.texts("SELECT key, value FROM event_tags WHERE arn = $1", rule.arn()));
  tags.erase(std::string(events::once_tag));  // Of no concern to its times.
  TM_TRY(const auto policy, policy_of(tags));
  return engine_.put(tx, {.arn = rule.arn(),
                          .kind = TimerKind::rule,
                          .ref = rule.id,
                          .enabled = rule.enabled,
                          .expression = rule.schedule,
                          .zone = "UTC",
                          .start = {},
                          .end = {},
                          .policy = policy});
}

Status RuleTimers::removed(store::Tx& tx, const events::Rule& rule) {
  return engine_.remove(tx, rule.arn());
}

}  // namespace tidemill::schedule
