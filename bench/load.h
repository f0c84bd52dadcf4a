/// Load on keep-alive connections, light enough to share two cores with what it measures: one
/// thread, epoll, requests that were signed before, answers that are counted and thrown away.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "bench/report.h"
#include "bench/server_process.h"

namespace tidemill::bench {

/// The bytes of one request; both outlive the load.
struct Shot {
  std::string_view head, body;
};

struct LoadPlan {
  int clients = 16;
  double warm_seconds = 0.5;  ///< Not counted.
  double seconds = 5;
  std::function<Shot(std::uint64_t number)> next;
};

struct LoadResult {
  std::uint64_t answers = 0;
  double seconds = 0;
  std::uint64_t body_bytes = 0;  ///< Of answers.
  double server_cpu_ms = 0, client_cpu_ms = 0, server_written_kb = 0, server_resident_mb = 0;
  std::vector<double> latencies_ms;

  [[nodiscard]] double rate() const { return double(answers) / seconds; }
  [[nodiscard]] double server_cpu_ms_each() const { return server_cpu_ms / double(answers); }
  /// Latency and where the two cores went.
  [[nodiscard]] json::object detail();
};

/// Fails on the first answer that isn't 200.
[[nodiscard]] Result<LoadResult> run_load(const LoadPlan& plan, const ServerProcess& server);

}  // namespace tidemill::bench
