#include "server/server.h"

#include <csignal>
#include <filesystem>
#include <iostream>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/log.h"
#include "console/console.h"
#include "events/api.h"
#include "events/schema.h"
#include "http/server.h"
#include "iam/api.h"
#include "iam/authority.h"
#include "iam/schema.h"
#include "io/alarm.h"
#include "server/gate.h"
#include "server/identity.h"
#include "store/sqlite/sqlite_store.h"

namespace tidemill::server {
namespace {

constexpr auto shutdown_grace = std::chrono::milliseconds(8000);

LogLevel log_level(std::string_view name) {
  if (name == "debug") return LogLevel::debug;
  if (name == "warn") return LogLevel::warn;
  return name == "error" ? LogLevel::error : LogLevel::info;
}

/// DIR/lock, held while the server runs: only one opens the store.
class Lock {
 public:
  Lock() = default;
  Lock(const Lock&) = delete;
  Lock& operator=(const Lock&) = delete;
  ~Lock() {
    if (fd_ >= 0) close(fd_);
  }
  Status take(const std::string& directory) {
    const auto path = directory + "/lock";
    fd_ = open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (fd_ < 0) {
      return fail(Errc::unavailable,
                  fmt::format("can't write in {}: {}", directory, strerror(errno)));
    }
    if (flock(fd_, LOCK_EX | LOCK_NB) == 0) return {};
    return fail(Errc::unavailable,
                fmt::format("another tidemill runs on {}; end it first", directory));
  }

 private:
  int fd_ = -1;
};

std::vector<store::Migration> all_migrations() {
  std::vector<store::Migration> all(iam::migrations.begin(), iam::migrations.end());
  all.insert(all.end(), events::migrations.begin(), events::migrations.end());
  return all;
}

/// All that runs, in the order of its making; taken apart in reverse.
class Program {
 public:
  explicit Program(Options options) : options_(std::move(options)) {}

  Status start();
  /// Blocks until a signal; false if it was the store that called for the end.
  bool wait();
  void stop();

 private:
  using Endpoint = Task<Result<json::value>> (Program::*)(const console::Question&);

  Status open_store();
  void wire_services();
  void add_endpoints();
  Task<Result<json::value>> health(const console::Question& question);
  Task<Result<json::value>> check(const console::Question& question);
  Task<Result<json::value>> reset(const console::Question& question);
  Task<Result<json::value>> set_clock(const console::Question& question);
  void deliver_due();
  [[nodiscard]] iam::AuthorityOptions authority_options() const;
  events::RoleDecision role_allows(const events::Delivery& delivery, std::string_view action) const;

  const Options options_;
  SystemClock clock_;
  SystemRandom random_;
  Lock lock_;
  Identity identity_;
  std::atomic<bool> broken_ = false;
  sigset_t signals_{};
  std::unique_ptr<io::Loops> loops_;
  std::unique_ptr<iam::Authority> authority_;
  std::unique_ptr<events::Hub> hub_;
  std::unique_ptr<store::Store> store_;
  std::unique_ptr<io::Alarm> due_;
  std::unique_ptr<wire::Authenticator> authenticator_;
  std::unique_ptr<wire::Router> router_;
  std::unique_ptr<console::Console> console_;
  std::unique_ptr<events::Api> events_api_;
  std::unique_ptr<iam::Api> iam_api_;
  Gate gate_;
  std::unique_ptr<http::Server> http_;
};

iam::AuthorityOptions Program::authority_options() const {
  return {.account = options_.account_id,
          .admin_access_key_id = identity_.access_key_id,
          .admin_secret = identity_.secret_access_key,
          .session_key = identity_.session_key,
          .test_mode = options_.test_mode};
}

events::RoleDecision Program::role_allows(const events::Delivery& delivery,
                                          std::string_view action) const {
  const iam::Conditions conditions{{"aws:sourcearn", delivery.rule_arn},
                                   {"aws:sourceaccount", delivery.scope.account}};
  auto decision = authority_->decide_role(delivery.role_arn, "events.amazonaws.com", action,
                                          delivery.target_arn, conditions);
  return {decision.allowed, std::move(decision.code), std::move(decision.reason)};
}

Status Program::open_store() {
  const auto path = options_.data + "/tidemill.db";
  const auto migrations = all_migrations();
  store::SqliteOptions sqlite{.path = path};
  sqlite.on_fatal = [this](const Error&) {
    broken_ = true;
    kill(getpid(), SIGTERM);
  };
  TM_TRY(store_, store::open_sqlite(std::move(sqlite), migrations));
  return store_->write_now([this](store::Tx& tx) -> Status {
    TM_CHECK(authority_->load(tx));
    return hub_->load(tx);
  });
}

void Program::deliver_due() {
  store_->post(
      [this](store::Tx& tx) -> Status {
        TM_TRY(const auto next, hub_->deliver_due(tx));
        if (next) tx.on_commit([this, at = *next] { due_->set(at); });
        return {};
      },
      [](const Status& done) {
        if (!done) TM_LOG(error, "events", "delivery failed", {{"reason", done.error().message}});
      });
}

void Program::wire_services() {
  authenticator_ = wire::make_authenticator(
      *authority_, clock_,
      {.test_mode = options_.test_mode,
       .account_id = options_.account_id,
       .region = options_.region,
       .base_domains = {"s3." + options_.base_domain, options_.base_domain}});
  router_ = std::make_unique<wire::Router>(
      *authenticator_, *authority_, clock_, random_,
      wire::RouterOptions{{"s3." + options_.base_domain, options_.base_domain}});
  console_ = std::make_unique<console::Console>(*authenticator_, *authority_);
  router_->set_fallback(*console_);
  const events::Api::Parts parts{*store_, *hub_, clock_, random_, *authority_};
  events_api_ =
      std::make_unique<events::Api>(parts, [this](const Caller& caller, std::string_view role) {
        return authority_->authorize(caller, "iam:PassRole", role);
      });
  events_api_->register_with(*router_);
  iam_api_ = std::make_unique<iam::Api>(*store_, *authority_, clock_, random_);
  iam_api_->register_with(*router_);
  add_endpoints();
}

void Program::add_endpoints() {
  const auto ask = [this](Endpoint endpoint) {
    return [this, endpoint](const console::Question& q) { return (this->*endpoint)(q); };
  };
  console_->on("GET", "/_tidemill/health", "", ask(&Program::health));
  console_->on("GET", "/_tidemill/api/check", "tidemill:Read", ask(&Program::check));
  if (!options_.test_mode) return;
  console_->on("POST", "/_tidemill/reset", "", ask(&Program::reset));
  console_->on("PUT", "/_tidemill/clock", "", ask(&Program::set_clock));
}

Task<Result<json::value>> Program::health(const console::Question&) {
  co_return json::object{{"status", "ok"}, {"version", TIDEMILL_VERSION}};
}

Task<Result<json::value>> Program::check(const console::Question&) {
  TM_CO_TRY(const auto findings, co_await store_->check());
  json::array shown;
  for (const auto& finding : findings) shown.emplace_back(finding);
  co_return json::object{{"findings", std::move(shown)}};
}

Task<Result<json::value>> Program::reset(const console::Question&) {
  auto forget = [this](store::Tx& tx) -> Status {
    TM_CHECK(hub_->reset(tx));
    TM_CHECK(tx.exec("DELETE FROM iam_role_policies"));
    TM_CHECK(tx.exec("DELETE FROM iam_roles"));
    return authority_->refresh(tx);
  };
  TM_CO_CHECK(co_await store_->write(forget));
  co_return json::object{{"reset", true}};
}

Task<Result<json::value>> Program::set_clock(const console::Question& question) {
  TM_CO_TRY(const auto body, json::parse_object(question.body));
  const auto text = json::text_or_empty(body, "time");
  const auto time = parse_iso(text);
  if (!text.empty() && !time) {
    co_return fail(Errc::invalid_argument, "time must be ISO 8601 or null");
  }
  clock_.set(time);
  deliver_due();
  co_return json::object{{"time", iso_millis(clock_.now())}};
}

Status Program::start() {
  // Before any thread: all of them then leave these signals to wait().
  sigemptyset(&signals_);
  for (const int signal : {SIGTERM, SIGINT}) sigaddset(&signals_, signal);
  pthread_sigmask(SIG_BLOCK, &signals_, nullptr);
  signal(SIGPIPE, SIG_IGN);
  logging::set_level(log_level(options_.log_level));
  std::error_code error;
  std::filesystem::create_directories(options_.data, error);
  std::filesystem::permissions(options_.data, std::filesystem::perms::owner_all, error);
  TM_CHECK(lock_.take(options_.data));
  TM_TRY(identity_, load_identity(options_.data, random_));
  TM_TRY(const auto address, parse_address(options_.listen));
  const int cores = int(std::max(1u, std::thread::hardware_concurrency()));
  loops_ = std::make_unique<io::Loops>(options_.threads > 0 ? options_.threads : cores);
  TM_TRY(http_,
         http::Server::start(*loops_, gate_, clock_,
                             {.address = address.host == "localhost" ? "127.0.0.1" : address.host,
                              .port = std::uint16_t(address.port)}));
  authority_ = std::make_unique<iam::Authority>(authority_options());
  due_ = std::make_unique<io::Alarm>(*loops_, 0, clock_, [this] { deliver_due(); });
  hub_ = std::make_unique<events::Hub>(
      clock_, random_,
      events::Hub::Options{
          .role_allows = [this](const events::Delivery& delivery,
                                std::string_view action) { return role_allows(delivery, action); },
          .due = [this](TimeMs at) { due_->set(at); }});
  TM_CHECK(open_store());
  wire_services();
  gate_.open(*router_);
  deliver_due();
  const auto endpoint = fmt::format("http://{}:{}", address.host, http_->port());
  TM_CHECK(write_running(options_.data, {int(getpid()), endpoint, options_.region}));
  if (options_.test_mode) {
    std::cerr << "TEST MODE: any access key is accepted and no policy is asked.\n";
  }
  std::cout << "tidemill ready on " << endpoint << std::endl;
  return {};
}

bool Program::wait() {
  int signal = 0;
  sigwait(&signals_, &signal);
  return !broken_;
}

void Program::stop() {
  if (http_) http_->stop(shutdown_grace);
  std::filesystem::remove(options_.data + "/server.json");
  http_.reset();
  due_.reset();
  if (loops_) loops_->stop();
  store_.reset();
}

}  // namespace

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
