#include "bench/server_process.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <charconv>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include <fmt/format.h>

#include "bench/client.h"

namespace tidemill::bench {
namespace {

constexpr double grace_ms = 12'000;

double cpu_of(clockid_t clock) noexcept {
  timespec time{};
  ::clock_gettime(clock, &time);
  return double(time.tv_sec) * 1e3 + double(time.tv_nsec) / 1e6;
}

/// The number behind `field` in a /proc status file.
std::uint64_t number_in(const std::filesystem::path& path, std::string_view field) {
  std::ifstream file(path);
  for (std::string line; std::getline(file, line);) {
    if (!line.starts_with(field)) continue;
    return std::strtoull(line.c_str() + field.size(), nullptr, 10);
  }
  return 0;
}

[[noreturn]] void become_server(const ServerProcess::Options& options, int ready) {
  ::prctl(PR_SET_PDEATHSIG, SIGTERM);
  ::dup2(ready, STDOUT_FILENO);
  for (const char* name : {"TIDEMILL_CONFIG", "TIDEMILL_TEST_MODE", "TIDEMILL_ACCOUNT_ID"}) {
    ::unsetenv(name);
  }
  ::setenv("TIDEMILL_ACCESS_KEY_ID", std::string(admin_access_key_id).c_str(), 1);
  ::setenv("TIDEMILL_SECRET_ACCESS_KEY", std::string(admin_secret).c_str(), 1);
  ::execl(options.program.c_str(), options.program.c_str(), "serve", "--data", options.data.c_str(),
          "--listen", "127.0.0.1:0", "--log-level", "warn", nullptr);
  ::_exit(127);
}

/// The first line of what the server writes to its standard output.
Result<std::string> first_line(int fd) {
  std::string text;
  while (text.find('\n') == text.npos) {
    std::array<char, 256> piece;
    const auto count = ::read(fd, piece.data(), piece.size());
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return fail(Errc::unavailable, "the server ended before it was ready");
    text.append(piece.data(), std::size_t(count));
  }
  return text.substr(0, text.find('\n'));
}

}  // namespace

std::int64_t now_ns() noexcept {
  timespec time{};
  ::clock_gettime(CLOCK_MONOTONIC, &time);
  return std::int64_t(time.tv_sec) * 1'000'000'000 + time.tv_nsec;
}

double own_cpu_ms() noexcept { return cpu_of(CLOCK_PROCESS_CPUTIME_ID); }

Result<std::unique_ptr<ServerProcess>> ServerProcess::start(const Options& options) {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) return fail(Errc::unavailable, "no pipe");
  const io::Fd in(ends[0]);
  io::Fd out(ends[1]);
  const auto begun = now_ns();
  const pid_t pid = ::fork();
  if (pid == 0) become_server(options, out.get());
  if (pid < 0) return fail(Errc::unavailable, "no new process");
  out = io::Fd();
  std::unique_ptr<ServerProcess> server(new ServerProcess);
  server->pid_ = pid;
  TM_CHECK(server->await_ready(in.get()));
  server->ready_ms_ = double(now_ns() - begun) / 1e6;
  return server;
}

Status ServerProcess::await_ready(int ready_pipe) {
  TM_TRY(const auto line, first_line(ready_pipe));
  const auto colon = line.rfind(':');
  const char* end = line.data() + line.size();
  if (colon == line.npos ||
      std::from_chars(line.data() + colon + 1, end, port_).ec != std::errc()) {
    return fail(Errc::unavailable, fmt::format("the server said \"{}\"", line));
  }
  TM_TRY(auto client, Client::connect(port_));
  TM_TRY(const auto reply,
         client.send("GET /_tidemill/health HTTP/1.1\r\nHost: localhost\r\n\r\n"));
  if (reply.status != 200) return fail(Errc::unavailable, "the server isn't well: " + reply.body);
  return {};
}

ServerProcess::~ServerProcess() {
  if (pid_ < 0) return;
  ::kill(pid_, SIGTERM);
  const auto begun = now_ns();
  while (::waitpid(pid_, nullptr, WNOHANG) == 0) {
    if (double(now_ns() - begun) / 1e6 > grace_ms) ::kill(pid_, SIGKILL);
    ::usleep(1000);
  }
}

double ServerProcess::cpu_ms() const {
  clockid_t clock{};
  return ::clock_getcpuclockid(pid_, &clock) == 0 ? cpu_of(clock) : 0;
}

double ServerProcess::resident_mb() const {
  return double(number_in(fmt::format("/proc/{}/status", pid_), "VmRSS:")) / 1024;
}

double ServerProcess::written_kb() const {
  return double(number_in(fmt::format("/proc/{}/io", pid_), "write_bytes:")) / 1024;
}

std::uint64_t ServerProcess::sleeps() const {
  std::uint64_t sum = 0;
  std::error_code ignored;
  for (const auto& task :
       std::filesystem::directory_iterator(fmt::format("/proc/{}/task", pid_), ignored)) {
    sum += number_in(task.path() / "status", "voluntary_ctxt_switches:");
  }
  return sum;
}

}  // namespace tidemill::bench
