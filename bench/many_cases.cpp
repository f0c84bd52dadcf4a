#include <thread>

#include <fmt/format.h>

#include "bench/cases.h"
#include "bench/load.h"
#include "bench/platform.h"

namespace tidemill::bench {
namespace {

constexpr std::uint64_t many = 100'000, few = 100;
constexpr int calls_timed = 200;

/// An operation, and what makes the i-th of the things that there are many of.
struct Maker {
  std::string_view service, target;
  json::object (*body)(std::uint64_t number);
};

json::object rule_of(std::uint64_t number) {
  return {{"Name", fmt::format("rule-{:06}", number)},
          {"EventPattern",
           fmt::format(R"({{"source":["aws.s3"],"detail":{{"bucket":{{"name":["lake-{}"]}},)"
                       R"("object":{{"key":[{{"prefix":"team-{}/","suffix":".csv"}}]}}}}}})",
                       number / 10, number % 10)}};
}

constexpr Maker rules{"events", "AWSEvents.PutRule", rule_of};

json::object job_dimension(std::uint64_t number) {
  return {{"Name", "Job"}, {"Value", fmt::format("job-{}", number)}};
}

/// Each on a metric of its own, without data.
json::object alarm_of(std::uint64_t number) {
  return {{"AlarmName", fmt::format("alarm-{:06}", number)},
          {"Namespace", "Bench"},
          {"MetricName", "Failures"},
          {"Dimensions", json::array{job_dimension(number)}},
          {"Statistic", "Sum"},
          {"Period", 300},
          {"EvaluationPeriods", 3},
          {"Threshold", 0},
          {"ComparisonOperator", "GreaterThanThreshold"}};
}

constexpr Maker alarms{"monitoring", "GraniteServiceVersion20100801.PutMetricAlarm", alarm_of};

/// Makes things from `first` on until there are `count`.
Status fill(const ServerProcess& server, const Maker& maker, std::uint64_t first,
            std::uint64_t count) {
  std::vector<std::pair<std::string, std::string>> calls;
  for (auto i = first; i < count; ++i) {
    calls.push_back(signed_call(maker.service, maker.target, maker.body(i)));
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
Result<double> time_calls(Platform& platform, std::string_view service, std::string_view target,
                          const std::function<json::object(int)>& body) {
  std::vector<double> times;
  for (int i = 0; i < calls_timed; ++i) {
    const auto begun = now_ns();
    TM_CHECK(platform.call_json(service, target, body(i)));
    times.push_back(double(now_ns() - begun) / 1e6);
  }
  return quantile(times, 0.5);
}

using Times = std::vector<std::pair<std::string_view, double>>;

Result<Times> time_rules(Platform& platform, std::uint64_t count) {
  const auto some = [count](int i) { return std::uint64_t(i) * 7919 % count; };
  const auto time = [&](std::string_view operation, const std::function<json::object(int)>& body) {
    return time_calls(platform, "events", fmt::format("AWSEvents.{}", operation), body);
  };
  TM_TRY(const auto put, time("PutRule", [&](int i) { return rule_of(some(i)); }));
  TM_TRY(const auto describe, time("DescribeRule", [&](int i) {
           return json::object{{"Name", fmt::format("rule-{:06}", some(i))}};
         }));
  TM_TRY(const auto list, time("ListRules", [&](int i) {
           return json::object{{"NamePrefix", fmt::format("rule-{:03}", some(i) / 1000)},
                               {"Limit", 100}};
         }));
  return Times{{"put", put}, {"describe", describe}, {"list_100", list}};
}

Result<Times> time_alarms(Platform& platform, std::uint64_t count) {
  const auto some = [count](int i) { return std::uint64_t(i) * 7919 % count; };
  const auto name = [&](int i) { return fmt::format("alarm-{:06}", some(i)); };
  const auto time = [&](std::string_view operation, const std::function<json::object(int)>& body) {
    return time_calls(platform, "monitoring",
                      fmt::format("GraniteServiceVersion20100801.{}", operation), body);
  };
  TM_TRY(const auto put, time("PutMetricAlarm", [&](int i) { return alarm_of(some(i)); }));
  TM_TRY(const auto describe, time("DescribeAlarms", [&](int i) {
           return json::object{{"AlarmNames", json::array{name(i)}}};
         }));
  TM_TRY(const auto list, time("DescribeAlarms", [&](int i) {
           return json::object{{"AlarmNamePrefix", name(i).substr(0, 9)}, {"MaxRecords", 100}};
         }));
  TM_TRY(const auto state, time("SetAlarmState", [&](int i) {
           return json::object{{"AlarmName", name(i)},
                               {"StateValue", i % 2 == 0 ? "ALARM" : "OK"},
                               {"StateReason", "a measurement"}};
         }));
  TM_TRY(const auto history,
         time("DescribeAlarmHistory", [&](int i) { return json::object{{"AlarmName", name(i)}}; }));
  TM_TRY(const auto data, time("PutMetricData", [&](int i) {
           json::object datum{{"MetricName", "Other"}, {"Value", i}};
           return json::object{{"Namespace", "Bench"}, {"MetricData", json::array{datum}}};
         }));
  return Times{{"put", put},         {"describe", describe}, {"list_100", list},
               {"set_state", state}, {"history", history},   {"put_metric_data", data}};
}

void print_calls(std::string_view things, const Times& beside_few, const Times& beside_many) {
  for (std::size_t i = 0; i < beside_many.size(); ++i) {
    print({.name = fmt::format("many_{}_{}", things, beside_many[i].first),
           .value = beside_many[i].second,
           .unit = "ms",
           .target = 5,
           .better = Better::less,
           .detail = {{fmt::format("with_100_{}", things), rounded(beside_few[i].second)}}});
  }
}

}  // namespace

/// Single calls beside 100,000 rules, and beside 100.
Status measure_many_rules(const Setting& setting) {
  const auto count = setting.quick ? many / 10 : many;
  TM_TRY(const auto server, ServerProcess::start(setting.server("many_rules")));
  TM_TRY(auto platform, Platform::connect(server->port()));
  TM_CHECK(fill(*server, rules, 0, few));
  TM_TRY(const auto beside_few, time_rules(platform, few));
  TM_CHECK(fill(*server, rules, few, count));
  TM_TRY(const auto beside_many, time_rules(platform, count));
  print_calls("rules", beside_few, beside_many);
  print({.name = "many_rules_resident", .value = server->resident_mb(), .unit = "MB"});
  return {};
}

/// The same for alarms; what looking at all of them takes each minute, and how long a start.
Status measure_many_alarms(const Setting& setting) {
  const auto count = setting.quick ? many / 10 : many;
  {
    TM_TRY(const auto server, ServerProcess::start(setting.server("many_alarms")));
    TM_TRY(auto platform, Platform::connect(server->port()));
    TM_CHECK(fill(*server, alarms, 0, few));
    TM_TRY(const auto beside_few, time_alarms(platform, few));
    TM_CHECK(fill(*server, alarms, few, count));
    TM_TRY(const auto beside_many, time_alarms(platform, count));
    print_calls("alarms", beside_few, beside_many);
    const auto before = server->cpu_ms();
    std::this_thread::sleep_for(std::chrono::minutes(1));
    print({.name = "many_alarms_minute",
           .value = (server->cpu_ms() - before) / double(count) * 1000,
           .unit = "us of CPU an alarm"});
    print({.name = "many_alarms_resident", .value = server->resident_mb(), .unit = "MB"});
  }
  TM_TRY(const auto again, ServerProcess::start(setting.server("many_alarms")));
  print({.name = "many_alarms_ready", .value = again->ready_ms(), .unit = "ms"});
  return {};
}

}  // namespace tidemill::bench
