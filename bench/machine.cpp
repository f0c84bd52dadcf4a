#include "bench/machine.h"

#include <fcntl.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <thread>

#include <fmt/format.h>

#include "bench/report.h"
#include "bench/server_process.h"

namespace tidemill::bench {
namespace {

constexpr int flushes = 200;

std::string processor() {
  std::ifstream file("/proc/cpuinfo");
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with("model name")) return line.substr(line.find(':') + 2);
  }
  return "unknown";
}

/// Milliseconds of an append of 4 KiB and its fdatasync, one after the other.
Result<std::vector<double>> flush_times(const std::string& directory) {
  const auto path = directory + "/flush";
  const io::Fd fd(::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
  if (!fd) return fail(Errc::unavailable, "can't write in " + directory);
  const std::string block(4096, 'x');
  std::vector<double> times;
  for (int i = 0; i < flushes; ++i) {
    const auto begun = now_ns();
    if (::write(fd.get(), block.data(), block.size()) < 0 || ::fdatasync(fd.get()) != 0) {
      return fail(Errc::unavailable, "can't write in " + directory);
    }
    times.push_back(double(now_ns() - begun) / 1e6);
  }
  ::unlink(path.c_str());
  return times;
}

}  // namespace

Result<json::object> machine_facts(const std::string& directory) {
  TM_TRY(auto times, flush_times(directory));
  std::array<double, 3> load{};
  (void)::getloadavg(load.data(), int(load.size()));
  return json::object{{"name", "machine"},
                      {"processor", processor()},
                      {"cores", std::thread::hardware_concurrency()},
                      {"load_1m", rounded(load[0])},
                      {"fdatasync_4k_p50_ms", rounded(quantile(times, 0.5))},
                      {"fdatasync_4k_p99_ms", rounded(quantile(times, 0.99))}};
}

}  // namespace tidemill::bench
