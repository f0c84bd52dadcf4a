/// The program: every part and what joins them. server.cpp makes, runs and ends it, wiring.cpp
/// joins the services, permissions.cpp says who may what, chores.cpp does what goes on by itself,
/// endpoints.cpp and delivery_endpoints.cpp answer what lives under /_tidemill/.
#pragma once

#include <atomic>
#include <csignal>
#include <functional>
#include <memory>
#include <optional>
#include <string_view>

#include "base/seal.h"
#include "cloudtrail/api.h"
#include "console/console.h"
#include "events/api.h"
#include "events/api_archives.h"
#include "events/api_connections.h"
#include "events/bus_target.h"
#include "events/courier.h"
#include "events/log_group_target.h"
#include "explain/doctor.h"
#include "explain/lint.h"
#include "explain/story.h"
#include "glue/api.h"
#include "glue/api_triggers.h"
#include "glue/api_workflows.h"
#include "glue/catalog/api_catalog.h"
#include "glue/launch/process_launcher.h"
#include "glue/workflow/workflow_target.h"
#include "http/client.h"
#include "http/server.h"
#include "iam/api.h"
#include "iam/authority.h"
#include "io/alarm.h"
#include "logs/api.h"
#include "metrics/api.h"
#include "metrics/api_dashboards.h"
#include "metrics/api_metrics.h"
#include "metrics/watch.h"
#include "s3/api.h"
#include "s3/expiry_sweep.h"
#include "s3/policies.h"
#include "s3/request_metrics.h"
#include "schedule/api.h"
#include "secretsmanager/api.h"
#include "server/adapters.h"
#include "server/admission.h"
#include "server/backfill.h"
#include "server/batch_lists.h"
#include "server/bucket_notifications.h"
#include "server/chore.h"
#include "server/dead_letters.h"
#include "server/gate.h"
#include "server/identity.h"
#include "server/lock.h"
#include "server/options.h"
#include "server/post_office.h"
#include "server/rule_log.h"
#include "server/schedule_desk.h"
#include "server/scheduling.h"
#include "server/tally.h"
#include "server/topic_links.h"
#include "sns/api.h"
#include "sns/courier.h"
#include "sns/target.h"
#include "sqs/api.h"
#include "sqs/target.h"
#include "ssm/api.h"

namespace tidemill::server {

/// All that runs, in the order of its making; taken apart in reverse.
class Program {
 public:
  explicit Program(Options options)
      : options_(std::move(options)),
        reserve_(options_.data + "/reserve", std::uint64_t(options_.reserve_mib) << 20) {}

  Status start();
  /// Blocks until a signal; false if it was the store that called for the end.
  bool wait();
  void stop();

 private:
  using Answer = Task<Result<json::value>>;

  Status listen();
  void disk_is_full();
  void look_for_room();
  Status open_stores();
  void give_up();
  Status make_services();
  Status make_objects();
  Status make_jobs();
  void make_outside();
  Status load_state();
  void make_router();
  void wire_operations();
  void wire_glue(const PassRole& pass);
  void wire_connections();
  void wire_secrets();
  void wire_metrics();
  void limit_requests();
  void wire_endpoints();
  void wire_delivery_endpoints();
  /// One step; `alarm` calls for the next one.
  void do_step(store::Store& store, io::Alarm& alarm, const Chore& chore);
  void look_at_the_time();
  void deliver_due();
  void tidy_up();
  void work_on_queues();
  void start_workflows();
  void flush_metrics();
  void measure_buckets();
  void tidy_up_metrics();
  void tidy_up_audit();
  void close_metrics();
  void make_metrics();
  Status make_topics();
  void wire_topics();
  Task<Status> sample_metrics(TimeMs at);
  Task<Status> sample_buckets();

  [[nodiscard]] iam::AuthorityOptions authority_options() const;
  [[nodiscard]] http::ClientOptions client_options() const;
  [[nodiscard]] events::Hub::Options hub_options();
  [[nodiscard]] sqs::Queues::Options queue_options();
  [[nodiscard]] events::RoleDecision role_allows(const events::Delivery& delivery,
                                                 std::string_view action) const;
  [[nodiscard]] Result<explain::TargetFacts> facts_of(store::Tx& tx, const Scope& scope,
                                                      const std::string& sender_arn,
                                                      const events::RuleTarget& target) const;
  [[nodiscard]] Result<std::string> obstacle_of(store::Tx& tx, const glue::JobPlan& plan) const;
  [[nodiscard]] explain::Doctor::Sources doctor_sources();
  [[nodiscard]] Result<std::vector<explain::Doctor::Scheduled>> scheduled_targets(
      store::Tx& tx, const Scope& scope) const;
  [[nodiscard]] Result<glue::RunCredentials> credentials_of(const glue::Launch& launch) const;
  Task<Result<std::string>> manifest_of(std::int64_t delivery);
  [[nodiscard]] Status may_pass(const Caller& caller, std::string_view role) const;

  Answer health(const console::Question& question);
  Task<Result<std::string>> show_metrics(const console::Question& question);
  Task<Result<std::string>> show_certificate(const console::Question& question);
  Answer check(const console::Question& question);
  Answer list_runs(const console::Question& question);
  Answer run_logs(const console::Question& question);
  Answer explain(const console::Question& question);
  Answer lint(const console::Question& question);
  Answer doctor(const console::Question& question);
  Answer list_deliveries(const console::Question& question);
  Answer show_delivery(const console::Question& question);
  Answer close_batch(const console::Question& question);
  Answer redrive(const console::Question& question);
  Answer replay(const console::Question& question);
  Answer show_replay(const console::Question& question);
  Answer rehearse(const console::Question& question);
  Answer backfill(const console::Question& question);
  Answer confirm_subscription(const console::Question& question);
  Answer end_subscription(const console::Question& question);
  Answer reset(const console::Question& question);
  Answer set_clock(const console::Question& question);

  const Options options_;
  std::string endpoint_;  ///< "http://127.0.0.1:4566"
  SystemClock clock_;
  SystemRandom random_;
  Lock lock_;
  Identity identity_;
  std::optional<Sealer> sealer_;
  Secret metrics_token_;
  TimeMs started_;
  Reserve reserve_;
  std::atomic<bool> broken_ = false;
  sigset_t signals_{};
  std::unique_ptr<io::Loops> loops_;
  std::unique_ptr<io::Pool> pool_;
  Gate gate_;
  std::unique_ptr<http::Server> http_;
  std::unique_ptr<http::Client> client_;
  std::unique_ptr<iam::Authority> authority_;
  std::unique_ptr<io::Alarm> due_, planned_, tidy_, queue_work_, workflow_work_, replay_,
      metrics_flush_, buckets_due_, room_;
  std::unique_ptr<metrics::Recorder> recorder_;
  std::unique_ptr<Tally> tally_;
  std::unique_ptr<metrics::Ledger> metrics_ledger_;
  std::unique_ptr<events::Hub> hub_;
  std::unique_ptr<logs::Ledger> ledger_;
  std::unique_ptr<sqs::Waiters> waiters_;
  std::unique_ptr<sqs::Queues> queues_;
  std::unique_ptr<DeadLettersInQueues> dead_letters_;
  std::unique_ptr<store::Store> store_, logs_store_, metrics_store_, audit_store_;
  std::unique_ptr<cloudtrail::Trail> trail_;
  std::unique_ptr<events::Replayer> replayer_;
  std::unique_ptr<RuleLog> rule_log_;
  std::unique_ptr<s3::Bodies> bodies_;
  std::unique_ptr<TopicOutlet> topic_outlet_;
  std::unique_ptr<sns::Topics> topics_;
  std::unique_ptr<sns::TopicTarget> topic_target_;
  std::unique_ptr<http::Mailer> mailer_;
  std::unique_ptr<PostOffice> post_office_;
  std::unique_ptr<sns::Courier> topic_courier_;
  std::unique_ptr<BucketNotifications> bucket_notifications_;
  s3::ParsedSettings bucket_settings_;
  const s3::BucketCors bucket_cors_{bucket_settings_.cors};
  std::unique_ptr<s3::Objects> objects_;
  std::unique_ptr<s3::RequestMetrics> request_metrics_;
  std::unique_ptr<s3::ExpirySweep> expiry_sweep_;
  std::unique_ptr<s3::BucketPolicies> bucket_policies_;
  std::unique_ptr<BatchLists> batch_lists_;
  std::unique_ptr<ScriptsInS3> scripts_;
  std::unique_ptr<OutputInLogs> output_;
  std::unique_ptr<glue::ProcessLauncher> launcher_;
  std::unique_ptr<glue::Runs> runs_;
  std::unique_ptr<glue::JobTarget> job_target_;
  std::unique_ptr<glue::Workflows> workflows_;
  std::unique_ptr<glue::WorkflowTarget> workflow_target_;
  std::unique_ptr<events::BusPolicies> bus_policies_;
  std::unique_ptr<events::BusTarget> bus_target_;
  std::unique_ptr<events::LogGroupTarget> log_group_target_;
  std::unique_ptr<events::Courier> courier_;
  std::unique_ptr<events::ApiDestinationTarget> api_destination_target_;
  std::unique_ptr<events::Authorizer> connection_authorizer_;
  std::unique_ptr<Scheduling> scheduling_;
  std::unique_ptr<sqs::QueueTarget> queue_target_;
  std::unique_ptr<AlarmsInTopics> alarm_actions_;
  std::unique_ptr<metrics::AlarmBook> alarms_;
  std::unique_ptr<metrics::Watch> watch_;
  std::unique_ptr<ssm::Parameters> parameters_;
  std::unique_ptr<secretsmanager::Secrets> secrets_;
  std::unique_ptr<explain::Storyteller> storyteller_;
  std::unique_ptr<explain::Linter> linter_;
  std::unique_ptr<explain::Doctor> doctor_;
  std::unique_ptr<Backfill> backfill_;
  std::unique_ptr<wire::Authenticator> authenticator_;
  std::unique_ptr<RequestAdmission> admission_;
  std::unique_ptr<wire::Router> router_;
  std::unique_ptr<console::Console> console_;
  std::unique_ptr<s3::Api> s3_api_;
  std::unique_ptr<events::Api> events_api_;
  std::unique_ptr<events::ArchiveApi> archive_api_;
  std::unique_ptr<events::ConnectionApi> connection_api_;
  std::unique_ptr<schedule::Api> schedule_api_;
  std::unique_ptr<ScheduleDesk> schedule_desk_;
  std::unique_ptr<iam::Api> iam_api_;
  std::unique_ptr<glue::Api> glue_api_;
  std::unique_ptr<glue::TriggerApi> trigger_api_;
  std::unique_ptr<glue::WorkflowApi> workflow_api_;
  std::unique_ptr<glue::catalog::Announcer> catalog_announcer_;
  std::unique_ptr<glue::catalog::CatalogApi> catalog_api_;
  std::unique_ptr<logs::Api> logs_api_;
  std::unique_ptr<metrics::AlarmApi> alarm_api_;
  std::unique_ptr<metrics::MetricApi> metric_api_;
  std::unique_ptr<metrics::DashboardApi> dashboard_api_;
  std::unique_ptr<sqs::Api> sqs_api_;
  std::unique_ptr<sns::Api> sns_api_;
  std::unique_ptr<ssm::Api> ssm_api_;
  std::unique_ptr<secretsmanager::Api> secrets_api_;
  std::unique_ptr<cloudtrail::Api> cloudtrail_api_;
};

}  // namespace tidemill::server
