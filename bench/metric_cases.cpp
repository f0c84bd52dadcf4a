#include <fmt/format.h>

#include "bench/cases.h"
#include "bench/load.h"
#include "bench/platform.h"

namespace tidemill::bench {
namespace {

constexpr int values_a_request = 1000, metrics = 500;

/// A PutMetricData of as many values as one may have, in two minutes of each metric.
json::object put_body() {
  json::array data;
  for (int i = 0; i < values_a_request; ++i) {
    json::array dimensions;
    dimensions.push_back(json::object{{"Name", "Job"}, {"Value", fmt::format("job-{}", i % 50)}});
    data.push_back(json::object{{"MetricName", fmt::format("Rows{}", i % metrics)},
                                {"Dimensions", std::move(dimensions)},
                                {"Unit", "Count"},
                                {"Value", i}});
  }
  return {{"Namespace", "Bench"}, {"MetricData", std::move(data)}};
}

}  // namespace

Status measure_put_metrics(const Setting& setting) {
  TM_TRY(const auto server, ServerProcess::start(setting.server("put_metrics")));
  const auto [head, body] =
      signed_call("monitoring", "GraniteServiceVersion20100801.PutMetricData", put_body());
  LoadPlan plan{.clients = setting.clients, .seconds = setting.seconds(), .next = {}};
  plan.next = [&](std::uint64_t) { return Shot{head, body}; };
  TM_TRY(auto load, run_load(plan, *server));
  print({.name = "put_metric_values",
         .value = load.rate() * values_a_request,
         .unit = "1/s",
         .target = 50'000,
         .detail = load.detail()});
  return {};
}

}  // namespace tidemill::bench
