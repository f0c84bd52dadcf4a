/// Simulation: a server. The parts that deliver (bus, queues, schedules, runs, roles) and what
/// joins them are the program's own; its loops, its launcher, its clock and its disk are simulated.
#pragma once

#include <memory>
#include <set>
#include <string>
#include <vector>

#include "events/bus_target.h"
#include "events/hub.h"
#include "events/schema.h"
#include "glue/runs.h"
#include "glue/schema.h"
#include "glue/workflow/workflow_target.h"
#include "iam/authority.h"
#include "iam/schema.h"
#include "schedule/schema.h"
#include "server/dead_letters.h"
#include "server/scheduling.h"
#include "server/simulation/launcher_testing.h"
#include "sqs/queues.h"
#include "sqs/schema.h"
#include "sqs/target.h"
#include "store/sqlite/losing_vfs_testing.h"
#include "store/sqlite/stepped_store_testing.h"

namespace tidemill::server::simulation {

inline const Scope scope{"000000000000", "us-east-1"};

/// A target that is sometimes busy, as an API outside may be; each effect is a row.
class MoodyTarget final : public events::Target {
 public:
  static constexpr const char* arn = "arn:aws:moody:us-east-1:000000000000:thing/one";
  static constexpr const char* schema =
      "CREATE TABLE effects (delivery INTEGER NOT NULL, event TEXT NOT NULL) STRICT";

  [[nodiscard]] bool takes(const Arn& target) const override { return target.service == "moody"; }
  [[nodiscard]] std::string_view action() const override { return "moody:Do"; }
  Result<std::optional<events::RoleDecision>> decide(store::Tx&, const events::Delivery&) override {
    return events::RoleDecision{.allowed = true};
  }
  Result<events::Outcome> apply(store::Tx& tx, const events::Delivery& delivery) override {
    if (is_busy) {
      return events::Outcome{
          .kind = events::Outcome::Kind::retry, .code = "THROTTLING", .message = "Rate exceeded"};
    }
    TM_CHECK(tx.exec("INSERT INTO effects VALUES ($1, $2)", delivery.id, delivery.event_id));
    return events::Outcome{.result = "done"};
  }
  bool is_busy = false;
};

class Node {
 public:
  struct Parts {
    Time& time;
    Machine& machine;
    MoodyTarget& moody;
    Random& random;
    Trace& trace;
    std::string path;           ///< Of the database.
    std::string mutation = {};  ///< SQL that spoils something: the check of the check.
    bool forgets = false, repeats = false;
  };

  explicit Node(const Parts& parts) : parts_(parts) {}
  ~Node() {
    if (launcher_) parts_.time.drop(launcher_.get());
    parts_.machine.server_dies();
    store.reset();
  }
  Node(const Node&) = delete;
  Node& operator=(const Node&) = delete;

  static std::vector<store::Migration> migrations() {
    std::vector<store::Migration> all;
    const auto add = [&all](const auto& series) {
      all.insert(all.end(), series.begin(), series.end());
    };
    add(iam::migrations);
    add(events::migrations);
    add(glue::migrations);
    add(schedule::migrations);
    add(sqs::migrations);
    all.push_back({"moody", 1, MoodyTarget::schema});
    return all;
  }

  Status start() {
    store::SqliteOptions options{.path = parts_.path,
                                 .wal_pages_max = 200,
                                 .vfs = store::LosingVfs::name,
                                 .on_fatal = [this](const Error&) { is_broken = true; }};
    TM_TRY(store, store::SteppedStore::open(std::move(options), migrations()));
    if (!parts_.mutation.empty()) {
      TM_CHECK(store->write_now([this](store::Tx& tx) { return tx.exec(parts_.mutation); }));
    }
    make_services();
    TM_CHECK(store->write_now([this](store::Tx& tx) { return load(tx); }));
    look_around();
    return {};
  }

  /// The clock was set, or the program begins: all that is due by itself is looked at.
  void look_around() {
    deliver_due();
    scheduling->wake();
    work_on_queues();
    start_workflows();
  }

  /// When the first alarm rings, by the wall clock.
  [[nodiscard]] std::optional<TimeMs> next_alarm() const {
    std::optional<TimeMs> next;
    for (const auto& alarm : {due_, planned_, work_, workflow_work_}) {
      if (alarm && (!next || *alarm < *next)) next = alarm;
    }
    return next;
  }
  void ring_alarms() {
    const auto now = parts_.time.clock.now();
    const auto is_due = [now](std::optional<TimeMs>& alarm) {
      if (!alarm || now < *alarm) return false;
      alarm.reset();
      return true;
    };
    if (is_due(due_)) deliver_due();
    if (is_due(planned_)) scheduling->wake();
    if (is_due(work_)) work_on_queues();
    if (is_due(workflow_work_)) start_workflows();
  }

  bool is_broken = false;  ///< The store takes no more writes: the process ends.
  io::SteppedLoop loop;
  std::unique_ptr<store::SteppedStore> store;
  std::unique_ptr<iam::Authority> authority;
  std::unique_ptr<sqs::Queues> queues;
  std::unique_ptr<events::Hub> hub;
  std::unique_ptr<glue::Runs> runs;
  std::unique_ptr<Scheduling> scheduling;

 private:
  static void set(std::optional<TimeMs>& alarm, TimeMs at) {
    if (!alarm || at < *alarm) alarm = at;
  }

  void make_services() {
    const auto& clock = parts_.time.clock;
    authority =
        std::make_unique<iam::Authority>(iam::AuthorityOptions{.account = scope.account,
                                                               .admin_access_key_id = "AKIA",
                                                               .admin_secret = Secret("secret"),
                                                               .session_key = Secret("key")});
    queues = std::make_unique<sqs::Queues>(
        sqs::Queues::Parts{clock, parts_.random, *authority},
        sqs::Queues::Options{.visible = {}, .due = [this](TimeMs at) { set(work_, at); }});
    dead_letters_ = std::make_unique<DeadLettersInQueues>(*queues, *authority);
    hub = std::make_unique<events::Hub>(clock, parts_.random, hub_options());
    launcher_ = std::make_unique<SimulatedLauncher>(SimulatedLauncher::Parts{
        parts_.time, parts_.machine, loop, parts_.trace, parts_.forgets, parts_.repeats});
    runs = std::make_unique<glue::Runs>(
        glue::Runs::Parts{*store, *hub, *launcher_, clock, parts_.random});
    launcher_->observe(*runs);
    job_target_ = std::make_unique<glue::JobTarget>(*runs);
    workflows_ = std::make_unique<glue::Workflows>(glue::Workflows::Parts{
        *hub, *runs, clock, parts_.random, [this](TimeMs at) { set(workflow_work_, at); }});
    runs->follow(*workflows_);
    workflow_target_ = std::make_unique<glue::WorkflowTarget>(*workflows_);
    bus_policies_ = std::make_unique<events::BusPolicies>(*authority, *authority);
    bus_target_ = std::make_unique<events::BusTarget>(
        events::BusTarget::Parts{*hub, *bus_policies_, clock, parts_.random});
    queue_target_ = std::make_unique<sqs::QueueTarget>(*queues);
    for (events::Target* target : std::initializer_list<events::Target*>{
             job_target_.get(), workflow_target_.get(), bus_target_.get(), queue_target_.get(),
             &parts_.moody}) {
      hub->add_target(*target);
    }
    scheduling = std::make_unique<Scheduling>(
        Scheduling::Parts{[this](TimeMs at) { set(planned_, at); }, *store, *hub, *runs,
                          *workflows_, clock, parts_.random});
  }

  events::Hub::Options hub_options() {
    return {
        .role_allows = [this](const events::Delivery& delivery,
                              std::string_view action) { return role_allows(delivery, action); },
        .due = [this](TimeMs at) { set(due_, at); },
        .decided = {},
        .freed = [this](store::Tx& tx, std::string_view) -> Status {
          return scheduling ? scheduling->engine().drain(tx) : Status();
        },
        .dead_letters = dead_letters_.get()};
  }
  events::RoleDecision role_allows(const events::Delivery& delivery,
                                   std::string_view action) const {
    if (delivery.rule_arn.contains(":trigger/")) return {true, {}, {}};
    const auto* principal =
        delivery.is_of_rule() ? "events.amazonaws.com" : "scheduler.amazonaws.com";
    auto decision =
        authority->decide_role(delivery.role_arn, principal, action, delivery.target_arn, {});
    return {decision.allowed, std::move(decision.code), std::move(decision.reason)};
  }

  Status load(store::Tx& tx) {
    TM_CHECK(authority->load(tx));
    TM_CHECK(queues->load(tx));
    TM_CHECK(runs->recover(tx));
    TM_CHECK(hub->load(tx));
    return scheduling->engine().load(tx);
  }

  void deliver_due() {
    do_step(*store, parts_.time.clock, [this](TimeMs at) { set(due_, at); },
            {.step = [this](store::Tx& tx) { return hub->deliver_due(tx); },
             .log = "events",
             .failure = "delivery failed"});
  }
  void work_on_queues() {
    do_step(*store, parts_.time.clock, [this](TimeMs at) { set(work_, at); },
            {.step = [this](store::Tx& tx) { return queues->work(tx); },
             .log = "sqs",
             .failure = "queues' work failed"});
  }

  void start_workflows() {
    do_step(*store, parts_.time.clock, [this](TimeMs at) { set(workflow_work_, at); },
            {.step = [this](store::Tx& tx) { return workflows_->start_due(tx); },
             .log = "glue",
             .failure = "starting workflows failed"});
  }

  const Parts parts_;
  std::optional<TimeMs> due_, planned_, work_, workflow_work_;
  std::unique_ptr<DeadLettersInQueues> dead_letters_;
  std::unique_ptr<SimulatedLauncher> launcher_;
  std::unique_ptr<glue::JobTarget> job_target_;
  std::unique_ptr<glue::Workflows> workflows_;
  std::unique_ptr<glue::WorkflowTarget> workflow_target_;
  std::unique_ptr<events::BusPolicies> bus_policies_;
  std::unique_ptr<events::BusTarget> bus_target_;
  std::unique_ptr<sqs::QueueTarget> queue_target_;
};

}  // namespace tidemill::server::simulation
