#include "server/exposition.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/error.h"

namespace tidemill::server {
namespace {

constexpr Described described[] = {
    {"tidemill_build_info", "gauge", "version", "1; the label says which version runs."},
    {"tidemill_events_published_total", "counter", "",
     "Events that were published: by clients, by services and by schedules."},
    {"tidemill_events_matched_total", "counter", "", "Events that at least one rule matched."},
    {"tidemill_invocations_total", "counter", "",
     "Deliveries of rules that ended, and tries of schedules."},
    {"tidemill_invocations_failed_total", "counter", "",
     "Deliveries that ended without their target."},
    {"tidemill_invocations_retried_total", "counter", "",
     "Tries of a rule's delivery after its first."},
    {"tidemill_dead_letters_total", "counter", "", "Dead letters that were sent to a queue."},
    {"tidemill_dead_letters_failed_total", "counter", "",
     "Dead letters that could not be sent to their queue."},
    {"tidemill_deliveries_pending", "gauge", "",
     "Deliveries that wait: for room in a job, or for their next try."},
    {"tidemill_schedule_lateness_seconds", "histogram", "",
     "From the planned instant of a schedule to its start."},
    {"tidemill_runs", "gauge", "state", "Job runs that aren't over, by their state."},
    {"tidemill_runs_completed_total", "counter", "", "Job runs that succeeded."},
    {"tidemill_runs_failed_total", "counter", "", "Job runs that failed or timed out."},
    {"tidemill_bucket_objects", "gauge", "bucket",
     "What a bucket holds: objects, older versions, delete markers, parts of unfinished uploads."},
    {"tidemill_bucket_bytes", "gauge", "bucket", "Bytes of all these."},
    {"tidemill_queue_messages", "gauge", "region, queue, state",
     "Messages in a queue: visible, in_flight or delayed."},
    {"tidemill_queue_messages_sent_total", "counter", "", "Messages that were sent to queues."},
    {"tidemill_topic_messages_total", "counter", "", "Messages that were published to topics."},
    {"tidemill_notifications_total", "counter", "",
     "Messages of topics that reached a subscriber."},
    {"tidemill_notifications_failed_total", "counter", "",
     "Messages of topics that did not reach a subscriber."},
    {"tidemill_log_events_total", "counter", "", "Events that were written to log groups."},
    {"tidemill_requests_total", "counter", "service, operation",
     "Requests by their operation; those that asked for none that is served are left out."},
    {"tidemill_requests_failed_total", "counter", "service, operation, status",
     "Requests that were refused: 4xx is the caller's fault, 5xx the server's."},
    {"tidemill_requests_throttled_total", "counter", "service, operation",
     "Requests that were refused because there is too much to do."},
    {"tidemill_store_commit_seconds", "histogram", "store",
     "Transactions with their fsync; one may hold many writes."},
    {"tidemill_disk_bytes", "gauge", "file", "Sizes of the databases."},
    {"tidemill_disk_free_bytes", "gauge", "", "Room on the disk of the data directory."},
    {"process_start_time_seconds", "gauge", "", "When the program started, in Unix time."},
    {"process_cpu_seconds_total", "counter", "",
     "Processor time of the program, without its jobs."},
    {"process_resident_memory_bytes", "gauge", "", "Memory of the program, without its jobs."},
};

std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '\n') {
      out += "\\n";
      continue;
    }
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out;
}

}  // namespace

std::span<const Described> described_metrics() { return described; }

Exposition::Exposition() : lines_(std::size(described)) {}

std::string Exposition::number(double value) { return fmt::format("{}", value); }

void Exposition::add(std::string_view name, double value, Labels labels) {
  line(name, "", value, labels, {});
}

void Exposition::bucket(std::string_view name, const std::string& bound, double count,
                        Labels labels) {
  line(name, "_bucket", count, labels, bound);
}

void Exposition::line(std::string_view name, std::string_view suffix, double value, Labels labels,
                      std::string_view bound) {
  const auto found = std::ranges::find(described, name, &Described::name);
  TM_ASSERT(found != std::end(described));
  std::string shown;
  const auto add_label = [&shown](std::string_view label, std::string_view text) {
    shown += fmt::format("{}{}=\"{}\"", shown.empty() ? "" : ",", label, escaped(text));
  };
  for (const auto& [label, text] : labels) add_label(label, text);
  if (!bound.empty()) add_label("le", bound);
  if (!shown.empty()) shown = "{" + shown + "}";
  lines_[std::size_t(found - std::begin(described))] +=
      fmt::format("{}{}{} {}\n", name, suffix, shown, number(value));
}

std::string Exposition::text() const {
  std::string text;
  for (std::size_t i = 0; i < lines_.size(); ++i) {
    const auto& [name, type, labels, help] = described[i];
    text += fmt::format("# HELP {} {}\n# TYPE {} {}\n{}", name, help, name, type, lines_[i]);
  }
  return text;
}

}  // namespace tidemill::server
