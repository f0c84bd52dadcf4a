#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <charconv>
#include <fstream>
#include <thread>

#include <fmt/format.h>

#include "bench/cases.h"
#include "bench/platform.h"
#include "bench/report.h"
#include "bench/server_process.h"

namespace tidemill::bench {
namespace {

using namespace std::chrono_literals;

constexpr int line_deadline_ms = 20'000;
constexpr double overhead_ms_max = 10;
/// The last metrics are flushed ten seconds after they were measured, and their log is copied into
/// the database a second later.
constexpr auto idle_after = 13s;

/// The named pipe into which a job's first line writes when it ran.
class FirstLine {
 public:
  static Result<FirstLine> make(std::string path) {
    if (::mkfifo(path.c_str(), 0600) != 0) return fail(Errc::unavailable, "no pipe at " + path);
    io::Fd fd(::open(path.c_str(), O_RDWR | O_NONBLOCK | O_CLOEXEC));
    if (!fd) return fail(Errc::unavailable, "no pipe at " + path);
    return FirstLine(std::move(path), std::move(fd));
  }

  /// Nothing is imported that the interpreter has not loaded already.
  [[nodiscard]] std::string script() const {
    return fmt::format(
        "import time\n"
        "now = time.clock_gettime_ns(time.CLOCK_MONOTONIC)\n"
        "import posix\n"
        "posix.write(posix.open('{}', posix.O_WRONLY), b'%d\\n' % now)\n",
        path_);
  }

  Result<std::int64_t> wait() {
    pollfd waiting{.fd = fd_.get(), .events = POLLIN, .revents = 0};
    if (::poll(&waiting, 1, line_deadline_ms) != 1) {
      return fail(Errc::unavailable, "no first line within 20 s");
    }
    std::array<char, 64> text;
    const auto count = ::read(fd_.get(), text.data(), text.size());
    std::int64_t at = 0;
    std::from_chars(text.data(), text.data() + std::max<ssize_t>(count, 0), at);
    return at;
  }

 private:
  FirstLine(std::string path, io::Fd fd) : path_(std::move(path)), fd_(std::move(fd)) {}
  std::string path_;
  io::Fd fd_;
};

/// `python3 x.py` as a shell would start it: milliseconds to its first line.
Result<double> spawn_bare(FirstLine& line, const std::string& script) {
  std::string python = "python3", path = script;
  std::array<char*, 3> argv{python.data(), path.data(), nullptr};
  pid_t pid = -1;
  const auto begun = now_ns();
  if (::posix_spawnp(&pid, python.c_str(), nullptr, nullptr, argv.data(), environ) != 0) {
    return fail(Errc::unavailable, "python3 can't be started");
  }
  const auto at = line.wait();
  ::waitpid(pid, nullptr, 0);
  if (!at) return std::unexpected(at.error());
  return double(*at - begun) / 1e6;
}

struct FromPut {
  double acknowledged, begun;  ///< Milliseconds from there to the first line.
};

Result<FromPut> put_and_wait(Client& client, FirstLine& line, int number) {
  const std::string body(1000, 'x');
  const auto path = fmt::format("/bench-line/sales/{}.csv", number);
  const auto request = object_head("PUT", path, body.size()) + body;
  const auto begun = now_ns();
  TM_TRY(const auto reply, client.send(request));
  const auto acknowledged = now_ns();
  if (reply.status != 200) return fail(Errc::unavailable, "PUT: " + reply.body);
  TM_TRY(const auto at, line.wait());
  return FromPut{double(at - acknowledged) / 1e6, double(at - begun) / 1e6};
}

/// Until no run is left, so that the next has the machine for itself.
Status settle(Platform& platform) {
  for (int look = 0; look < 1000; ++look) {
    TM_TRY(const int open, platform.open_runs("bench-line"));
    if (open == 0) return {};
    std::this_thread::sleep_for(10ms);
  }
  return fail(Errc::unavailable, "a run doesn't end");
}

}  // namespace

Status measure_first_line(const Setting& setting) {
  TM_TRY(auto line, FirstLine::make(setting.scratch + "/first-line"));
  const auto script = setting.scratch + "/x.py";
  std::ofstream(script) << line.script();
  TM_TRY(const auto server, ServerProcess::start(setting.server("first_line")));
  TM_TRY(auto platform, Platform::connect(server->port()));
  TM_CHECK(platform.make_role());
  TM_CHECK(platform.make_bucket("bench-line", true));
  TM_CHECK(platform.make_job("bench-line", line.script(), 10));
  TM_CHECK(platform.make_rule("bench-line", "bench-line", "bench-line"));
  TM_TRY(auto client, Client::connect(server->port()));
  std::vector<double> bare, acknowledged, begun;
  const int rounds = setting.quick ? 10 : 50;
  for (int round = -2; round < rounds; ++round) {  // The first two warm the page cache.
    TM_TRY(const double floor, spawn_bare(line, script));
    TM_TRY(const auto from, put_and_wait(client, line, round + 2));
    TM_CHECK(settle(platform));
    if (round < 0) continue;
    bare.push_back(floor);
    acknowledged.push_back(from.acknowledged);
    begun.push_back(from.begun);
  }
  const double floor = quantile(bare, 0.5), median = quantile(acknowledged, 0.5);
  print({.name = "put_to_first_line",
         .value = median,
         .unit = "ms",
         .target = floor + overhead_ms_max,
         .better = Better::less,
         .reference = {{"bare_python_first_line", rounded(floor)}, {"allowed_more", 10}},
         .detail = {{"more_than_bare", rounded(median - floor)},
                    {"p90", rounded(quantile(acknowledged, 0.9))},
                    {"bare_p90", rounded(quantile(bare, 0.9))},
                    {"from_put_begun", rounded(quantile(begun, 0.5))},
                    {"runs", rounds}}});
  return {};
}

Status measure_ready(const Setting& setting) {
  std::vector<double> first, again;
  for (int round = 0; round < (setting.quick ? 3 : 9); ++round) {
    const auto options = setting.server(fmt::format("ready{}", round));
    TM_TRY(auto server, ServerProcess::start(options));
    first.push_back(server->ready_ms());
    server.reset();
    TM_TRY(server, ServerProcess::start(options));
    again.push_back(server->ready_ms());
  }
  const auto show = [](std::string name, std::vector<double>& times, double target) {
    print({.name = std::move(name),
           .value = quantile(times, 0.5),
           .unit = "ms",
           .target = target,
           .better = Better::less,
           .detail = {{"worst", rounded(quantile(times, 1))}}});
  };
  show("ready_first_start", first, 50);
  show("ready", again, 20);
  return {};
}

/// With a platform that has run its job, after the last of its work is written.
Status measure_idle(const Setting& setting) {
  TM_TRY(auto line, FirstLine::make(setting.scratch + "/idle-line"));
  TM_TRY(const auto server, ServerProcess::start(setting.server("idle")));
  {
    TM_TRY(auto platform, Platform::connect(server->port()));
    TM_CHECK(platform.make_role());
    TM_CHECK(platform.make_bucket("bench-line", true));
    TM_CHECK(platform.make_job("bench-line", line.script(), 10));
    TM_CHECK(platform.make_rule("bench-line", "bench-line", "bench-line"));
    TM_CHECK(platform.put_object("bench-line", "sales/first.csv", "x"));
    TM_CHECK(line.wait());
    TM_CHECK(settle(platform));
  }
  std::this_thread::sleep_for(idle_after);
  const double seconds = setting.quick ? 3 : 10;
  const auto sleeps = server->sleeps();
  const double cpu = server->cpu_ms();
  std::this_thread::sleep_for(std::chrono::duration<double>(seconds));
  const double woken = double(server->sleeps() - sleeps) / seconds;
  const double used = (server->cpu_ms() - cpu) / seconds / 10;
  const auto less = [](std::string name, double value, std::string unit, double target) {
    print({.name = std::move(name),
           .value = value,
           .unit = std::move(unit),
           .target = target,
           .better = Better::less});
  };
  less("idle_resident", server->resident_mb(), "MB", 30);
  less("idle_cpu", used, "% of a core", 0.1);
  less("idle_wake_ups", woken, "1/s", 1);
  return {};
}

}  // namespace tidemill::bench
