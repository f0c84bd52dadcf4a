// What the program does by itself: due deliveries, queues' work, metrics to the disk, and letting
// go of what is old.
#include "events/retention.h"
#include "s3/usage.h"
#include "server/program.h"

namespace tidemill::server {
namespace {

constexpr auto tidy_every = std::chrono::milliseconds(std::chrono::hours(1));
constexpr auto look_for_room_every = std::chrono::seconds(5);
constexpr auto tidy_pause = std::chrono::milliseconds(100);

}  // namespace

void Program::do_step(store::Store& store, io::Alarm& alarm, const Chore& chore) {
  server::do_step(store, clock_, [&alarm](TimeMs at) { alarm.set(at); }, chore);
}

/// All that goes by the clock: at start, and when a test sets the clock.
void Program::look_at_the_time() {
  deliver_due();
  tidy_up();
  scheduling_->wake();
  expiry_sweep_->wake();
  measure_buckets();
  work_on_queues();
  start_workflows();
  waiters_->look_again();
  topic_courier_->wake();
  watch_->wake();
}

/// The reserve makes room for what deletes; nothing else is let in until it is there again.
void Program::disk_is_full() {
  if (reserve_.give_up()) room_->set(clock_.now().plus(look_for_room_every));
}

void Program::look_for_room() {
  if (!reserve_.take()) room_->set(clock_.now().plus(look_for_room_every));
}

void Program::deliver_due() {
  do_step(*store_, *due_,
          {.step = [this](store::Tx& tx) { return hub_->deliver_due(tx); },
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
  do_step(*store_, *tidy_, {.step = step, .log = "events", .failure = "tidying failed"});
  tidy_up_metrics();
  tidy_up_audit();
}

/// Goes on with move tasks and with what purged queues left, one step a commit.
void Program::work_on_queues() {
  do_step(*store_, *queue_work_,
          {.step = [this](store::Tx& tx) { return queues_->work(tx); },
           .log = "sqs",
           .failure = "queues' work failed"});
}

/// Starts the runs of workflows whose events have gathered long enough.
void Program::start_workflows() {
  do_step(*store_, *workflow_work_,
          {.step = [this](store::Tx& tx) { return workflows_->start_due(tx); },
           .log = "glue",
           .failure = "starting workflows failed"});
}

/// Writes what was measured, some seconds after the first of it.
void Program::flush_metrics() {
  const auto step = [this](store::Tx& tx) -> Result<std::optional<TimeMs>> {
    TM_CHECK(metrics_ledger_->flush(tx));
    return std::nullopt;
  };
  do_step(*metrics_store_, *metrics_flush_,
          {.step = step, .log = "metrics", .failure = "not written"});
}

void Program::tidy_up_metrics() {
  const auto step = [this](store::Tx& tx) -> Result<std::optional<TimeMs>> {
    TM_TRY(const bool more, metrics_ledger_->expire(tx));
    return more ? std::optional(clock_.now().plus(tidy_pause)) : std::nullopt;
  };
  do_step(*metrics_store_, *tidy_, {.step = step, .log = "metrics", .failure = "not tidied"});
}

void Program::tidy_up_audit() {
  if (options_.audit_days <= 0) return;
  const auto step = [this](store::Tx& tx) -> Result<std::optional<TimeMs>> {
    const auto kept_from = clock_.now().plus(-std::chrono::days(options_.audit_days));
    TM_TRY(const bool more, cloudtrail::Trail::forget(tx, kept_from));
    return more ? std::optional(clock_.now().plus(tidy_pause)) : std::nullopt;
  };
  do_step(*audit_store_, *tidy_, {.step = step, .log = "cloudtrail", .failure = "not tidied"});
}

/// What buckets hold: at midnight UTC, and what wasn't measured then.
void Program::measure_buckets() {
  const auto step = [this](store::Tx& tx) -> Result<std::optional<TimeMs>> {
    return s3::measure_usage(tx, clock_.now(), *recorder_);
  };
  do_step(*store_, *buckets_due_, {.step = step, .log = "s3", .failure = "buckets not measured"});
}

/// Before metrics are asked for: buckets that have none of today.
Task<Status> Program::sample_buckets() {
  const auto now = clock_.now();
  auto look = [&](store::Tx& tx) { return s3::is_usage_due(tx, now); };
  TM_CO_TRY(const bool due, co_await store_->read(look));
  if (!due) co_return Status();
  auto measure = [&](store::Tx& tx) -> Status {
    TM_TRY([[maybe_unused]] const auto next, s3::measure_usage(tx, now, *recorder_));
    return {};
  };
  co_return co_await store_->write(measure);
}

/// For the minute's alarms.
Task<Status> Program::sample_metrics(TimeMs at) {
  TM_CO_CHECK(co_await sample_buckets());
  auto look = [&](store::Tx& tx) { return queues_->measure_depths(tx, at, *recorder_); };
  co_return co_await store_->read(look);
}

}  // namespace tidemill::server
