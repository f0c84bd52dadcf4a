#include <filesystem>
#include <future>

#include <fmt/format.h>

#include "cloudtrail/schema.h"
#include "events/batch_rows.h"
#include "events/schema.h"
#include "glue/catalog/schema.h"
#include "glue/schema.h"
#include "iam/schema.h"
#include "logs/schema.h"
#include "metrics/schema.h"
#include "s3/schema.h"
#include "schedule/schema.h"
#include "secretsmanager/schema.h"
#include "server/program.h"
#include "sns/schema.h"
#include "sqs/schema.h"
#include "ssm/schema.h"
#include "store/sqlite/sqlite_store.h"
#include "wire/gen/services.h"

namespace tidemill::server {
namespace {

constexpr int pool_threads = 8;
constexpr std::size_t pool_queue_max = 4096;
// What a kill may lose of the metrics.
constexpr auto metrics_flush_after = std::chrono::milliseconds(10'000);

template <class... M>
std::vector<store::Migration> joined(const M&... series) {
  std::vector<store::Migration> all;
  (all.insert(all.end(), series.begin(), series.end()), ...);
  return all;
}

/// How many src/wire/operations.toml lists: each of them has a handler, or it isn't served.
std::size_t listed_operations() {
  std::size_t count = 0;
  for (const auto* service : wire::all_services()) count += service->operations.size();
  return count;
}

std::vector<std::string> bucket_domains(const Options& options) {
  return {"s3." + options.base_domain, options.base_domain};
}

/// A program's name is looked for in PATH; a path must hold in any directory.
std::string program_path(const std::string& program) {
  return program.contains('/') ? std::filesystem::absolute(program).string() : program;
}

}  // namespace

iam::AuthorityOptions Program::authority_options() const {
  return {.account = options_.account_id,
          .admin_access_key_id = identity_.access_key_id,
          .admin_secret = identity_.secret_access_key,
          .session_key = identity_.session_key,
          .test_mode = options_.test_mode};
}

http::ClientOptions Program::client_options() const {
  return {.allow_local = options_.allow_local_targets || options_.test_mode,
          .ca_file = options_.ca_file};
}

events::Hub::Options Program::hub_options() {
  return {.role_allows = [this](const events::Delivery& delivery,
                                std::string_view action) { return role_allows(delivery, action); },
          .due = [this](TimeMs at) { due_->set(at); },
          .decided = [this] { rule_log_->wake(); },
          .freed = [this](store::Tx& tx, std::string_view) -> Status {
            return scheduling_ ? scheduling_->engine().drain(tx) : Status();
          },
          .listed = [this] { batch_lists_->wake(); },
          .dead_letters = dead_letters_.get(),
          .published = [this] { tally_->published(); },
          .meter = tally_.get()};
}

sqs::Queues::Options Program::queue_options() {
  return {.visible = [this](std::int64_t queue, TimeMs at,
                            int count) { waiters_->visible(queue, at, count); },
          .due = [this](TimeMs at) { queue_work_->set(at); },
          .meter = tally_.get()};
}

/// What is on disk can't be known any more: the next start will see.
void Program::give_up() {
  broken_ = true;
  kill(getpid(), SIGTERM);
}

Status Program::open_stores() {
  const auto open = [this](std::string_view name, Latencies& commits,
                           const std::vector<store::Migration>& migrations) {
    store::SqliteOptions sqlite{.path = fmt::format("{}/{}", options_.data, name)};
    sqlite.committed = [&commits](std::chrono::nanoseconds took) {
      commits.observe(std::chrono::duration<double>(took).count());
    };
    sqlite.on_fatal = [this](const Error&) { give_up(); };
    sqlite.on_full = [this] { disk_is_full(); };
    return store::open_sqlite(std::move(sqlite), migrations);
  };
  // At the same time: a new one is a handful of flushes, and those share the disk's.
  auto logs = std::async(std::launch::async, open, "logs.db", std::ref(tally_->log_commits),
                         joined(logs::migrations));
  auto metrics = std::async(std::launch::async, open, "metrics.db",
                            std::ref(tally_->metric_commits), joined(metrics::metric_migrations));
  auto audit = std::async(std::launch::async, open, "audit.db", std::ref(tally_->audit_commits),
                          joined(cloudtrail::migrations));
  TM_TRY(store_, open("tidemill.db", tally_->commits,
                      joined(iam::migrations, events::migrations, s3::migrations, glue::migrations,
                             glue::catalog::migrations, schedule::migrations, sqs::migrations,
                             sns::migrations, metrics::alarm_migrations, ssm::migrations,
                             secretsmanager::migrations)));
  TM_TRY(logs_store_, logs.get());
  TM_TRY(metrics_store_, metrics.get());
  TM_TRY(audit_store_, audit.get());
  return {};
}

Status Program::make_services() {
  pool_ = std::make_unique<io::Pool>(pool_threads, pool_queue_max);
  TM_TRY(client_, http::Client::make(client_options(), *pool_));
  authority_ = std::make_unique<iam::Authority>(authority_options());
  due_ = std::make_unique<io::Alarm>(*loops_, 0, clock_, [this] { deliver_due(); });
  room_ = std::make_unique<io::Alarm>(*loops_, 0, clock_, [this] { look_for_room(); });
  planned_ = std::make_unique<io::Alarm>(*loops_, 0, clock_, [this] { scheduling_->wake(); });
  tidy_ = std::make_unique<io::Alarm>(*loops_, 0, clock_, [this] { tidy_up(); });
  queue_work_ = std::make_unique<io::Alarm>(*loops_, 0, clock_, [this] { work_on_queues(); });
  workflow_work_ = std::make_unique<io::Alarm>(*loops_, 0, clock_, [this] { start_workflows(); });
  metrics_flush_ = std::make_unique<io::Alarm>(*loops_, 0, clock_, [this] { flush_metrics(); });
  buckets_due_ = std::make_unique<io::Alarm>(*loops_, 0, clock_, [this] { measure_buckets(); });
  recorder_ = std::make_unique<metrics::Recorder>(
      clock_, [this] { metrics_flush_->set(clock_.now().plus(metrics_flush_after)); });
  tally_ = std::make_unique<Tally>(*recorder_);
  metrics_ledger_ = std::make_unique<metrics::Ledger>(clock_, *recorder_);
  ledger_ = std::make_unique<logs::Ledger>(clock_, tally_.get());
  waiters_ = std::make_unique<sqs::Waiters>(*loops_, clock_);
  const sqs::Queues::Parts queues{clock_, random_, *authority_};
  queues_ = std::make_unique<sqs::Queues>(queues, queue_options());
  dead_letters_ = std::make_unique<DeadLettersInQueues>(*queues_, *authority_);
  hub_ = std::make_unique<events::Hub>(clock_, random_, hub_options());
  TM_CHECK(open_stores());
  auto load_logs = [this](store::Tx& tx) { return ledger_->load(tx); };
  TM_CHECK(logs_store_->write_now(load_logs));
  replay_ = std::make_unique<io::Alarm>(*loops_, 0, clock_, [this] { replayer_->wake(); });
  const auto wake_later = [this] { replay_->set(clock_.now().plus(pause_after_failure)); };
  replayer_ = std::make_unique<events::Replayer>(*store_, *hub_, clock_, wake_later);
  const RuleLog::Parts rule_log{*loops_, *store_, *logs_store_, *ledger_};
  rule_log_ = std::make_unique<RuleLog>(rule_log);
  TM_CHECK(make_objects());
  TM_CHECK(make_jobs());
  bus_policies_ = std::make_unique<events::BusPolicies>(*authority_, *bucket_policies_);
  const events::BusTarget::Parts bus_target{*hub_, *bus_policies_, clock_, random_};
  bus_target_ = std::make_unique<events::BusTarget>(bus_target);
  hub_->add_target(*bus_target_);
  log_group_target_ = std::make_unique<events::LogGroupTarget>(
      *hub_, [this](const Scope& scope, const std::string& group) {
        return ledger_->exists(scope, group);
      });
  hub_->add_target(*log_group_target_);
  make_outside();
  const auto plan = [this](TimeMs at) { planned_->set(at); };
  const Scheduling::Parts scheduling{plan, *store_, *hub_, *runs_, *workflows_, clock_, random_};
  scheduling_ = std::make_unique<Scheduling>(scheduling);
  queue_target_ = std::make_unique<sqs::QueueTarget>(*queues_);
  hub_->add_target(*queue_target_);
  const ssm::Parameters::Parts parameters{*hub_, *sealer_, clock_, random_};
  parameters_ = std::make_unique<ssm::Parameters>(parameters);
  const secretsmanager::Secrets::Parts secrets{*sealer_, clock_, random_};
  secrets_ = std::make_unique<secretsmanager::Secrets>(secrets);
  make_metrics();
  return {};
}

Status Program::make_objects() {
  const s3::Bodies::Parts bodies{*store_, *pool_, random_, [this](const Error&) { give_up(); }};
  TM_TRY(bodies_, s3::Bodies::open(bodies, options_.data + "/objects"));
  TM_CHECK(make_topics());
  bucket_notifications_ = std::make_unique<BucketNotifications>(*queues_, *topics_);
  const s3::Core core{
      *store_, *bodies_, *hub_, clock_, random_, bucket_settings_, bucket_notifications_.get()};
  objects_ = std::make_unique<s3::Objects>(core);
  const s3::ExpirySweep::Parts expiry{*loops_, *objects_};
  expiry_sweep_ = std::make_unique<s3::ExpirySweep>(expiry);
  const s3::RequestMetrics::Parts requests{bucket_settings_.metrics, *loops_, *store_, *recorder_};
  request_metrics_ = std::make_unique<s3::RequestMetrics>(requests);
  bucket_policies_ = std::make_unique<s3::BucketPolicies>(*authority_, bucket_settings_.policies);
  const BatchLists::Parts lists{*loops_, *store_, *objects_, *hub_};
  batch_lists_ = std::make_unique<BatchLists>(lists);
  return {};
}

Status Program::make_jobs() {
  scripts_ = std::make_unique<ScriptsInS3>(*objects_);
  output_ = std::make_unique<OutputInLogs>(*logs_store_, *ledger_);
  const auto credentials = [this](const glue::Launch& launch) { return credentials_of(launch); };
  const auto manifest = [this](std::int64_t delivery) { return manifest_of(delivery); };
  TM_TRY(launcher_, glue::ProcessLauncher::make(
                        {.data_dir = std::filesystem::absolute(options_.data).string(),
                         .python = program_path(options_.python),
                         .endpoint_url = endpoint_,
                         .max_running = options_.max_running},
                        {*loops_, *scripts_, *output_, clock_, credentials, manifest}));
  const glue::Runs::Parts runs{*store_, *hub_, *launcher_, clock_, random_, tally_.get()};
  runs_ = std::make_unique<glue::Runs>(runs);
  launcher_->observe(*runs_);
  job_target_ = std::make_unique<glue::JobTarget>(*runs_);
  hub_->add_target(*job_target_);
  const auto wake_workflows = [this](TimeMs at) { workflow_work_->set(at); };
  const glue::Workflows::Parts workflows{*hub_, *runs_, clock_, random_, wake_workflows};
  workflows_ = std::make_unique<glue::Workflows>(workflows);
  runs_->follow(*workflows_);
  workflow_target_ = std::make_unique<glue::WorkflowTarget>(*workflows_);
  hub_->add_target(*workflow_target_);
  return {};
}

/// What goes to API destinations.
void Program::make_outside() {
  const events::Courier::Parts courier{*loops_, *store_, *hub_, *client_, clock_};
  courier_ = std::make_unique<events::Courier>(courier);
  api_destination_target_ = std::make_unique<events::ApiDestinationTarget>(*courier_, *sealer_);
  hub_->add_target(*api_destination_target_);
  const events::Authorizer::Parts authorizer{*loops_, *store_, *client_, clock_, *sealer_};
  connection_authorizer_ = std::make_unique<events::Authorizer>(authorizer);
}

/// The manifest of the batch that `delivery` carries, for its run.
Task<Result<std::string>> Program::manifest_of(std::int64_t delivery) {
  auto query = [&](store::Tx& tx) { return events::batch_manifest(tx, delivery); };
  co_return co_await store_->read(query);
}

void Program::make_metrics() {
  alarm_actions_ = std::make_unique<AlarmsInTopics>(*topics_);
  const metrics::AlarmBook::Parts book{*hub_, clock_, random_, [this] { watch_->wake(); },
                                       alarm_actions_.get()};
  alarms_ = std::make_unique<metrics::AlarmBook>(book);
  const metrics::Watch::Parts watch{
      *loops_, *store_, *metrics_store_, *metrics_ledger_, *alarms_, clock_, [this](TimeMs at) {
        return sample_metrics(at);
      }};
  watch_ = std::make_unique<metrics::Watch>(watch);
}

/// Brings back what was there when the last program ended, and what was still to be done.
Status Program::load_state() {
  auto load = [this](store::Tx& tx) -> Status {
    TM_CHECK(authority_->load(tx));
    TM_CHECK(bucket_settings_.load(tx));
    TM_CHECK(queues_->load(tx));
    TM_CHECK(topics_->load(tx));
    TM_CHECK(runs_->recover(tx));
    TM_CHECK(bus_policies_->load(tx));
    TM_CHECK(hub_->load(tx));
    TM_CHECK(connection_authorizer_->load(tx));
    return scheduling_->engine().load(tx);
  };
  return store_->write_now(load);
}

void Program::wire_glue(const PassRole& pass) {
  const glue::Api::Parts glue{*store_, *runs_, scheduling_->triggers(), clock_, random_};
  glue_api_ = std::make_unique<glue::Api>(glue, pass);
  glue_api_->register_with(*router_);
  trigger_api_ = std::make_unique<glue::TriggerApi>(*store_, scheduling_->triggers(), clock_);
  trigger_api_->register_with(*router_);
  const glue::WorkflowApi::Parts workflows{*store_, *workflows_, *runs_, scheduling_->triggers(),
                                           clock_};
  workflow_api_ = std::make_unique<glue::WorkflowApi>(workflows);
  workflow_api_->register_with(*router_);
  catalog_announcer_ = std::make_unique<glue::catalog::Announcer>(*hub_, clock_, random_);
  catalog_api_ = std::make_unique<glue::catalog::CatalogApi>(*store_, *catalog_announcer_, clock_);
  catalog_api_->register_with(*router_);
}

void Program::wire_connections() {
  const events::ConnectionApi::Parts parts{*store_, *connection_authorizer_, clock_, random_,
                                           *sealer_};
  connection_api_ = std::make_unique<events::ConnectionApi>(parts);
  connection_api_->register_with(*router_);
}

void Program::wire_metrics() {
  alarm_api_ = std::make_unique<metrics::AlarmApi>(*store_, *alarms_);
  alarm_api_->register_with(*router_);
  const metrics::MetricApi::Parts metrics{*metrics_store_, *metrics_ledger_, *recorder_, clock_,
                                          [this] { return sample_buckets(); }};
  metric_api_ = std::make_unique<metrics::MetricApi>(metrics);
  metric_api_->register_with(*router_);
  dashboard_api_ = std::make_unique<metrics::DashboardApi>(*store_, clock_);
  dashboard_api_->register_with(*router_);
}

void Program::wire_secrets() {
  const ssm::Api::Parts ssm{*store_, *parameters_, *authority_};
  ssm_api_ = std::make_unique<ssm::Api>(ssm);
  ssm_api_->register_with(*router_);
  const secretsmanager::Api::Parts secrets{*store_, *secrets_, *authority_, random_};
  secrets_api_ = std::make_unique<secretsmanager::Api>(secrets);
  secrets_api_->register_with(*router_);
}

void Program::limit_requests() {
  const RequestAdmission::Parts admission{*store_, *logs_store_, *metrics_store_, reserve_,
                                          [this] { disk_is_full(); }};
  admission_ = std::make_unique<RequestAdmission>(admission);
  router_->set_admission(*admission_);
}

void Program::make_router() {
  authenticator_ = wire::make_authenticator(*authority_, clock_,
                                            {.test_mode = options_.test_mode,
                                             .account_id = options_.account_id,
                                             .region = options_.region,
                                             .base_domains = bucket_domains(options_)});
  router_ = std::make_unique<wire::Router>(*authenticator_, *bus_policies_, clock_, random_,
                                           wire::RouterOptions{bucket_domains(options_)});
  console_ = std::make_unique<console::Console>(*authenticator_, *authority_, metrics_token_);
  router_->set_fallback(*console_);
  router_->set_cross_origin(bucket_cors_);
  router_->set_observer(*request_metrics_);
  trail_ = std::make_unique<cloudtrail::Trail>(*audit_store_, random_);
  router_->set_audit_trail(*trail_);
  cloudtrail_api_ = std::make_unique<cloudtrail::Api>(*audit_store_);
  cloudtrail_api_->register_with(*router_);
}

void Program::wire_operations() {
  make_router();
  const auto pass = [this](const Caller& caller, std::string_view role) {
    return may_pass(caller, role);
  };
  s3_api_ = std::make_unique<s3::Api>(*objects_, *bucket_policies_);
  s3_api_->register_with(*router_);
  const events::Api::Parts events{*store_, *hub_,          scheduling_->rules(), clock_,
                                  random_, *bus_policies_, options_.strict_aws};
  events_api_ = std::make_unique<events::Api>(events, pass);
  events_api_->register_with(*router_);
  archive_api_ = std::make_unique<events::ArchiveApi>(*store_, *hub_, *replayer_, clock_);
  archive_api_->register_with(*router_);
  wire_connections();
  const schedule::Api::Parts schedule{*store_, scheduling_->book(), *hub_, scheduling_->zones(),
                                      clock_};
  schedule_api_ = std::make_unique<schedule::Api>(schedule, pass);
  schedule_api_->register_with(*router_);
  schedule_desk_ = std::make_unique<ScheduleDesk>(*store_, *scheduling_, clock_);
  schedule_desk_->open(*console_);
  iam_api_ = std::make_unique<iam::Api>(*store_, *authority_, clock_, random_);
  iam_api_->register_with(*router_);
  wire_glue(pass);
  logs_api_ = std::make_unique<logs::Api>(*logs_store_, *ledger_);
  logs_api_->register_with(*router_);
  wire_metrics();
  auto look = doctor_sources();
  const auto facts = look.target;
  const sqs::Api::Parts sqs{*store_, *queues_, *waiters_, *authority_};
  sqs_api_ = std::make_unique<sqs::Api>(sqs);
  sqs_api_->register_with(*router_);
  wire_topics();
  wire_secrets();
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
        if (glue::is_workflow_run(id)) return glue::shown_workflow_run(tx, id);
        TM_TRY(const auto run, runs_->find(tx, id));
        return run ? glue::shown_run(*run) : json::object();
      },
      .target = facts};
  storyteller_ = std::make_unique<explain::Storyteller>(*store_, sources);
  linter_ = std::make_unique<explain::Linter>(*store_, facts);
  doctor_ = std::make_unique<explain::Doctor>(*store_, std::move(look));
  backfill_ = std::make_unique<Backfill>(*store_, *hub_, random_);
  wire_endpoints();
  TM_ASSERT(router_->counts().size() == listed_operations());
}

}  // namespace tidemill::server
