#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "events/check.h"
#include "glue/check.h"
#include "iam/entity.h"
#include "metrics/dashboard.h"
#include "s3/usage.h"
#include "schedule/check.h"
#include "server/program.h"
#include "sns/check.h"
#include "sqs/check.h"

namespace tidemill::server {
namespace {

constexpr int runs_max = 1000;
constexpr int log_lines_max = 10'000;
constexpr std::array checks{events::check_batches, events::check_rules, glue::check_runs,
                            sqs::check_queues,     sns::check_topics,   schedule::check_timers,
                            s3::check_usage};

int number_of(std::string_view text, int otherwise) {
  int number = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), number);
  return read.ec == std::errc() && number > 0 ? number : otherwise;
}

}  // namespace

void Program::wire_endpoints() {
  using Endpoint = Answer (Program::*)(const console::Question&);
  const auto ask = [this](Endpoint endpoint) {
    return [this, endpoint](const console::Question& q) { return (this->*endpoint)(q); };
  };
  console_->on("GET", "/_tidemill/health", "", ask(&Program::health));
  console_->show("/_tidemill/metrics", options_.test_mode ? "" : "tidemill:Read",
                 "text/plain; version=0.0.4; charset=utf-8",
                 [this](const console::Question& q) { return show_metrics(q); });
  console_->on("GET", "/_tidemill/api/check", "tidemill:Read", ask(&Program::check));
  console_->on("GET", "/_tidemill/api/runs", "tidemill:Read", ask(&Program::list_runs));
  console_->on("GET", "/_tidemill/api/runs/", "tidemill:Read", ask(&Program::run_logs));
  console_->on("GET", "/_tidemill/api/explain", "tidemill:Read", ask(&Program::explain));
  console_->on("GET", "/_tidemill/api/lint", "tidemill:Read", ask(&Program::lint));
  console_->on("GET", "/_tidemill/api/doctor", "tidemill:Read", ask(&Program::doctor));
  wire_delivery_endpoints();
  if (!options_.test_mode) return;
  console_->on("POST", "/_tidemill/reset", "", ask(&Program::reset));
  console_->on("PUT", "/_tidemill/clock", "", ask(&Program::set_clock));
}

Program::Answer Program::health(const console::Question&) {
  co_return json::object{{"status", "ok"}, {"version", TIDEMILL_VERSION}};
}

Program::Answer Program::check(const console::Question&) {
  json::array shown;
  const auto add = [&shown](const std::vector<std::string>& findings) {
    shown.insert(shown.end(), findings.begin(), findings.end());
  };
  const std::array stores{store_.get(), logs_store_.get(), metrics_store_.get(),
                          audit_store_.get()};
  for (auto* store : stores) {
    TM_CO_TRY(const auto found, co_await store->check());
    add(found);
  }
  TM_CO_TRY(const auto of_bodies, co_await bodies_->check());
  add(of_bodies);
  for (const auto look : checks) {
    TM_CO_TRY(const auto found, co_await store_->read(look));
    add(found);
  }
  if (const auto dropped = trail_->dropped(); dropped > 0) {
    add({fmt::format("{} calls are missing in the audit trail", dropped)});
  }
  json::object unserved;
  for (const auto& [operation, count] : router_->unlisted_counts()) unserved[operation] = count;
  co_return json::object{{"findings", std::move(shown)}, {"unserved", std::move(unserved)}};
}

Program::Answer Program::list_runs(const console::Question& question) {
  const auto job = std::string(question.get("job"));
  const int count = std::min(number_of(question.get("max"), 50), runs_max);
  auto query = [&](store::Tx& tx) { return runs_->list(tx, question.caller.scope, job, 0, count); };
  TM_CO_TRY(const auto runs, co_await store_->read(query));
  json::array shown;
  for (const auto& run : runs) shown.push_back(glue::shown_run(run));
  co_return json::object{{"runs", std::move(shown)}};
}

/// /_tidemill/api/runs/ID/logs: both streams of a run, in the order of time.
Program::Answer Program::run_logs(const console::Question& question) {
  const auto slash = question.rest.find('/');
  const auto id = question.rest.substr(0, slash);
  if (slash == std::string::npos || question.rest.substr(slash) != "/logs") {
    co_return fail(Errc::not_found, "ResourceNotFoundException", "there is only …/RUN/logs here");
  }
  auto find = [&](store::Tx& tx) { return runs_->find(tx, id); };
  TM_CO_TRY(const auto run, co_await store_->read(find));
  if (!run) {
    co_return fail(Errc::not_found, "EntityNotFoundException",
                   fmt::format("there is no run {}; see tidemill runs list", id));
  }
  auto read = [&](store::Tx& tx) -> Result<std::vector<logs::StoredEvent>> {
    std::vector<logs::StoredEvent> lines;
    const auto* family = run->command == "pythonshell" ? "python-jobs" : "jobs";
    for (const char* kind : {"output", "error"}) {
      logs::ReadQuery query{
          .stream = {{run->scope, fmt::format("/aws-glue/{}/{}", family, kind)}, id},
          .limit = log_lines_max,
          .from_head = true};
      auto page = ledger_->read(tx, query);
      if (!page && page.error().code != Errc::not_found) return std::unexpected(page.error());
      if (page) std::ranges::move(page->events, std::back_inserter(lines));
    }
    std::ranges::sort(lines, {}, &logs::StoredEvent::position);
    return lines;
  };
  TM_CO_TRY(const auto lines, co_await logs_store_->read(read));
  json::array shown;
  for (const auto& line : lines) {
    shown.push_back(json::object{{"time_ms", line.position.at_ms}, {"message", line.message}});
  }
  co_return json::object{{"run", id}, {"lines", std::move(shown)}};
}

Program::Answer Program::explain(const console::Question& question) {
  const auto bus = std::string(question.get("bus"));
  const auto named = bus.empty() ? std::nullopt : std::optional(bus);
  co_return co_await storyteller_->of(events::bus_key(question.caller, named),
                                      std::string(question.get("of")));
}

/// What is wrong with the rules of a bus: ?bus=NAME, by default the default bus.
Program::Answer Program::lint(const console::Question& question) {
  const auto name = std::string(question.get("bus"));
  const auto named = name.empty() ? std::nullopt : std::optional(name);
  co_return co_await linter_->bus(events::bus_key(question.caller, named));
}

Program::Answer Program::reset(const console::Question&) {
  auto forget_logs = [this](store::Tx& tx) { return ledger_->reset(tx); };
  auto forget = [this](store::Tx& tx) -> Status {
    TM_CHECK(scheduling_->engine().reset(tx));
    TM_CHECK(hub_->reset(tx));
    TM_CHECK(bus_policies_->reset(tx));
    TM_CHECK(runs_->reset(tx));
    TM_CHECK(glue::catalog::reset(tx));
    TM_CHECK(queues_->reset(tx));
    TM_CHECK(topics_->reset(tx));
    TM_CHECK(objects_->reset(tx));
    TM_CHECK(metrics::AlarmBook::reset(tx));
    TM_CHECK(metrics::reset_dashboards(tx));
    TM_CHECK(ssm::Parameters::reset(tx));
    TM_CHECK(secretsmanager::Secrets::reset(tx));
    bucket_settings_.reset(tx);
    TM_CHECK(iam::reset(tx));
    return authority_->refresh(tx);
  };
  TM_CO_CHECK(co_await store_->write(forget));
  co_await launcher_->drained();
  TM_CO_CHECK(co_await logs_store_->write(forget_logs));
  auto forget_metrics = [this](store::Tx& tx) { return metrics_ledger_->reset(tx); };
  TM_CO_CHECK(co_await metrics_store_->write(forget_metrics));
  auto forget_calls = [](store::Tx& tx) { return cloudtrail::Trail::reset(tx); };
  TM_CO_CHECK(co_await audit_store_->write(forget_calls));
  co_return json::object{{"reset", true}};
}

Program::Answer Program::set_clock(const console::Question& question) {
  TM_CO_TRY(const auto body, json::parse_object(question.body));
  const auto text = json::text_or_empty(body, "time");
  const auto time = parse_iso(text);
  if (!text.empty() && !time) {
    co_return fail(Errc::invalid_argument, "time must be ISO 8601 or null");
  }
  clock_.set(time);
  look_at_the_time();
  co_return json::object{{"time", iso_millis(clock_.now())}};
}

}  // namespace tidemill::server
