/// Simulation: what the simulated customer has: queues, roles, jobs, rules, schedules, a trigger;
/// and the changes that they make to them.
#pragma once

#include "glue/tags.h"
#include "glue/trigger.h"
#include "iam/entity.h"
#include "iam/role.h"
#include "server/simulation/node_testing.h"

namespace tidemill::server::simulation {

inline std::string queue_arn(std::string_view name) { return make_arn("sqs", scope, name); }
inline std::string role_arn(std::string_view name) {
  return fmt::format("arn:aws:iam::{}:role/{}", scope.account, name);
}
inline sqs::QueueKey queue_key(std::string_view name) { return {scope, std::string(name)}; }

/// A rule and the kinds of events that it is for.
struct RulePlan {
  std::string name, kinds;
  std::vector<std::string> targets;  ///< AWS's JSON.
};
inline const std::vector<RulePlan>& rule_plans() {
  static const auto dead =
      fmt::format(R"("DeadLetterConfig":{{"Arn":"{}"}})", queue_arn("letters"));
  static const std::vector<RulePlan> plans = {
      {"to-job",
       R"("a")",
       {fmt::format(R"({{"Id":"1","Arn":"{}","RoleArn":"{}",{}}})", glue::job_arn(scope, "etl"),
                    role_arn("rules"), dead)}},
      {"to-queues",
       R"("b","both")",
       {fmt::format(R"({{"Id":"1","Arn":"{}",{}}})", queue_arn("work"), dead),
        fmt::format(R"({{"Id":"2","Arn":"{}","SqsParameters":{{"MessageGroupId":"g"}}}})",
                    queue_arn("order.fifo"))}},
      {"to-moody",
       R"("c","both")",
       {fmt::format(R"({{"Id":"1","Arn":"{}","RetryPolicy":{{"MaximumRetryAttempts":4,)"
                    R"("MaximumEventAgeInSeconds":600}},{}}})",
                    MoodyTarget::arn, dead)}}};
  return plans;
}

/// A schedule of its own, a rule's or a trigger's, due at MINUTE, MINUTE + EVERY, … of each hour.
struct TimerPlan {
  enum class Kind : std::uint8_t { schedule, rule, trigger };
  Kind kind;
  std::string name;
  std::int64_t minute, every;
  std::string target;  ///< Of a schedule: its ARN.
  std::string catchup = {}, overlap = {};

  [[nodiscard]] std::string expression() const {
    return every == 60 ? fmt::format("cron({} * * * ? *)", minute)
                       : fmt::format("cron({}/{} * * * ? *)", minute, every);
  }
  [[nodiscard]] std::string arn() const {
    switch (kind) {
      case Kind::schedule: return schedule::ScheduleKey{scope, "default", name}.arn();
      case Kind::rule: return events::BusKey{scope, "default"}.rule_arn(name);
      case Kind::trigger: break;
    }
    return glue::trigger_arn(scope, name);
  }
  [[nodiscard]] bool is_due_at(TimeMs at) const {
    if (at.ms % minute_ms != 0) return false;
    const auto of_hour = at.ms / minute_ms % 60;
    return of_hour >= minute && (of_hour - minute) % every == 0;
  }
};

/// Sets things up and changes them, in transactions of the customer's.
class Platform {
 public:
  explicit Platform(Node& node, const Clock& clock, Random& random)
      : node_(node), clock_(clock), random_(random) {}

  Status make(store::Tx& tx, const std::vector<TimerPlan>& timers) {
    TM_CHECK(make_queues(tx));
    TM_CHECK(make_role(tx, "rules", "events.amazonaws.com"));
    TM_CHECK(make_role(tx, "schedules", "scheduler.amazonaws.com"));
    for (const auto* name : {"rules", "schedules"}) TM_CHECK(set_permission(tx, name, true));
    TM_CHECK(make_job(tx, "etl", 2, 1, 30));
    TM_CHECK(make_job(tx, "report", 1, 0, 10));
    for (const auto& plan : rule_plans()) TM_CHECK(set_rule(tx, plan, true));
    for (const auto& plan : timers) TM_CHECK(set_timer(tx, plan, true));
    return {};
  }

  Status set_rule(store::Tx& tx, const RulePlan& plan, bool enabled) {
    events::Rule rule{
        .key = {scope, "default"},
        .name = plan.name,
        .pattern = fmt::format(R"({{"source":["sim"],"detail":{{"kind":[{}]}}}})", plan.kinds),
        .enabled = enabled,
        .created = clock_.now(),
        .modified = clock_.now()};
    TM_TRY(const auto saved, events::save_rule(tx, std::move(rule)));
    for (const auto& definition : plan.targets) {
      TM_TRY(const auto target, events::RuleTarget::parse(definition, saved.key.scope.account));
      TM_CHECK(events::save_target(tx, saved.id, target, definition));
    }
    return events::refresh_rule(tx, node_.hub->rules(), saved);
  }

  Status set_timer(store::Tx& tx, const TimerPlan& plan, bool enabled) {
    switch (plan.kind) {
      case TimerPlan::Kind::schedule: return set_schedule(tx, plan, enabled);
      case TimerPlan::Kind::rule: return set_scheduled_rule(tx, plan, enabled);
      case TimerPlan::Kind::trigger: return set_trigger(tx, plan, enabled);
    }
    return {};
  }

  /// Of the role, to do what its targets need.
  Status set_permission(store::Tx& tx, std::string_view role, bool allowed) {
    TM_CHECK(iam::save_inline_policy(
        tx, {scope.account, "role", std::string(role)}, "own",
        fmt::format(
            R"({{"Version":"2012-10-17","Statement":[{{"Effect":"{}","Action":"*","Resource":"*"}}]}})",
            allowed ? "Allow" : "Deny")));
    return node_.authority->refresh(tx);
  }

  /// The queue's policy lets EventBridge send, or not.
  Status set_queue_policy(store::Tx& tx, std::string_view name, bool allowed) {
    TM_TRY(const auto queue, sqs::require_queue(tx, queue_key(name)));
    return node_.queues->set(tx, queue, {{"Policy", allowed ? let_events_send(name) : ""}});
  }

 private:
  static std::string let_events_send(std::string_view name) {
    return fmt::format(
        R"({{"Version":"2012-10-17","Statement":[{{"Effect":"Allow","Principal":{{"Service":"events.amazonaws.com"}},"Action":"sqs:SendMessage","Resource":"{}"}}]}})",
        queue_arn(name));
  }
  Status make_queues(store::Tx& tx) {
    const auto make = [&](std::string_view name, Texts attributes) -> Status {
      attributes["Policy"] = let_events_send(name);
      TM_CHECK(node_.queues->create(tx, queue_key(name), attributes, {}));
      return {};
    };
    TM_CHECK(make("dead", {}));
    TM_CHECK(make("letters", {}));
    TM_CHECK(make("work", {{"RedrivePolicy",
                            fmt::format(R"({{"deadLetterTargetArn":"{}","maxReceiveCount":3}})",
                                        queue_arn("dead"))}}));
    return make("order.fifo", {{"FifoQueue", "true"}});
  }
  Status make_role(store::Tx& tx, std::string_view name, std::string_view service) {
    return iam::add_role(
        tx,
        {.account = scope.account,
         .name = std::string(name),
         .id = fmt::format("AROA{}", name),
         .path = "/",
         .trust = fmt::format(
             R"({{"Version":"2012-10-17","Statement":[{{"Effect":"Allow","Principal":{{"Service":"{}"}},"Action":"sts:AssumeRole"}}]}})",
             service),
         .description = {},
         .created = clock_.now()});
  }
  Status make_job(store::Tx& tx, std::string_view name, int concurrent, int retries, int minutes) {
    const json::object definition{
        {"Role", role_arn("rules")},
        {"Command", json::object{{"Name", "glueetl"}, {"ScriptLocation", "s3://scripts/x.py"}}},
        {"ExecutionProperty", json::object{{"MaxConcurrentRuns", concurrent}}},
        {"MaxRetries", retries},
        {"Timeout", minutes}};
    return glue::add_job(tx, {.scope = scope,
                              .name = std::string(name),
                              .definition = definition,
                              .revision = random_hex(random_, 8),
                              .created = clock_.now(),
                              .modified = clock_.now()});
  }

  Status set_schedule(store::Tx& tx, const TimerPlan& plan, bool enabled) {
    const schedule::ScheduleKey key{scope, "default", plan.name};
    auto& book = node_.scheduling->book();
    TM_TRY(auto there, book.find(tx, key));
    schedule::Schedule schedule = there.value_or(schedule::Schedule{.key = key,
                                                                    .definition = {},
                                                                    .target = {},
                                                                    .client_token = {},
                                                                    .created = {},
                                                                    .modified = {}});
    schedule.definition = json::dump(json::object{
        {"ScheduleExpression", plan.expression()},
        {"ScheduleExpressionTimezone", "UTC"},
        {"State", enabled ? "ENABLED" : "DISABLED"},
        {"FlexibleTimeWindow", json::object{{"Mode", "OFF"}}},
        {"Target",
         json::object{{"Arn", plan.target}, {"RoleArn", role_arn("schedules")}, {"Input", "{}"}}}});
    schedule.modified = clock_.now();
    TM_CHECK(book.save(tx, schedule));
    schedule::Tags tags;
    if (!plan.catchup.empty()) tags["tidemill:catchup"] = plan.catchup;
    if (!plan.overlap.empty()) tags["tidemill:overlap"] = plan.overlap;
    return there || tags.empty() ? Status() : book.change_tags(tx, key.arn(), tags, {});
  }
  Status set_scheduled_rule(store::Tx& tx, const TimerPlan& plan, bool enabled) {
    events::Rule rule{.key = {scope, "default"},
                      .name = plan.name,
                      .pattern = {},
                      .schedule = plan.expression(),
                      .enabled = enabled,
                      .created = clock_.now(),
                      .modified = clock_.now()};
    TM_TRY(const auto saved, events::save_rule(tx, std::move(rule)));
    const auto definition = fmt::format(R"({{"Id":"1","Arn":"{}"}})", plan.target);
    TM_TRY(const auto target, events::RuleTarget::parse(definition, saved.key.scope.account));
    TM_CHECK(events::save_target(tx, saved.id, target, definition));
    TM_CHECK(events::refresh_rule(tx, node_.hub->rules(), saved));
    return node_.scheduling->rules().changed(tx, saved);
  }
  Status set_trigger(store::Tx& tx, const TimerPlan& plan, bool enabled) {
    TM_TRY(
        const auto saved,
        glue::save_trigger(
            tx, {.scope = scope,
                 .name = plan.name,
                 .type = "SCHEDULED",
                 .state = enabled ? "ACTIVATED" : "DEACTIVATED",
                 .definition = {{"Schedule", plan.expression()},
                                {"Actions", json::array{json::object{{"JobName", plan.target}}}}},
                 .created = clock_.now()}));
    return node_.scheduling->triggers().changed(tx, saved);
  }

  Node& node_;
  const Clock& clock_;
  Random& random_;
};

}  // namespace tidemill::server::simulation
