#include <fmt/format.h>

#include "bench/cases.h"
#include "bench/load.h"
#include "bench/platform.h"

namespace tidemill::bench {
namespace {

constexpr int entries_per_call = 10;

/// A PutEvents of ten events; the load sends it again and again.
std::pair<std::string, std::string> put_events_call(std::string_view source) {
  json::array entries;
  for (int i = 0; i < entries_per_call; ++i) {
    entries.push_back(json::object{
        {"Source", source},
        {"DetailType", "order placed"},
        {"Detail", fmt::format(R"({{"order":"SO-{}","amount":{},"region":"north","lines":[)"
                               R"({{"product":"P-4410","quantity":3}}]}})",
                               10'000 + i, 20 + i)}});
  }
  return signed_call("events", "AWSEvents.PutEvents", {{"Entries", std::move(entries)}});
}

Result<LoadResult> event_load(const Setting& setting, const ServerProcess& server,
                              std::string_view source) {
  const auto [head, body] = put_events_call(source);
  const LoadPlan plan{.clients = setting.clients,
                      .seconds = setting.seconds(),
                      .next = [&](std::uint64_t) { return Shot{head, body}; }};
  return run_load(plan, server);
}

void print_events(const std::string& name, LoadResult& load, double target) {
  auto detail = load.detail();
  detail["server_cpu_ms_each"] = load.server_cpu_ms_each() / entries_per_call;
  print({.name = name,
         .value = load.rate() * entries_per_call,
         .unit = "1/s",
         .target = target,
         .detail = std::move(detail)});
}

}  // namespace

Status measure_put_events(const Setting& setting) {
  TM_TRY(const auto server, ServerProcess::start(setting.server("put_events")));
  TM_TRY(auto platform, Platform::connect(server->port()));
  TM_CHECK(platform.make_queue("bench-events"));
  TM_CHECK(platform.make_event_rule("bench-events", "shop", "bench-events"));
  TM_TRY(auto load, event_load(setting, *server, "nobody"));
  print_events("put_events", load, 50'000);
  return {};
}

/// The message is in the queue when the answer comes: target and delivery are in its transaction.
Status measure_put_events_matched(const Setting& setting) {
  TM_TRY(const auto server, ServerProcess::start(setting.server("put_events_matched")));
  TM_TRY(auto platform, Platform::connect(server->port()));
  TM_CHECK(platform.make_queue("bench-events"));
  TM_CHECK(platform.make_event_rule("bench-events", "shop", "bench-events"));
  TM_TRY(auto load, event_load(setting, *server, "shop"));
  print_events("put_events_matched", load, 10'000);
  TM_TRY(const auto depth, platform.queue_depth("bench-events"));
  if (depth >= std::int64_t(load.answers) * entries_per_call) return {};
  return fail(Errc::unavailable,
              fmt::format("{} answers, but only {} messages", load.answers, depth));
}

}  // namespace tidemill::bench
