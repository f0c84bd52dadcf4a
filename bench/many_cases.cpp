#include <fmt/format.h>

#include "bench/cases.h"
#include "bench/load.h"
#include "bench/platform.h"

namespace tidemill::bench {
namespace {

constexpr std::uint64_t rules_many = 100'000, rules_few = 100;
constexpr int calls_timed = 200;

json::object rule_of(std::uint64_t number) {
  return {{"Name", fmt::format("rule-{:06}", number)},
          {"EventPattern",
           fmt::format(R"({{"source":["aws.s3"],"detail":{{"bucket":{{"name":["lake-{}"]}},)"
                       R"("object":{{"key":[{{"prefix":"team-{}/","suffix":".csv"}}]}}}}}})",
                       number / 10, number % 10)}};
}

/// Rules from `first` on until there are `count`.
Status fill(const ServerProcess& server, std::uint64_t first, std::uint64_t count) {
  std::vector<std::pair<std::string, std::string>> calls;
  for (auto i = first; i < count; ++i) {
    calls.push_back(signed_call("events", "AWSEvents.PutRule", rule_of(i)));
  }
  std::uint64_t put = 0;
  const LoadPlan plan{.warm_seconds = 0, .next = [&](std::uint64_t) {
                        const auto& [head, body] = calls[put++ % calls.size()];
                        return Shot{head, body};
                      }};
  while (put < calls.size()) TM_CHECK(run_load(plan, server));
  return {};
}

/// Milliseconds of the median call.
Result<double> time_calls(Platform& platform, std::string_view target,
                          const std::function<json::object(int)>& body) {
  std::vector<double> times;
  for (int i = 0; i < calls_timed; ++i) {
    const auto begun = now_ns();
    TM_CHECK(platform.call_json("events", target, body(i)));
    times.push_back(double(now_ns() - begun) / 1e6);
  }
  return quantile(times, 0.5);
}

struct Times {
  double put = 0, describe = 0, list = 0;
};

Result<Times> time_all(Platform& platform, std::uint64_t count) {
  const auto some = [count](int i) { return std::uint64_t(i) * 7919 % count; };
  Times times;
  TM_TRY(times.put,
         time_calls(platform, "AWSEvents.PutRule", [&](int i) { return rule_of(some(i)); }));
  TM_TRY(times.describe, time_calls(platform, "AWSEvents.DescribeRule", [&](int i) {
           return json::object{{"Name", fmt::format("rule-{:06}", some(i))}};
         }));
  TM_TRY(times.list, time_calls(platform, "AWSEvents.ListRules", [&](int i) {
           return json::object{{"NamePrefix", fmt::format("rule-{:03}", some(i) / 1000)},
                               {"Limit", 100}};
         }));
  return times;
}

void print_call(std::string_view name, double few, double many) {
  print({.name = fmt::format("many_rules_{}", name),
         .value = many,
         .unit = "ms",
         .target = 5,
         .better = Better::less,
         .detail = {{"with_100_rules", rounded(few)}}});
}

}  // namespace

/// Single calls beside 100,000 rules, and beside 100.
Status measure_many_rules(const Setting& setting) {
  TM_TRY(const auto server, ServerProcess::start(setting.server("many_rules")));
  TM_TRY(auto platform, Platform::connect(server->port()));
  TM_CHECK(fill(*server, 0, rules_few));
  TM_TRY(const auto few, time_all(platform, rules_few));
  TM_CHECK(fill(*server, rules_few, setting.quick ? rules_many / 10 : rules_many));
  TM_TRY(const auto many, time_all(platform, setting.quick ? rules_many / 10 : rules_many));
  print_call("put", few.put, many.put);
  print_call("describe", few.describe, many.describe);
  print_call("list_100", few.list, many.list);
  print({.name = "many_rules_resident", .value = server->resident_mb(), .unit = "MB"});
  return {};
}

}  // namespace tidemill::bench
