#include <thread>

#include <fmt/format.h>

#include "bench/cases.h"
#include "bench/load.h"
#include "bench/platform.h"

namespace tidemill::bench {
namespace {

constexpr std::uint64_t many = 100'000, few = 100;
constexpr int calls_timed = 200;

/// An operation, and what makes the i-th of the things that there are many of; and one that lists
/// them.
struct Maker {
  std::string_view service, target;
  json::object (*body)(std::uint64_t number);
  std::string_view list;
};

json::object rule_of(std::uint64_t number) {
  return {{"Name", fmt::format("rule-{:06}", number)},
          {"EventPattern",
           fmt::format(R"({{"source":["aws.s3"],"detail":{{"bucket":{{"name":["lake-{}"]}},)"
                       R"("object":{{"key":[{{"prefix":"team-{}/","suffix":".csv"}}]}}}}}})",
                       number / 10, number % 10)}};
}

constexpr Maker rules{"events", "AWSEvents.PutRule", rule_of, "AWSEvents.ListRules"};

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

constexpr Maker alarms{"monitoring", "GraniteServiceVersion20100801.PutMetricAlarm", alarm_of,
                       "GraniteServiceVersion20100801.DescribeAlarms"};

json::object job_of(std::uint64_t number) {
  return {{"Name", fmt::format("job-{:06}", number)},
          {"Role", "arn:aws:iam::000000000000:role/bench-role"},
          {"Command",
           json::object{{"Name", "pythonshell"}, {"ScriptLocation", "s3://bench-scripts/x.py"}}}};
}

constexpr Maker jobs{"glue", "AWSGlue.CreateJob", job_of, "AWSGlue.ListJobs"};

/// Makes things from `first` on until there are `count`. What is left of the load's time goes into
/// lists.
Status fill(const ServerProcess& server, const Maker& maker, std::uint64_t first,
            std::uint64_t count) {
  std::vector<std::pair<std::string, std::string>> calls;
  for (auto i = first; i < count; ++i) {
    calls.push_back(signed_call(maker.service, maker.target, maker.body(i)));
  }
  const auto list = signed_call(maker.service, maker.list, {});
  std::uint64_t put = 0;
  const LoadPlan plan{.warm_seconds = 0, .next = [&](std::uint64_t) {
                        const auto& [head, body] = put < calls.size() ? calls[put] : list;
                        ++put;
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

/// The i-th of those that are asked for: here and there among `count`.
std::uint64_t some_of(std::uint64_t count, int i) { return std::uint64_t(i) * 7919 % count; }

Result<Times> time_rules(Platform& platform, std::uint64_t count) {
  const auto some = [count](int i) { return some_of(count, i); };
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

/// As Terraform plans: a job and its tags.
Result<Times> time_jobs(Platform& platform, std::uint64_t count) {
  const auto name = [count](int i) { return fmt::format("job-{:06}", some_of(count, i)); };
  const auto time = [&](std::string_view operation, const std::function<json::object(int)>& body) {
    return time_calls(platform, "glue", fmt::format("AWSGlue.{}", operation), body);
  };
  TM_TRY(const auto get, time("GetJob", [&](int i) { return json::object{{"JobName", name(i)}}; }));
  TM_TRY(const auto tags, time("GetTags", [&](int i) {
           const auto arn = fmt::format("arn:aws:glue:us-east-1:000000000000:job/{}", name(i));
           return json::object{{"ResourceArn", arn}};
         }));
  TM_TRY(const auto list, time("ListJobs", [](int) { return json::object{{"MaxResults", 100}}; }));
  TM_TRY(const auto page, time("GetJobs", [](int) { return json::object{{"MaxResults", 100}}; }));
  TM_TRY(const auto update, time("UpdateJob", [&](int i) {
           auto job = job_of(some_of(count, i));
           job.erase("Name");
           return json::object{{"JobName", name(i)}, {"JobUpdate", job}};
         }));
  TM_TRY(const auto runs,
         time("GetJobRuns", [&](int i) { return json::object{{"JobName", name(i)}}; }));
  return Times{{"get", get},      {"tags", tags},     {"list_100", list},
               {"get_100", page}, {"update", update}, {"runs", runs}};
}

Result<Times> time_alarms(Platform& platform, std::uint64_t count) {
  const auto some = [count](int i) { return some_of(count, i); };
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

/// Many of `things` on a server: what calls take beside them, and beside 100.
Status measure_calls(const ServerProcess& server, std::string_view things, const Maker& maker,
                     Result<Times> (*time)(Platform&, std::uint64_t), std::uint64_t count) {
  TM_TRY(auto platform, Platform::connect(server.port()));
  TM_CHECK(platform.make_role());
  TM_CHECK(fill(server, maker, 0, few));
  TM_TRY(const auto beside_few, time(platform, few));
  TM_CHECK(fill(server, maker, few, count));
  TM_TRY(const auto beside_many, time(platform, count));
  for (std::size_t i = 0; i < beside_many.size(); ++i) {
    print({.name = fmt::format("many_{}_{}", things, beside_many[i].first),
           .value = beside_many[i].second,
           .unit = "ms",
           .target = 5,
           .better = Better::less,
           .detail = {{fmt::format("with_100_{}", things), rounded(beside_few[i].second)}}});
  }
  return {};
}

void print_resident(std::string_view things, const ServerProcess& server) {
  print({.name = fmt::format("many_{}_resident", things),
         .value = server.resident_mb(),
         .unit = "MB"});
}

std::uint64_t count_of(const Setting& setting) { return setting.quick ? many / 10 : many; }

}  // namespace

/// Single calls beside 100,000 rules, and beside 100.
Status measure_many_rules(const Setting& setting) {
  TM_TRY(const auto server, ServerProcess::start(setting.server("many_rules")));
  TM_CHECK(measure_calls(*server, "rules", rules, time_rules, count_of(setting)));
  print_resident("rules", *server);
  return {};
}

/// The same for jobs.
Status measure_many_jobs(const Setting& setting) {
  TM_TRY(const auto server, ServerProcess::start(setting.server("many_jobs")));
  TM_CHECK(measure_calls(*server, "jobs", jobs, time_jobs, count_of(setting)));
  print_resident("jobs", *server);
  return {};
}

/// The same for alarms; what looking at all of them takes each minute, and how long a start.
Status measure_many_alarms(const Setting& setting) {
  {
    TM_TRY(const auto server, ServerProcess::start(setting.server("many_alarms")));
    TM_CHECK(measure_calls(*server, "alarms", alarms, time_alarms, count_of(setting)));
    const auto before = server->cpu_ms();
    std::this_thread::sleep_for(std::chrono::minutes(1));
    print({.name = "many_alarms_minute",
           .value = (server->cpu_ms() - before) / double(count_of(setting)) * 1000,
           .unit = "us of CPU an alarm"});
    print_resident("alarms", *server);
  }
  TM_TRY(const auto again, ServerProcess::start(setting.server("many_alarms")));
  print({.name = "many_alarms_ready", .value = again->ready_ms(), .unit = "ms"});
  return {};
}

}  // namespace tidemill::bench
