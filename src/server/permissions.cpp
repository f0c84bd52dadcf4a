// Who may what: roles of targets and of runs, and what is known of a target.
#include <fmt/format.h>

#include "glue/job_store.h"
#include "server/program.h"

namespace tidemill::server {
namespace {

/// How long a run's keys hold beyond its time-out.
constexpr auto credentials_margin = std::chrono::hours(1);
constexpr auto credentials_unbounded = std::chrono::hours(24 * 7);

}  // namespace

events::RoleDecision Program::role_allows(const events::Delivery& delivery,
                                          std::string_view action) const {
  if (delivery.rule_arn.contains(":trigger/")) return {true, {}, {}};  // Glue itself starts it.
  // EventBridge Scheduler names the group as the source, not the schedule.
  const auto schedule = schedule::schedule_key(delivery.rule_arn);
  const iam::Conditions conditions{
      {"aws:sourcearn",
       schedule ? schedule::group_arn(schedule->scope, schedule->group) : delivery.rule_arn},
      {"aws:sourceaccount", delivery.scope.account}};
  const auto* principal = schedule ? "scheduler.amazonaws.com" : "events.amazonaws.com";
  auto decision = authority_->decide_role(delivery.role_arn, principal, action, delivery.target_arn,
                                          conditions);
  return {decision.allowed, std::move(decision.code), std::move(decision.reason)};
}

Result<explain::TargetFacts> Program::facts_of(store::Tx& tx, const Scope& scope,
                                               const std::string& sender_arn,
                                               const events::RuleTarget& target) const {
  explain::TargetFacts facts;
  events::Delivery delivery{.scope = scope,
                            .rule_arn = sender_arn,
                            .target_arn = target.arn,
                            .role_arn = target.role_arn};
  auto* kind = hub_->target_for(target.arn);
  if (kind != nullptr) {
    TM_TRY(const auto decision, hub_->decide(tx, *kind, delivery));
    if (!decision.allowed) facts.denial = decision.reason;
  }
  if (!target.dead_letter_arn.empty()) {
    const events::DeadLetter letter{.queue_arn = target.dead_letter_arn,
                                    .body = {},
                                    .attributes = {},
                                    .scope = scope,
                                    .sender_arn = sender_arn,
                                    .role_arn = target.role_arn};
    TM_TRY(auto against, dead_letters_->obstacle(tx, letter));
    facts.dead_letter_obstacle = std::move(against).value_or("");
  }
  const auto arn = Arn::parse(target.arn);
  if (kind == nullptr || !arn) {
    facts.exists = false;
    return facts;
  }
  if (queue_target_->takes(*arn)) {
    TM_TRY(const auto queue, sqs::find_queue(tx, target.arn));
    facts.exists = queue.has_value();
  }
  const Scope place{arn->account, arn->region};
  const auto name = arn->resource.substr(arn->resource.find('/') + 1);
  if (workflow_target_->takes(*arn)) {
    TM_TRY(const auto workflow, glue::find_workflow(tx, place, name));
    facts.exists = workflow.has_value();
    if (!workflow) return facts;
    TM_TRY(const auto trigger, glue::event_trigger_of(tx, *workflow));
    if (!trigger && facts.denial.empty()) {
      facts.denial = fmt::format("workflow {} has no trigger of type EVENT that is on", name);
    }
  }
  if (api_destination_target_->takes(*arn)) {
    TM_TRY(const auto destination, events::find_api_destination(tx, target.arn));
    facts.exists = destination.has_value();
  }
  if (topic_target_->takes(*arn)) {
    TM_TRY(const auto topic, sns::find_topic(tx, {place, arn->resource}));
    facts.exists = topic.has_value();
  }
  if (!job_target_->takes(*arn)) return facts;
  TM_TRY(const auto job, glue::find_job(tx, place, name));
  facts.exists = job.has_value();
  if (!job) return facts;
  facts.job = job->name;
  const auto plan = glue::plan_of(*job);
  TM_TRY(facts.job_obstacle, obstacle_of(tx, plan));
  delivery.input = target.input.constant.value_or("");
  delivery.input_is_event = !target.input.constant;
  const auto given = glue::parse_target_input(delivery);
  const auto merged = glue::merge_arguments({plan.defaults, {}, given.arguments, plan.fixed});
  facts.arguments.assign(merged.begin(), merged.end());
  return facts;
}

/// Why each run of the job would fail before its first line; empty: nothing known.
Result<std::string> Program::obstacle_of(store::Tx& tx, const glue::JobPlan& plan) const {
  constexpr std::string_view scheme = "s3://";
  if (const auto may = authority_->may_assume(plan.role_arn, "glue.amazonaws.com"); !may) {
    return may.error().message;
  }
  const auto slash = plan.script.find('/', scheme.size());
  if (!plan.script.starts_with(scheme) || slash == std::string::npos) {
    return fmt::format("its script {} is no s3://BUCKET/KEY", plan.script);
  }
  TM_TRY(const auto script,
         s3::Objects::describe(tx, plan.script.substr(scheme.size(), slash - scheme.size()),
                               plan.script.substr(slash + 1)));
  return script.exists ? std::string() : fmt::format("its script {} is not there", plan.script);
}

Status Program::may_pass(const Caller& caller, std::string_view role) const {
  return authority_->authorize(caller, "iam:PassRole", role);
}

Result<glue::RunCredentials> Program::credentials_of(const glue::Launch& launch) const {
  const std::chrono::milliseconds lasting =
      launch.timeout_minutes > 0 ? std::chrono::minutes(launch.timeout_minutes) + credentials_margin
                                 : credentials_unbounded;
  if (!authority_->may_assume(launch.role_arn, "glue.amazonaws.com")) {
    return fail(Errc::access_denied,
                fmt::format("Role {} should be given assume role permissions for Glue Service.",
                            launch.role_arn));
  }
  auto session = authority_->session_for_role({.role_arn = launch.role_arn,
                                               .name = "GlueJobRunnerSession",
                                               .expiration = clock_.now().plus(lasting)});
  return glue::RunCredentials{.access_key_id = std::move(session.access_key_id),
                              .secret = std::move(session.secret),
                              .session_token = std::move(session.session_token)};
}

}  // namespace tidemill::server
