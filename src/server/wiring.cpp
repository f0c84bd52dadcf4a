#include <filesystem>

#include <fmt/format.h>

#include "base/log.h"
#include "events/retention.h"
#include "events/schema.h"
#include "glue/job_store.h"
#include "glue/schema.h"
#include "iam/schema.h"
#include "logs/schema.h"
#include "s3/schema.h"
#include "schedule/schema.h"
#include "server/program.h"
#include "store/sqlite/sqlite_store.h"

namespace tidemill::server {
namespace {

constexpr int pool_threads = 8;
constexpr std::size_t pool_queue_max = 4096;
/// How long a run's keys hold beyond its time-out.
constexpr auto credentials_margin = std::chrono::hours(1);
constexpr auto tidy_every = std::chrono::milliseconds(std::chrono::hours(1));
constexpr auto tidy_pause = std::chrono::milliseconds(100);
constexpr auto credentials_unbounded = std::chrono::hours(24 * 7);

template <class... M>
std::vector<store::Migration> joined(const M&... series) {
  std::vector<store::Migration> all;
  (all.insert(all.end(), series.begin(), series.end()), ...);
  return all;
}

std::vector<std::string> bucket_domains(const Options& options) {
  return {"s3." + options.base_domain, options.base_domain};
}

}  // namespace

iam::AuthorityOptions Program::authority_options() const {
  return {.account = options_.account_id,
          .admin_access_key_id = identity_.access_key_id,
          .admin_secret = identity_.secret_access_key,
          .session_key = identity_.session_key,
          .test_mode = options_.test_mode};
}

events::Hub::Options Program::hub_options() {
  return {.role_allows = [this](const events::Delivery& delivery,
                                std::string_view action) { return role_allows(delivery, action); },
          .due = [this](TimeMs at) { due_->set(at); },
          .decided = [this] { rule_log_->wake(); },
          .freed = [this](store::Tx& tx, std::string_view) -> Status {
            return scheduling_ ? scheduling_->engine().drain(tx) : Status();
          }};
}

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

Result<explain::TargetFacts> Program::facts_of(store::Tx& tx, const events::Rule& rule,
                                               const events::RuleTarget& target) const {
  explain::TargetFacts facts;
  events::Delivery delivery{.scope = rule.key.scope,
                            .rule_arn = rule.arn(),
                            .target_arn = target.arn,
                            .role_arn = target.role_arn};
  const auto* kind = hub_->target_for(target.arn);
  if (kind != nullptr) facts.denial = role_allows(delivery, kind->action()).reason;
  const auto arn = Arn::parse(target.arn);
  if (kind == nullptr || !arn) {
    facts.exists = false;
    return facts;
  }
  if (!job_target_->takes(*arn)) return facts;
  const Scope scope{arn->account, arn->region};
  TM_TRY(const auto job,
         glue::find_job(tx, scope, arn->resource.substr(arn->resource.find('/') + 1)));
  facts.exists = job.has_value();
  if (!job) return facts;
  facts.job = job->name;
  const auto plan = glue::plan_of(*job);
  delivery.input = target.input.constant.value_or("");
  delivery.input_is_event = !target.input.constant;
  const auto given = glue::parse_target_input(delivery);
  const auto merged = glue::merge_arguments({plan.defaults, {}, given.arguments, plan.fixed});
  facts.arguments.assign(merged.begin(), merged.end());
  return facts;
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

Status Program::open_stores() {
  const auto open = [this](std::string_view name, const std::vector<store::Migration>& migrations) {
    store::SqliteOptions sqlite{.path = fmt::format("{}/{}", options_.data, name)};
    sqlite.on_fatal = [this](const Error&) {
      broken_ = true;
      kill(getpid(), SIGTERM);
    };
    return store::open_sqlite(std::move(sqlite), migrations);
  };
  TM_TRY(store_, open("tidemill.db", joined(iam::migrations, events::migrations, s3::migrations,
                                            glue::migrations, schedule::migrations)));
  TM_TRY(logs_store_, open("logs.db", joined(logs::migrations)));
  return {};
}

Status Program::make_services() {
  pool_ = std::make_unique<io::Pool>(pool_threads, pool_queue_max);
  ledger_ = std::make_unique<logs::Ledger>(clock_);
  authority_ = std::make_unique<iam::Authority>(authority_options());
  due_ = std::make_unique<io::Alarm>(*loops_, 0, clock_, [this] { deliver_due(); });
  tidy_ = std::make_unique<io::Alarm>(*loops_, 0, clock_, [this] { tidy_up(); });
  hub_ = std::make_unique<events::Hub>(clock_, random_, hub_options());
  TM_CHECK(open_stores());
  auto load_logs = [this](store::Tx& tx) { return ledger_->load(tx); };
  TM_CHECK(logs_store_->write_now(load_logs));
  replayer_ = std::make_unique<events::Replayer>(*store_, *hub_, clock_);
  const RuleLog::Parts rule_log{*loops_, *store_, *logs_store_, *ledger_};
  rule_log_ = std::make_unique<RuleLog>(rule_log);

  TM_TRY(bodies_, s3::Bodies::open({*store_, *pool_, random_}, options_.data + "/objects"));
  const s3::Core core{*store_, *bodies_, *hub_, clock_, random_};
  objects_ = std::make_unique<s3::Objects>(core);

  scripts_ = std::make_unique<ScriptsInS3>(*objects_);
  output_ = std::make_unique<OutputInLogs>(*logs_store_, *ledger_);
  const auto credentials = [this](const glue::Launch& launch) { return credentials_of(launch); };
  TM_TRY(launcher_,
         glue::ProcessLauncher::make({.data_dir = std::filesystem::absolute(options_.data).string(),
                                      .python = options_.python,
                                      .endpoint_url = endpoint_,
                                      .max_running = options_.max_running},
                                     {*loops_, *scripts_, *output_, clock_, credentials}));
  const glue::Runs::Parts runs{*store_, *hub_, *launcher_, clock_, random_};
  runs_ = std::make_unique<glue::Runs>(runs);
  launcher_->observe(*runs_);
  job_target_ = std::make_unique<glue::JobTarget>(*runs_);
  hub_->add_target(*job_target_);
  bus_target_ = std::make_unique<events::BusTarget>(*hub_, clock_, random_);
  hub_->add_target(*bus_target_);
  const Scheduling::Parts scheduling{*loops_, *store_, *hub_, *runs_, clock_, random_};
  scheduling_ = std::make_unique<Scheduling>(scheduling);
  return {};
}

/// Brings back what was there when the last program ended, and what was still to be done.
Status Program::load_state() {
  auto load = [this](store::Tx& tx) -> Status {
    TM_CHECK(authority_->load(tx));
    TM_CHECK(runs_->recover(tx));
    TM_CHECK(hub_->load(tx));
    return scheduling_->engine().load(tx);
  };
  return store_->write_now(load);
}

void Program::wire_operations() {
  authenticator_ = wire::make_authenticator(*authority_, clock_,
                                            {.test_mode = options_.test_mode,
                                             .account_id = options_.account_id,
                                             .region = options_.region,
                                             .base_domains = bucket_domains(options_)});
  router_ = std::make_unique<wire::Router>(*authenticator_, *authority_, clock_, random_,
                                           wire::RouterOptions{bucket_domains(options_)});
  console_ = std::make_unique<console::Console>(*authenticator_, *authority_);
  router_->set_fallback(*console_);
  const auto pass = [this](const Caller& caller, std::string_view role) {
    return may_pass(caller, role);
  };
  s3_api_ = std::make_unique<s3::Api>(*objects_, *authority_);
  s3_api_->register_with(*router_);
  const events::Api::Parts events{*store_, *hub_,       scheduling_->rules(), clock_,
                                  random_, *authority_, options_.strict_aws};
  events_api_ = std::make_unique<events::Api>(events, pass);
  events_api_->register_with(*router_);
  archive_api_ = std::make_unique<events::ArchiveApi>(*store_, *hub_, *replayer_, clock_);
  archive_api_->register_with(*router_);
  const schedule::Api::Parts schedule{*store_, scheduling_->book(), *hub_, scheduling_->zones(),
                                      clock_};
  schedule_api_ = std::make_unique<schedule::Api>(schedule, pass);
  schedule_api_->register_with(*router_);
  schedule_desk_ = std::make_unique<ScheduleDesk>(*store_, *scheduling_, clock_);
  schedule_desk_->open(*console_);
  iam_api_ = std::make_unique<iam::Api>(*store_, *authority_, clock_, random_);
  iam_api_->register_with(*router_);
  const glue::Api::Parts glue{*store_, *runs_, *hub_, scheduling_->triggers(), clock_, random_};
  glue_api_ = std::make_unique<glue::Api>(glue, pass);
  glue_api_->register_with(*router_);
  trigger_api_ = std::make_unique<glue::TriggerApi>(*store_, scheduling_->triggers(), clock_);
  trigger_api_->register_with(*router_);
  logs_api_ = std::make_unique<logs::Api>(*logs_store_, *ledger_);
  logs_api_->register_with(*router_);
  const auto facts = [this](store::Tx& tx, const events::Rule& rule,
                            const events::RuleTarget& target) {
    return facts_of(tx, rule, target);
  };
  const explain::Sources sources{
      .object = [](store::Tx& tx, std::string_view bucket,
                   std::string_view key) -> Result<json::object> {
        TM_TRY(const auto seen, s3::Objects::describe(tx, bucket, key));
        return json::object{{"exists", seen.exists},
                            {"bucket_exists", seen.bucket_exists},
                            {"eventbridge", seen.eventbridge},
                            {"size", seen.size},
                            {"etag", seen.etag},
                            {"last_modified_ms", seen.modified.ms}};
      },
      .run = [this](store::Tx& tx, std::string_view id) -> Result<json::object> {
        TM_TRY(const auto run, runs_->find(tx, id));
        return run ? glue::shown_run(*run) : json::object();
      },
      .target = facts};
  storyteller_ = std::make_unique<explain::Storyteller>(*store_, sources);
  linter_ = std::make_unique<explain::Linter>(*store_, facts);
  backfill_ = std::make_unique<Backfill>(*store_, *hub_, clock_, random_);
  wire_endpoints();
}

void Program::deliver_due() {
  store_->post(
      [this](store::Tx& tx) -> Status {
        TM_TRY(const auto next, hub_->deliver_due(tx));
        if (next) tx.on_commit([this, at = *next] { due_->set(at); });
        return {};
      },
      [](const Status& done) {
        if (!done) TM_LOG(error, "events", "delivery failed", {{"reason", done.error().message}});
      });
}

/// Lets go of what is kept for a time only: at start, then every hour.
void Program::tidy_up() {
  store_->post(
      [this](store::Tx& tx) -> Status {
        const auto now = clock_.now();
        TM_CHECK(events::expire_archived(tx, now));
        bool more = false;
        if (options_.audit_days > 0) {
          TM_TRY(more,
                 events::forget_events(tx, now.plus(-std::chrono::days(options_.audit_days))));
        }
        tx.on_commit(
            [this, more] { tidy_->set(clock_.now().plus(more ? tidy_pause : tidy_every)); });
        return {};
      },
      [](const Status& done) {
        if (!done) TM_LOG(error, "events", "tidying failed", {{"reason", done.error().message}});
      });
}

}  // namespace tidemill::server
