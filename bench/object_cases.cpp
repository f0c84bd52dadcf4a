#include <sys/stat.h>

#include <fcntl.h>

#include <thread>

#include <fmt/format.h>

#include "bench/cases.h"
#include "bench/load.h"
#include "bench/platform.h"

namespace tidemill::bench {
namespace {

constexpr std::size_t small_bytes = 4096, large_bytes = 1 << 20;
/// More than any server here answers: no key is put twice.
constexpr double puts_per_second_max = 14'000;
/// These are put again and again: the page cache stays within bounds.
constexpr int large_objects_to_put = 256;
constexpr int objects_to_get = 500, large_objects_to_get = 16;

/// Bytes that don't compress and hold no line ends.
std::string noise(std::size_t bytes) {
  std::string text(bytes, '\0');
  std::uint64_t state = 0x9e3779b97f4a7c15;
  for (auto& c : text) {
    state = state * 6364136223846793005u + 1442695040888963407u;
    c = char('0' + (state >> 33) % 64);
  }
  return text;
}

/// Heads of PUTs (or GETs) of numbered keys, all made before the clock runs.
std::vector<std::string> heads_of(std::string_view method, std::string_view bucket,
                                  std::size_t count, std::size_t body_bytes) {
  std::vector<std::string> heads;
  heads.reserve(count);
  for (std::size_t i = 0; i < count; ++i) {
    heads.push_back(
        object_head(std::string(method), fmt::format("/{}/sales/{}.csv", bucket, i), body_bytes));
  }
  return heads;
}

Result<LoadResult> put_load(const Setting& setting, const ServerProcess& server,
                            std::string_view bucket, const std::string& body) {
  LoadPlan plan{.clients = setting.clients, .seconds = setting.seconds(), .next = {}};
  const auto small_puts = std::size_t((plan.seconds + plan.warm_seconds) * puts_per_second_max);
  const auto count = body.size() > small_bytes ? large_objects_to_put : small_puts;
  const auto heads = heads_of("PUT", bucket, count, body.size());
  plan.next = [&](std::uint64_t number) { return Shot{heads[number % heads.size()], body}; };
  return run_load(plan, server);
}

Result<LoadResult> get_load(const Setting& setting, const ServerProcess& server, std::size_t count,
                            const std::string& body) {
  TM_TRY(auto platform, Platform::connect(server.port()));
  TM_CHECK(platform.make_bucket("bench-get", false));
  for (std::size_t i = 0; i < count; ++i) {
    TM_CHECK(platform.put_object("bench-get", fmt::format("sales/{}.csv", i), body));
  }
  const auto heads = heads_of("GET", "bench-get", count, 0);
  LoadPlan plan{.clients = setting.clients, .seconds = setting.seconds(), .next = {}};
  plan.next = [&](std::uint64_t number) { return Shot{heads[number % heads.size()], {}}; };
  return run_load(plan, server);
}

void print_small_put(const std::string& name, LoadResult& load) {
  print({.name = name,
         .value = load.rate(),
         .unit = "1/s",
         .target = 4000,
         .reference = {{"minio", 1632}, {"versitygw_without_fsync", 3999}},
         .detail = load.detail()});
  print({.name = name + "_cpu",
         .value = load.server_cpu_ms_each(),
         .unit = "ms",
         .target = 0.3,
         .better = Better::less,
         .reference = {{"minio", 0.8}, {"versitygw_without_fsync", 0.3}}});
}

/// A pipe with a name whose other end is a job's: as long as this holds it, the job goes on.
Result<io::Fd> make_leash(const std::string& path) {
  if (::mkfifo(path.c_str(), 0600) != 0) return fail(Errc::unavailable, "no pipe at " + path);
  io::Fd fd(::open(path.c_str(), O_RDWR | O_CLOEXEC));
  if (!fd) return fail(Errc::unavailable, "no pipe at " + path);
  return fd;
}

void print_throughput(const std::string& name, LoadResult& load, double target,
                      json::object reference) {
  const double bytes = double(load.answers) * large_bytes;
  print({.name = name,
         .value = bytes / load.seconds / 1e6,
         .unit = "MB/s",
         .target = target,
         .reference = std::move(reference),
         .detail = load.detail()});
}

}  // namespace

/// Each upload's event matches a rule, whose delivery then waits for the one run that the job is
/// allowed: so the runs' own CPU is not in the figure, all that leads to them is.
Status measure_put_delivery(const Setting& setting) {
  const auto pipe = setting.scratch + "/leash";
  TM_TRY(const auto leash, make_leash(pipe));
  TM_TRY(const auto server, ServerProcess::start(setting.server("put_delivery")));
  TM_TRY(auto platform, Platform::connect(server->port()));
  TM_CHECK(platform.make_role());
  TM_CHECK(platform.make_bucket("bench-delivery", true));
  TM_CHECK(platform.make_job("bench-busy", fmt::format("open('{}', 'rb').read(1)\n", pipe), 1));
  TM_CHECK(platform.make_rule("bench-rule", "bench-delivery", "bench-busy"));
  TM_CHECK(platform.put_object("bench-delivery", "sales/first.csv", "x"));
  TM_TRY(auto load, put_load(setting, *server, "bench-delivery", noise(small_bytes)));
  print_small_put("put_4k_event_delivery", load);
  std::this_thread::sleep_for(std::chrono::seconds(3));
  print({.name = "idle_resident_after_load",
         .value = server->resident_mb(),
         .unit = "MB",
         .target = 40,
         .better = Better::less});
  return {};
}

Status measure_put_event(const Setting& setting) {
  TM_TRY(const auto server, ServerProcess::start(setting.server("put_event")));
  TM_TRY(auto platform, Platform::connect(server->port()));
  TM_CHECK(platform.make_bucket("bench-event", true));
  TM_TRY(auto load, put_load(setting, *server, "bench-event", noise(small_bytes)));
  print_small_put("put_4k_event", load);
  return {};
}

Status measure_put_plain(const Setting& setting) {
  TM_TRY(const auto server, ServerProcess::start(setting.server("put_plain")));
  TM_TRY(auto platform, Platform::connect(server->port()));
  TM_CHECK(platform.make_bucket("bench-plain", false));
  TM_TRY(auto load, put_load(setting, *server, "bench-plain", noise(small_bytes)));
  print_small_put("put_4k_plain", load);
  return {};
}

Status measure_get_small(const Setting& setting) {
  TM_TRY(const auto server, ServerProcess::start(setting.server("get_small")));
  TM_TRY(auto load, get_load(setting, *server, objects_to_get, noise(small_bytes)));
  print({.name = "get_4k",
         .value = load.rate(),
         .unit = "1/s",
         .target = 12'000,
         .reference = {{"minio", 4393}, {"versitygw", 8537}, {"nginx", 40'527}},
         .detail = load.detail()});
  return {};
}

Status measure_put_large(const Setting& setting) {
  TM_TRY(const auto server, ServerProcess::start(setting.server("put_large")));
  TM_TRY(auto platform, Platform::connect(server->port()));
  TM_CHECK(platform.make_bucket("bench-large", true));
  TM_TRY(auto load, put_load(setting, *server, "bench-large", noise(large_bytes)));
  print_throughput("put_1m", load, 400, {{"minio", 290}, {"versitygw_without_fsync", 435}});
  return {};
}

Status measure_get_large(const Setting& setting) {
  TM_TRY(const auto server, ServerProcess::start(setting.server("get_large")));
  TM_TRY(auto load, get_load(setting, *server, large_objects_to_get, noise(large_bytes)));
  print_throughput("get_1m", load, 2500, {{"minio", 1420}, {"versitygw", 2957}});
  return {};
}

}  // namespace tidemill::bench
