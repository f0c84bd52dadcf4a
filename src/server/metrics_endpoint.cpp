// GET /_tidemill/metrics: the program's own metrics, for Prometheus. Looked at when asked for only.
#include <filesystem>

#include <sys/resource.h>
#include <unistd.h>

#include "events/deliveries.h"
#include "s3/usage.h"
#include "server/exposition.h"
#include "server/program.h"

namespace tidemill::server {
namespace {

/// How full the queues are, on their way into the text.
class Depths final : public Meter {
 public:
  explicit Depths(Exposition& shown) : shown_(shown) {}

  void measure(const Measured& measured) noexcept override {
    const auto queue = measured.dimensions.front().second;
    std::string_view state = "visible";
    if (measured.name.ends_with("NotVisible")) state = "in_flight";
    if (measured.name.ends_with("Delayed")) state = "delayed";
    shown_.add("tidemill_queue_messages", measured.value,
               {{"region", measured.scope.region}, {"queue", queue}, {"state", state}});
  }

 private:
  Exposition& shown_;
};

void show_counts(const Tally& tally, Exposition& shown) {
  const auto add = [&shown](std::string_view name, const Tally::Count& count) {
    shown.add(name, double(count.load(std::memory_order_relaxed)));
  };
  add("tidemill_events_published_total", tally.events_published);
  add("tidemill_events_matched_total", tally.events_matched);
  add("tidemill_invocations_total", tally.invocations);
  add("tidemill_invocations_failed_total", tally.invocations_failed);
  add("tidemill_invocations_retried_total", tally.invocations_retried);
  add("tidemill_dead_letters_total", tally.dead_letters);
  add("tidemill_dead_letters_failed_total", tally.dead_letters_failed);
  add("tidemill_runs_completed_total", tally.runs_completed);
  add("tidemill_runs_failed_total", tally.runs_failed);
  add("tidemill_queue_messages_sent_total", tally.queue_messages_sent);
  add("tidemill_topic_messages_total", tally.topic_messages);
  add("tidemill_notifications_total", tally.notifications);
  add("tidemill_notifications_failed_total", tally.notifications_failed);
  add("tidemill_log_events_total", tally.log_events);
  shown.add("tidemill_schedule_lateness_seconds", tally.schedule_lateness);
  shown.add("tidemill_store_commit_seconds", tally.commits, {{"store", "tidemill"}});
  shown.add("tidemill_store_commit_seconds", tally.log_commits, {{"store", "logs"}});
  shown.add("tidemill_store_commit_seconds", tally.metric_commits, {{"store", "metrics"}});
  shown.add("tidemill_store_commit_seconds", tally.audit_commits, {{"store", "audit"}});
}

void show_requests(const wire::Router& router, Exposition& shown) {
  for (const auto& count : router.counts()) {
    if (count.requests == 0) continue;
    const std::pair<std::string_view, std::string_view> service{"service", count.service};
    const std::pair<std::string_view, std::string_view> operation{"operation", count.operation};
    shown.add("tidemill_requests_total", double(count.requests), {service, operation});
    const auto failed = [&](std::string_view status, std::uint64_t times) {
      if (times == 0) return;
      shown.add("tidemill_requests_failed_total", double(times),
                {service, operation, {"status", status}});
    };
    failed("4xx", count.client_errors);
    failed("5xx", count.server_errors);
    if (count.throttled > 0) {
      shown.add("tidemill_requests_throttled_total", double(count.throttled), {service, operation});
    }
  }
}

void show_disk(const std::string& directory, Exposition& shown) {
  std::error_code error;
  for (const std::string_view name : {"tidemill.db", "logs.db", "metrics.db", "audit.db"}) {
    for (const std::string_view part : {"", "-wal"}) {
      const auto file = std::string(name) + std::string(part);
      const auto size = std::filesystem::file_size(directory + "/" + file, error);
      if (!error) shown.add("tidemill_disk_bytes", double(size), {{"file", file}});
    }
  }
  const auto space = std::filesystem::space(directory, error);
  if (!error) shown.add("tidemill_disk_free_bytes", double(space.available));
}

/// The pages that the process has in memory; 0 if that can't be known.
double resident_pages() {
  const auto text = read_file("/proc/self/statm");
  if (!text) return 0;
  double total = 0, resident = 0;
  return std::sscanf(text->c_str(), "%lf %lf", &total, &resident) == 2 ? resident : 0;
}

void show_process(TimeMs started, Exposition& shown) {
  rusage used{};
  getrusage(RUSAGE_SELF, &used);
  const auto seconds = [](const timeval& t) { return double(t.tv_sec) + double(t.tv_usec) / 1e6; };
  shown.add("process_cpu_seconds_total", seconds(used.ru_utime) + seconds(used.ru_stime));
  shown.add("process_resident_memory_bytes", resident_pages() * double(sysconf(_SC_PAGESIZE)));
  shown.add("process_start_time_seconds", double(started.ms) / 1000);
}

}  // namespace

Task<Result<std::string>> Program::show_metrics(const console::Question&) {
  Exposition shown;
  shown.add("tidemill_build_info", 1, {{"version", TIDEMILL_VERSION}});
  show_counts(*tally_, shown);
  show_requests(*router_, shown);
  auto look = [&](store::Tx& tx) -> Status {
    TM_TRY(const auto pending, events::count_pending(tx));
    shown.add("tidemill_deliveries_pending", double(pending));
    TM_TRY(const auto runs, glue::Runs::count_open(tx));
    for (const auto& [state, count] : runs) {
      shown.add("tidemill_runs", double(count), {{"state", state}});
    }
    TM_TRY(const auto buckets, s3::usage_of_all(tx));
    for (const auto& usage : buckets) {
      shown.add("tidemill_bucket_objects", double(usage.objects), {{"bucket", usage.bucket}});
      shown.add("tidemill_bucket_bytes", double(usage.bytes), {{"bucket", usage.bucket}});
    }
    Depths depths(shown);
    return queues_->measure_depths(tx, clock_.now(), depths);
  };
  TM_CO_CHECK(co_await store_->read(look));
  show_disk(options_.data, shown);
  show_process(started_, shown);
  co_return shown.text();
}

}  // namespace tidemill::server
