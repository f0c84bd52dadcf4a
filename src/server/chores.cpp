// What the program does by itself: due deliveries, queues' work, metrics to the disk, and letting
// go of what is old.
#include "base/log.h"
#include "events/retention.h"
#include "server/program.h"

namespace tidemill::server {
namespace {

constexpr auto tidy_every = std::chrono::milliseconds(std::chrono::hours(1));
constexpr auto look_for_room_every = std::chrono::seconds(5);
constexpr auto tidy_pause = std::chrono::milliseconds(100);

}  // namespace

void Program::do_step(io::Alarm& alarm, const Chore& chore) {
  server::do_step(*store_, clock_, [&alarm](TimeMs at) { alarm.set(at); }, chore);
}

/// The reserve makes room for what deletes; nothing else is let in until it is there again.
void Program::disk_is_full() {
  if (reserve_.give_up()) room_->set(clock_.now().plus(look_for_room_every));
}

void Program::look_for_room() {
  if (!reserve_.take()) room_->set(clock_.now().plus(look_for_room_every));
}

void Program::deliver_due() {
  do_step(*due_, {.step = [this](store::Tx& tx) { return hub_->deliver_due(tx); },
                  .log = "events",
                  .failure = "delivery failed"});
}

/// Lets go of what is kept for a time only: at start, then every hour.
void Program::tidy_up() {
  const auto step = [this](store::Tx& tx) -> Result<std::optional<TimeMs>> {
    const auto now = clock_.now();
    TM_CHECK(events::expire_archived(tx, now));
    TM_CHECK(secrets_->tidy(tx));
    bool more = false;
    if (options_.audit_days > 0) {
      const auto before = now.plus(-std::chrono::days(options_.audit_days));
      TM_TRY(more, events::forget_events(tx, before));
      TM_TRY(const bool more_failures, sns::forget_failures(tx, before));
      more = more || more_failures;
    }
    return now.plus(more ? tidy_pause : tidy_every);
  };
  do_step(*tidy_, {.step = step, .log = "events", .failure = "tidying failed"});
  tidy_up_metrics();
  tidy_up_audit();
}

/// Goes on with move tasks and with what purged queues left, one step a commit.
void Program::work_on_queues() {
  do_step(*queue_work_, {.step = [this](store::Tx& tx) { return queues_->work(tx); },
                         .log = "sqs",
                         .failure = "queues' work failed"});
}

/// Starts the runs of workflows whose events have gathered long enough.
void Program::start_workflows() {
  do_step(*workflow_work_, {.step = [this](store::Tx& tx) { return workflows_->start_due(tx); },
                            .log = "glue",
                            .failure = "starting workflows failed"});
}

/// Writes what was measured, some seconds after the first of it.
void Program::flush_metrics() {
  metrics_store_->post(
      [this](store::Tx& tx) -> Status {
        auto nothing = [](store::Tx&) -> Status { return {}; };
        return metrics_ledger_->flushed(tx, nothing);
      },
      [](const Status& done) {
        if (!done) TM_LOG(error, "metrics", "not written", {{"reason", done.error().message}});
      });
}

void Program::tidy_up_metrics() {
  metrics_store_->post(
      [this](store::Tx& tx) -> Status {
        TM_TRY(const bool more, metrics_ledger_->expire(tx));
        if (more) tx.on_commit([this] { tidy_->set(clock_.now().plus(tidy_pause)); });
        return {};
      },
      [](const Status& done) {
        if (!done) TM_LOG(error, "metrics", "not tidied", {{"reason", done.error().message}});
      });
}

void Program::tidy_up_audit() {
  if (options_.audit_days <= 0) return;
  audit_store_->post(
      [this](store::Tx& tx) -> Status {
        const auto kept_from = clock_.now().plus(-std::chrono::days(options_.audit_days));
        TM_TRY(const bool more, cloudtrail::Trail::forget(tx, kept_from));
        if (more) tx.on_commit([this] { tidy_->set(clock_.now().plus(tidy_pause)); });
        return {};
      },
      [](const Status& done) {
        if (!done) TM_LOG(error, "cloudtrail", "not tidied", {{"reason", done.error().message}});
      });
}

Task<Status> Program::sample_metrics(TimeMs at) {
  auto look = [&](store::Tx& tx) { return queues_->measure_depths(tx, at, *recorder_); };
  co_return co_await store_->read(look);
}

}  // namespace tidemill::server
