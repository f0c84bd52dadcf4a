#include <thread>

#include <fmt/format.h>

#include "base/time.h"
#include "bench/cases.h"
#include "bench/platform.h"
#include "bench/report.h"
#include "bench/server_process.h"

namespace tidemill::bench {
namespace {

constexpr int seconds_full = 20, seconds_quick = 5, each_second = 3;
constexpr double late_ms_max = 20;

Result<json::object> call(Client& client, wire::SigningRequest request, std::string_view service,
                          const std::string& body) {
  request.headers.add("Content-Type", "application/json");
  request.body = body;
  TM_TRY(const auto reply,
         client.send(signed_head(std::move(request), service, body.size()) + body));
  if (reply.status != 200) return fail(Errc::unavailable, "a request failed: " + reply.body);
  return json::parse_object(reply.body);
}

Status create(Client& client, const std::string& name, TimeMs at) {
  const json::object target{
      {"Arn", "arn:aws:events:us-east-1:000000000000:event-bus/default"},
      {"RoleArn", "arn:aws:iam::000000000000:role/bench"},
      {"EventBridgeParameters", json::object{{"Source", "bench"}, {"DetailType", "Tick"}}}};
  auto when = iso_seconds(at);
  when.pop_back();
  const json::object body{{"ScheduleExpression", fmt::format("at({})", when)},
                          {"FlexibleTimeWindow", json::object{{"Mode", "OFF"}}},
                          {"Target", target}};
  wire::SigningRequest request;
  request.method = "POST";
  request.path = "/schedules/" + name;
  TM_CHECK(call(client, std::move(request), "scheduler", json::dump(body)));
  return {};
}

/// How late it was claimed, in milliseconds.
Result<double> lateness_of(Client& client, const std::string& name) {
  wire::SigningRequest request;
  request.method = "GET";
  request.path = "/_tidemill/api/schedules/explain";
  request.query = "name=" + name;
  TM_TRY(const auto story, call(client, std::move(request), "tidemill", ""));
  const auto& history = story.at("history").as_array();
  if (history.empty()) return fail(Errc::unavailable, name + " has not run");
  return history[0].at("lateness_ms").to_number<double>();
}

}  // namespace

Status measure_schedule_lateness(const Setting& setting) {
  TM_TRY(const auto server, ServerProcess::start(setting.server("schedule_lateness")));
  TM_TRY(auto client, Client::connect(server->port()));
  const int count = setting.quick ? seconds_quick : seconds_full;
  const std::int64_t first = SystemClock().now().ms / 1000 + 3;
  for (int i = 0; i < count * each_second; ++i) {
    TM_CHECK(create(client, fmt::format("s{}", i), {(first + i % count) * 1000}));
  }
  const auto over = (first + count) * 1000 + 500 - SystemClock().now().ms;
  std::this_thread::sleep_for(std::chrono::milliseconds(over));
  std::vector<double> late;
  for (int i = 0; i < count * each_second; ++i) {
    TM_TRY(const auto ms, lateness_of(client, fmt::format("s{}", i)));
    late.push_back(ms);
  }
  print(Measurement{.name = "schedule_lateness",
                    .value = quantile(late, 0.99),
                    .unit = "ms",
                    .target = late_ms_max,
                    .better = Better::less,
                    .detail = {{"median", rounded(quantile(late, 0.5))}}});
  return {};
}

}  // namespace tidemill::bench
