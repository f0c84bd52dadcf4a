/// The program's own counts for Prometheus. Most are taken from what services measure under AWS's
/// names on its way to the recorder. Any thread, no lock.
#pragma once

#include <array>
#include <atomic>
#include <chrono>

#include "base/histogram.h"
#include "base/meter.h"

namespace tidemill::server {

/// Seconds.
using Latencies = Histogram<12>;
inline constexpr std::array<double, 12> latency_bounds = {0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025,
                                                          0.05,   0.1,   0.25,   1,     5,    30};

class Tally final : public Meter {
 public:
  using Count = std::atomic<std::uint64_t>;

  /// `next` outlives it.
  explicit Tally(Meter& next) : next_(next) {}

  void measure(const Measured& measured) noexcept override;
  /// An event was published, whether or not a rule matches it.
  void published() noexcept { events_published.fetch_add(1, std::memory_order_relaxed); }

  Count events_published = 0, events_matched = 0;
  Count invocations = 0, invocations_failed = 0, invocations_retried = 0;
  Count dead_letters = 0, dead_letters_failed = 0;
  Count runs_completed = 0, runs_failed = 0;
  Count queue_messages_sent = 0, log_events = 0;
  Count topic_messages = 0, notifications = 0, notifications_failed = 0;
  Latencies schedule_lateness{latency_bounds};
  Latencies commits{latency_bounds}, log_commits{latency_bounds}, metric_commits{latency_bounds},
      audit_commits{latency_bounds};

 private:
  [[nodiscard]] Count* count_of(const Measured& measured) noexcept;

  Meter& next_;
};

}  // namespace tidemill::server
