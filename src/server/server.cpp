#include "server/server.h"

#include <csignal>
#include <filesystem>
#include <iostream>

#include <fmt/format.h>
#include <unistd.h>

#include "base/failpoint.h"
#include "base/log.h"
#include "server/program.h"

namespace tidemill::server {
namespace {

constexpr auto handover = std::chrono::seconds(2);
constexpr auto shutdown_grace = std::chrono::milliseconds(6000);
// A target outside answers within five seconds, or is asked again after the next start.
constexpr auto outside_grace = std::chrono::milliseconds(6000);

LogLevel log_level(std::string_view name) {
  if (name == "debug") return LogLevel::debug;
  if (name == "warn") return LogLevel::warn;
  return name == "error" ? LogLevel::error : LogLevel::info;
}

/// Tries anew while another has what `take` wants: what a server had that was killed just now goes
/// with the last process that it was starting.
template <class Take>
auto once_free(Take take) {
  const auto until = std::chrono::steady_clock::now() + handover;
  auto taken = take();
  while (!taken && taken.error().code == Errc::already_exists &&
         std::chrono::steady_clock::now() < until) {
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
    taken = take();
  }
  return taken;
}

}  // namespace

Status Program::listen() {
  TM_TRY(const auto address, parse_address(options_.listen));
  const int cores = int(std::max(1u, std::thread::hardware_concurrency()));
  loops_ = std::make_unique<io::Loops>(options_.threads > 0 ? options_.threads : cores);
  const http::ServerOptions options{
      .address = address.host == "localhost" ? "127.0.0.1" : address.host,
      .port = std::uint16_t(address.port)};
  TM_TRY(http_, once_free([&] { return http::Server::start(*loops_, gate_, clock_, options); }));
  endpoint_ = fmt::format("http://{}:{}", address.host, http_->port());
  return {};
}

Status Program::start() {
  TM_CHECK(failpoint::arm(options_.failpoints));
  // Before any thread: all of them then leave these signals to wait().
  sigemptyset(&signals_);
  for (const int signal : {SIGTERM, SIGINT}) sigaddset(&signals_, signal);
  pthread_sigmask(SIG_BLOCK, &signals_, nullptr);
  signal(SIGPIPE, SIG_IGN);
  signal(SIGXFSZ, SIG_IGN);  // A limit on the size of files is a full disk like another.
  logging::set_level(log_level(options_.log_level));
  std::error_code error;
  std::filesystem::create_directories(options_.data, error);
  std::filesystem::permissions(options_.data, std::filesystem::perms::owner_all, error);
  TM_CHECK(once_free([&] { return lock_.take(options_.data); }));
  reserve_.open();
  TM_TRY(identity_, load_identity(options_.data, random_));
  TM_TRY(const auto sealing_key, load_sealing_key(options_.data, random_));
  TM_TRY(sealer_, Sealer::make(sealing_key, random_));
  TM_TRY(metrics_token_, load_metrics_token(options_.data, random_));
  started_ = clock_.now();
  TM_CHECK(listen());
  TM_CHECK(make_services());
  TM_CHECK(load_state());
  wire_operations();
  limit_requests();
  gate_.open(*router_);
  look_at_the_time();
  replayer_->wake();
  batch_lists_->wake();
  if (reserve_.is_given_up()) look_for_room();
  TM_CHECK(write_running(options_.data, {int(getpid()), endpoint_, options_.region}));
  if (options_.test_mode) {
    std::cerr << "TEST MODE: any access key is accepted and no policy is asked.\n";
  }
  std::cout << "tidemill ready on " << endpoint_ << std::endl;
  return {};
}

bool Program::wait() {
  int signal = 0;
  sigwait(&signals_, &signal);
  return !broken_;
}

void Program::stop() {
  if (waiters_) waiters_->close();
  if (http_) http_->stop(shutdown_grace);
  std::filesystem::remove(options_.data + "/server.json");
  if (launcher_) launcher_->close(std::chrono::milliseconds(2000));
  if (courier_) courier_->close(outside_grace);
  http_.reset();
  // Nothing runs on the loops any more; what they left in the stores' queues is still committed.
  if (loops_) loops_->stop();
  bodies_.reset();
  store_.reset();
  logs_store_.reset();
  if (trail_) trail_->close();
  audit_store_.reset();
  close_metrics();
  scheduling_.reset();
  expiry_sweep_.reset();
  due_.reset();
  planned_.reset();
  room_.reset();
  tidy_.reset();
  queue_work_.reset();
  workflow_work_.reset();
  topic_courier_.reset();
  metrics_flush_.reset();
  replay_.reset();
  waiters_.reset();
}

/// What was measured last isn't lost by an orderly end.
void Program::close_metrics() {
  if (metrics_store_) {
    auto flush = [&](store::Tx& tx) { return metrics_ledger_->flush(tx); };
    const auto kept = metrics_store_->write_now(flush);
    if (!kept) TM_LOG(warn, "metrics", "not written", {{"reason", kept.error().message}});
  }
  metrics_store_.reset();
  watch_.reset();
}

Status run(const Options& options) {
  Program program(options);
  const auto started = program.start();
  const bool well = started && program.wait();
  program.stop();
  TM_CHECK(started);
  if (!well) return fail(Errc::unavailable, "the store broke; see the log");
  return {};
}

}  // namespace tidemill::server
