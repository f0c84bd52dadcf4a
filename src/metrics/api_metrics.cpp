// Metrics in and out.
#include "metrics/api_metrics.h"

#include <cmath>
#include <set>

#include <fmt/format.h>

#include "metrics/alarm.h"
#include "metrics/api_queries.h"
#include "metrics/metric_query.h"
#include "metrics/statistic.h"

namespace tidemill::metrics {
namespace {

constexpr auto oldest = std::chrono::days(14);
constexpr auto furthest = std::chrono::hours(2);
constexpr std::size_t dimensions_max = 30, data_max = 1000;
constexpr int metrics_a_page = 500;
constexpr std::size_t queries_max = 500;
constexpr std::int64_t datapoints_max = 1440;
constexpr auto listed_for = std::chrono::days(14);

std::unexpected<Error> invalid_value(std::string message) {
  return fail(Errc::invalid_argument, "InvalidParameterValueException", std::move(message));
}

std::unexpected<Error> missing(std::string message) {
  return fail(Errc::invalid_argument, "MissingRequiredParameterException", std::move(message));
}

/// Where a value stands in the request: "MetricData.member.1".
struct Place {
  std::size_t number;
  [[nodiscard]] std::string of(std::string_view member) const {
    return fmt::format("MetricData.member.{}.{}", number, member);
  }
};

bool is_kept(double value) { return std::isfinite(value) && std::abs(value) <= std::ldexp(1, 360); }

Status add_values(const w::MetricDatum& datum, const Place& place, Aggregate& into) {
  const auto& values = *datum.Values;
  if (datum.Counts && datum.Counts->size() != values.size()) {
    return invalid_value(fmt::format("The parameters {} and {} must have the same length.",
                                     place.of("Values"), place.of("Counts")));
  }
  for (std::size_t i = 0; i < values.size(); ++i) {
    const double times = datum.Counts ? (*datum.Counts)[i] : 1;
    if (!is_kept(values[i]) || !is_kept(times) || times < 0) {
      return invalid_value(
          fmt::format("The parameter {} has a value that is not a finite number "
                      "between -2^360 and 2^360.",
                      place.of("Values")));
    }
    if (times > 0) into.add(values[i], times);
  }
  return {};
}

Result<Aggregate> aggregate_of(const w::MetricDatum& datum, const Place& place) {
  const int given = int(datum.Value.has_value()) + int(datum.StatisticValues.has_value()) +
                    int(datum.Values.has_value() && !datum.Values->empty());
  if (given == 0) {
    return missing(fmt::format("At least one of the parameters {}, {} or {} must be specified.",
                               place.of("Value"), place.of("Values"), place.of("StatisticValues")));
  }
  if (given > 1) {
    return invalid_combination(
        fmt::format("The parameters {}, {} and {} are mutually exclusive and you have specified "
                    "more than one.",
                    place.of("Value"), place.of("Values"), place.of("StatisticValues")));
  }
  Aggregate aggregate;
  if (datum.Value) {
    if (!is_kept(*datum.Value)) {
      return invalid_value(fmt::format(
          "The parameter {} must be a finite number between -2^360 and 2^360.", place.of("Value")));
    }
    aggregate.add(*datum.Value);
  } else if (datum.StatisticValues) {
    const auto& set = *datum.StatisticValues;
    aggregate = {set.SampleCount.value_or(0), set.Sum.value_or(0), set.Minimum.value_or(0),
                 set.Maximum.value_or(0)};
    const bool fits = is_kept(aggregate.count) && is_kept(aggregate.sum) &&
                      is_kept(aggregate.least) && is_kept(aggregate.most) && aggregate.count > 0 &&
                      aggregate.least <= aggregate.most;
    if (!fits) {
      return invalid_value(fmt::format(
          "The parameter {} needs a positive SampleCount and a Minimum that is not above Maximum.",
          place.of("StatisticValues")));
    }
  } else {
    TM_CHECK(add_values(datum, place, aggregate));
  }
  return aggregate;
}

Result<Dimensions> dimensions_of(const std::optional<std::vector<w::Dimension>>& given) {
  Dimensions dimensions;
  for (const auto& one : given.value_or(std::vector<w::Dimension>())) {
    dimensions.emplace_back(one.Name.value_or(""), one.Value.value_or(""));
  }
  std::ranges::sort(dimensions);
  const auto twice = std::ranges::adjacent_find(
      dimensions, [](const auto& a, const auto& b) { return a.first == b.first; });
  if (twice != dimensions.end()) {
    return invalid_value(
        fmt::format("No two dimensions of a metric can have the same name: {}", twice->first));
  }
  if (dimensions.size() > dimensions_max) {
    return invalid_value(fmt::format(
        "The collection Dimensions must not have a size greater than {}.", dimensions_max));
  }
  return dimensions;
}

Result<Point> point_of(const w::MetricDatum& datum, const Place& place, TimeMs now) {
  Point point;
  TM_TRY(point.aggregate, aggregate_of(datum, place));
  TM_TRY(point.series.dimensions, dimensions_of(datum.Dimensions));
  point.series.name = datum.MetricName.value_or("");
  point.unit = datum.Unit.value_or("None");
  point.minute = datum.Timestamp.value_or(now);
  if (point.minute < now.plus(-oldest)) {
    return invalid_value(
        fmt::format("The parameter {} must specify a time no more than two weeks in the past.",
                    place.of("Timestamp")));
  }
  if (point.minute > now.plus(furthest)) {
    return invalid_value(
        fmt::format("The parameter {} must specify a time no more than two hours in the future.",
                    place.of("Timestamp")));
  }
  return point;
}

Status check_space(const std::string& space) {
  if (!space.starts_with("AWS/")) return {};
  return invalid_value("The value AWS/ for parameter Namespace is invalid.");
}

struct NamedStatistic {
  std::string name;
  Statistic statistic;
};

/// Either basic ones or extended ones.
Result<std::vector<NamedStatistic>> statistics_of(const w::GetMetricStatisticsInput& request) {
  const std::vector<std::string> none;
  const auto& basic = request.Statistics ? *request.Statistics : none;
  const auto& extended = request.ExtendedStatistics ? *request.ExtendedStatistics : none;
  if (basic.empty() && extended.empty()) {
    return invalid_combination("Must specify either Statistics or ExtendedStatistics");
  }
  if (!basic.empty() && !extended.empty()) {
    return invalid_combination("Must not specify both Statistics and ExtendedStatistics");
  }
  std::vector<NamedStatistic> statistics;
  for (const auto& name : extended.empty() ? basic : extended) {
    const auto statistic = Statistic::parse(name);
    if (!statistic || statistic->is_extended() == extended.empty()) {
      return invalid_value(fmt::format("The value {} for parameter {}.member.{} is not supported.",
                                       name, extended.empty() ? "Statistics" : "ExtendedStatistics",
                                       statistics.size() + 1));
    }
    statistics.push_back({name, *statistic});
  }
  return statistics;
}

/// nullopt if none of what is asked for is known.
std::optional<w::Datapoint> to_wire(const Window& window,
                                    const std::vector<NamedStatistic>& statistics) {
  w::Datapoint shown;
  bool is_known = false;
  shown.Timestamp = window.at;
  shown.Unit = window.unit;
  for (const auto& [name, statistic] : statistics) {
    const auto value = statistic.of(window.aggregate);
    is_known = is_known || value;
    switch (statistic.kind) {
      case Statistic::Kind::sample_count: shown.SampleCount = value; break;
      case Statistic::Kind::average: shown.Average = value; break;
      case Statistic::Kind::sum: shown.Sum = value; break;
      case Statistic::Kind::minimum: shown.Minimum = value; break;
      case Statistic::Kind::maximum: shown.Maximum = value; break;
      default:
        if (!shown.ExtendedStatistics) shown.ExtendedStatistics.emplace();
        if (value) shown.ExtendedStatistics->emplace(name, *value);
    }
  }
  if (!is_known) return std::nullopt;
  return shown;
}

Status check_range(TimeMs from, TimeMs until, std::int64_t period_s) {
  if (until <= from) {
    return invalid_value("The parameter StartTime must be less than the parameter EndTime.");
  }
  if (period_s % 60 != 0) {
    return invalid_value(
        "The parameter Period must be a multiple of 60: metrics are kept by the "
        "minute.");
  }
  return {};
}

wire::Access of_space(const Caller&, const w::PutMetricDataInput& request) {
  return {.conditions = {{"cloudwatch:namespace", request.Namespace.value_or("")}}};
}

}  // namespace

void MetricApi::register_with(wire::Router& router) {
  router.on<w::op::PutMetricData>(this, &MetricApi::put, of_space);
  router.on<w::op::GetMetricData>(this, &MetricApi::get);
  router.on<w::op::GetMetricStatistics>(this, &MetricApi::statistics);
  router.on<w::op::ListMetrics>(this, &MetricApi::list);
}

/// Checked as a whole before any of it is taken. What is taken is in memory, and on disk with the
/// next flush.
MetricApi::Reply<wire::Empty> MetricApi::put(const Caller& caller, w::PutMetricDataInput request) {
  const auto now = parts_.clock.now();
  auto data = std::move(request.MetricData).value_or(std::vector<w::MetricDatum>());
  for (auto& entity :
       std::move(request.EntityMetricData).value_or(std::vector<w::EntityMetricData>())) {
    for (auto& datum : std::move(entity.MetricData).value_or(std::vector<w::MetricDatum>())) {
      data.push_back(std::move(datum));
    }
  }
  if (data.empty()) co_return missing("The parameter MetricData is required.");
  if (data.size() > data_max) {
    co_return invalid_value("The collection MetricData must not have a size greater than 1000.");
  }
  TM_CO_CHECK(check_space(*request.Namespace));
  std::vector<Point> points;
  for (const auto& datum : data) {
    TM_CO_TRY(auto point, point_of(datum, {points.size() + 1}, now));
    point.series.scope = caller.scope;
    point.series.space = *request.Namespace;
    points.push_back(std::move(point));
  }
  for (auto& point : points) {
    if (point.aggregate.count == 0 || parts_.recorder.add(std::move(point))) continue;
    co_return fail(Errc::throttled, "ThrottlingException",
                   "Too many different metrics wait to be written; try again in some seconds.");
  }
  co_return wire::Empty();
}

MetricApi::Reply<w::GetMetricStatisticsOutput> MetricApi::statistics(
    const Caller& caller, w::GetMetricStatisticsInput request) {
  const std::int64_t period = *request.Period;
  TM_CO_CHECK(check_range(*request.StartTime, *request.EndTime, period));
  TM_CO_TRY(const auto names, statistics_of(request));
  const auto asked = (request.EndTime->ms - request.StartTime->ms) / (period * 1000);
  if (asked > datapoints_max) {
    co_return invalid_combination(fmt::format(
        "You have requested up to {} datapoints, which exceeds the limit of {}. You may reduce the "
        "datapoints requested by increasing Period, or decreasing the time range.",
        asked, datapoints_max));
  }
  SeriesQuery query;
  query.series = {caller.scope, *request.Namespace, *request.MetricName, {}};
  TM_CO_TRY(query.series.dimensions, dimensions_of(request.Dimensions));
  query.from = round_start(*request.StartTime, parts_.clock.now());
  query.until = *request.EndTime;
  query.period_s = period;
  query.unit = request.Unit.value_or("");
  query.with_spread = names.front().statistic.is_extended();
  auto look = [&](store::Tx& tx) { return parts_.ledger.windows(tx, query); };
  TM_CO_TRY(const auto windows, co_await ask(look));
  w::GetMetricStatisticsOutput response;
  response.Label = *request.MetricName;
  response.Datapoints.emplace();
  for (const auto& window : windows) {
    auto shown = to_wire(window, names);
    if (shown) response.Datapoints->push_back(*std::move(shown));
  }
  co_return response;
}

MetricApi::Reply<w::GetMetricDataOutput> MetricApi::get(const Caller& caller,
                                                        w::GetMetricDataInput request) {
  if (*request.EndTime <= *request.StartTime) {
    co_return fail(Errc::invalid_argument, "ValidationException",
                   "The parameter StartTime must be less than the parameter EndTime.");
  }
  std::vector<MetricQuery> queries;
  if (request.MetricDataQueries->size() > queries_max) {
    co_return invalid(fmt::format(
        "The collection MetricDataQueries must not have a size greater than {}.", queries_max));
  }
  for (const auto& given : *request.MetricDataQueries) {
    const auto place = fmt::format("MetricDataQueries.member.{}", queries.size() + 1);
    TM_CO_TRY(auto query, read_query(to_json(given), caller.scope, place));
    queries.push_back(std::move(query));
  }
  DataQuery asked{std::move(queries), *request.StartTime, *request.EndTime};
  asked.newest_first = request.ScanBy.value_or("") != "TimestampAscending";
  asked.values_max = std::size_t(request.MaxDatapoints.value_or(int(asked.values_max)));
  TM_CO_CHECK(prepare(asked, request.NextToken));
  auto look = [&](store::Tx& tx) {
    const auto windows = [&](const SeriesQuery& one) { return parts_.ledger.windows(tx, one); };
    return get_data(windows, asked);
  };
  TM_CO_TRY(auto data, co_await ask(look));
  w::GetMetricDataOutput response;
  response.Messages.emplace();
  response.MetricDataResults.emplace();
  for (auto& result : data.results) {
    w::MetricDataResult shown{result.id, result.label, std::move(result.times),
                              std::move(result.values), "Complete"};
    if (!result.units.empty()) {
      shown.Messages = {{"MultipleUnits", fmt::format("Multiple units returned: '[{}]'",
                                                      fmt::join(result.units, ", "))}};
    }
    response.MetricDataResults->push_back(std::move(shown));
  }
  response.NextToken = std::move(data.next);
  co_return response;
}

MetricApi::Reply<w::ListMetricsOutput> MetricApi::list(const Caller& caller,
                                                       w::ListMetricsInput request) {
  MetricFilter filter;
  filter.scope = caller.scope;
  filter.space = request.Namespace.value_or("");
  filter.name = request.MetricName.value_or("");
  filter.count = metrics_a_page;
  const auto now = parts_.clock.now();
  filter.since = now.plus(-listed_for);
  if (request.RecentlyActive) filter.since = now.plus(-std::chrono::hours(3));
  for (const auto& one : request.Dimensions.value_or(std::vector<w::DimensionFilter>())) {
    filter.dimensions.emplace_back(one.Name.value_or(""), one.Value);
  }
  TM_CO_TRY(filter.after, page_start(request.NextToken));
  auto look = [&](store::Tx& tx) { return parts_.ledger.list(tx, filter); };
  TM_CO_TRY(const auto page, co_await ask(look));
  w::ListMetricsOutput response;
  response.Metrics.emplace();
  for (const auto& key : page.metrics) {
    w::Metric shown{key.space, key.name, std::vector<w::Dimension>()};
    for (const auto& [name, value] : key.dimensions) shown.Dimensions->push_back({name, value});
    response.Metrics->push_back(std::move(shown));
  }
  if (page.next) response.NextToken = std::to_string(*page.next);
  co_return response;
}

}  // namespace tidemill::metrics
