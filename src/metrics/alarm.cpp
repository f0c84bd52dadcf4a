#include "metrics/alarm.h"

#include <algorithm>

#include <fmt/format.h>

#include "metrics/statistic.h"

namespace tidemill::metrics {
namespace {

constexpr std::string_view head = "alarm:";
constexpr std::int64_t evaluated_s_max = 7 * 86'400, evaluated_s_max_short = 86'400;
constexpr std::size_t queries_max = 20;

bool has(const json::object& settings, std::string_view name) { return settings.contains(name); }

std::int64_t integer_of(const json::object& settings, std::string_view name,
                        std::int64_t otherwise) {
  const auto* value = settings.if_contains(name);
  return value != nullptr && value->is_int64() ? value->get_int64() : otherwise;
}

Status check_statistic(const json::object& settings) {
  if (has(settings, "Statistic") == has(settings, "ExtendedStatistic")) {
    return invalid("Exactly one of Statistic or ExtendedStatistic must be specified.");
  }
  const auto* parameter = has(settings, "Statistic") ? "Statistic" : "ExtendedStatistic";
  const auto name = json::text_or_empty(settings, parameter);
  const auto statistic = Statistic::parse(name);
  if (statistic && statistic->is_extended() == has(settings, "ExtendedStatistic")) return {};
  return fail(Errc::invalid_argument, "InvalidParameterValueException",
              fmt::format("The value {} for parameter {} is not supported.", name, parameter));
}

Status check_low_samples(const json::object& settings) {
  constexpr std::string_view known[] = {"", "evaluate", "ignore"};
  const auto option = json::text_or_empty(settings, "EvaluateLowSampleCountPercentile");
  if (std::ranges::find(known, option) != std::end(known)) return {};
  return invalid(
      fmt::format("Option {} is not supported. Supported options for parameter "
                  "EvaluateLowSampleCountPercentile are evaluate and ignore.",
                  option));
}

Status check_missing(const json::object& settings) {
  for (const auto* name : {"EvaluationPeriods", "Threshold"}) {
    if (has(settings, name)) continue;
    return invalid(fmt::format("The parameter {} is required for an alarm on a metric.", name));
  }
  if (has(settings, "Metrics")) return {};
  for (const auto* name : {"MetricName", "Namespace", "Period"}) {
    if (!has(settings, name)) return invalid(fmt::format("The parameter {} is required.", name));
  }
  return check_statistic(settings);
}

/// What AWS has and Tidemill has not: said, instead of an alarm that never rings.
Status check_served(const json::object& settings) {
  for (const auto* name : {"ThresholdMetricId", "EvaluationCriteria"}) {
    if (!has(settings, name)) continue;
    return invalid(
        fmt::format("{} isn't served: compare a metric or an expression with a Threshold.", name));
  }
  const auto comparison = json::text_or_empty(settings, "ComparisonOperator");
  if (comparison.find("Upper") != std::string_view::npos ||
      (comparison.starts_with("LessThanLower"))) {
    return invalid("Anomaly detection isn't served: compare with a Threshold.");
  }
  return {};
}

Result<std::vector<MetricQuery>> read_queries(const json::object& settings, const Scope& scope) {
  std::vector<MetricQuery> queries;
  const auto* list = settings.if_contains("Metrics");
  if (list == nullptr) return queries;
  for (const auto& one : list->as_array()) {
    const auto place = fmt::format("Metrics.member.{}", queries.size() + 1);
    TM_TRY(auto query, read_query(one.as_object(), scope, place));
    queries.push_back(std::move(query));
  }
  return queries;
}

/// Of all metrics that an expression looks at, which must be the same.
std::int64_t period_of(const std::vector<MetricQuery>& queries) {
  for (const auto& query : queries) {
    if (!query.expression) return query.series.period_s;
  }
  return queries.front().period_s;
}

/// Whether the expression comes to a series where no metric has a value.
Status check_types(std::vector<MetricQuery> queries) {
  const auto nothing = [](const SeriesQuery&) { return std::vector<Window>(); };
  const DataQuery query{std::move(queries), {}, {}};
  TM_CHECK(watched_line(nothing, query));
  return {};
}

Status check_metrics(const json::object& settings) {
  for (const auto* name :
       {"MetricName", "Namespace", "Period", "Unit", "Statistic", "ExtendedStatistic"}) {
    if (!has(settings, name)) continue;
    return invalid_combination(
        fmt::format("{} and Metrics cannot be specified together: it is in the metric's "
                    "MetricStat.",
                    name));
  }
  TM_TRY(const auto queries, read_queries(settings, {}));
  if (queries.size() > queries_max) {
    return invalid(fmt::format("An alarm can have at most {} Metrics.", queries_max));
  }
  if (std::ranges::count(queries, true, &MetricQuery::is_shown) != 1) {
    return invalid("Exactly one element of the metrics list should return data.");
  }
  TM_CHECK(check_queries(queries));
  for (const auto& query : queries) {
    if (query.expression || query.series.period_s == period_of(queries)) continue;
    return invalid("All metrics of an alarm must have the same Period.");
  }
  return check_types(queries);
}

Status check_period(std::int64_t period, std::int64_t periods) {
  if (period == 10 || period == 20 || period == 30) {
    return invalid(fmt::format(
        "Metrics are kept by the minute: Period must be a multiple of 60, not {}.", period));
  }
  if (period % 60 != 0) return invalid("Period must be 10, 20, 30 or a multiple of 60");
  const auto most = period < 3600 ? evaluated_s_max_short : evaluated_s_max;
  if (period * periods <= most) return {};
  return invalid(
      fmt::format("Metrics cannot be checked across more than {} (EvaluationPeriods * Period must "
                  "be <= {}).",
                  most == evaluated_s_max ? "a week" : "a day", most));
}

}  // namespace

std::unexpected<Error> invalid(std::string message) {
  return fail(Errc::invalid_argument, "ValidationException", std::move(message));
}

std::unexpected<Error> invalid_combination(std::string message) {
  return fail(Errc::invalid_argument, "InvalidParameterCombinationException", std::move(message));
}

std::optional<AlarmKey> alarm_key(std::string_view text) {
  const auto arn = Arn::parse(text);
  if (!arn || arn->service != "cloudwatch" || !arn->resource.starts_with(head)) return std::nullopt;
  return AlarmKey{{arn->account, arn->region}, arn->resource.substr(head.size())};
}

std::int64_t Alarm::integer(std::string_view name, std::int64_t otherwise) const {
  return integer_of(settings, name, otherwise);
}

double Alarm::number(std::string_view name) const {
  const auto* value = settings.if_contains(name);
  return value != nullptr && value->is_number() ? value->to_number<double>() : 0;
}

std::vector<std::string> Alarm::texts(std::string_view name) const {
  std::vector<std::string> list;
  const auto* value = settings.if_contains(name);
  if (value == nullptr || !value->is_array()) return list;
  for (const auto& item : value->get_array()) list.emplace_back(json::view(item.get_string()));
  return list;
}

std::vector<std::string> Alarm::actions() const {
  if (state == state::ok) return texts("OKActions");
  return texts(state == state::alarm ? "AlarmActions" : "InsufficientDataActions");
}

std::string Alarm::suppressed_reason() const {
  return suppression.by.empty() ? "" : "Actions suppressed by " + suppression.by;
}

Criteria criteria_of(const Alarm& alarm) {
  Criteria criteria;
  criteria.series = {alarm.key.scope, std::string(alarm.text("Namespace")),
                     std::string(alarm.text("MetricName")),
                     parse_dimensions(alarm.text("Dimensions"))};
  criteria.statistic =
      alarm.text(has(alarm.settings, "Statistic") ? "Statistic" : "ExtendedStatistic");
  criteria.unit = alarm.text("Unit");
  criteria.period_s = alarm.integer("Period", criteria.period_s);
  criteria.queries = read_queries(alarm.settings, alarm.key.scope).value();
  if (!criteria.queries.empty()) criteria.period_s = period_of(criteria.queries);
  criteria.periods = int(alarm.integer("EvaluationPeriods", 1));
  criteria.to_alarm = int(alarm.integer("DatapointsToAlarm", criteria.periods));
  criteria.threshold = alarm.number("Threshold");
  criteria.comparison = alarm.text("ComparisonOperator");
  criteria.missing = has(alarm.settings, "TreatMissingData") ? alarm.text("TreatMissingData")
                                                             : std::string_view("missing");
  criteria.ignores_few_samples = alarm.text("EvaluateLowSampleCountPercentile") == "ignore";
  return criteria;
}

/// AWS lists the states in an order of its own.
Status check_state(std::string_view given) {
  if (given == state::ok || given == state::alarm || given == state::unknown) return {};
  return invalid(
      fmt::format("1 validation error detected: Value '{}' at 'stateValue' failed to satisfy "
                  "constraint: Member must satisfy enum value set: [INSUFFICIENT_DATA, ALARM, OK]",
                  given));
}

Status check_alarm(const json::object& settings) {
  TM_CHECK(check_served(settings));
  TM_CHECK(check_missing(settings));
  TM_CHECK(check_low_samples(settings));
  const auto periods = integer_of(settings, "EvaluationPeriods", 1);
  auto period = integer_of(settings, "Period", 60);
  if (has(settings, "Metrics")) {
    TM_CHECK(check_metrics(settings));
    TM_TRY(const auto queries, read_queries(settings, {}));
    period = period_of(queries);
  }
  TM_CHECK(check_period(period, periods));
  if (integer_of(settings, "DatapointsToAlarm", periods) > periods) {
    return invalid("DatapointsToAlarm must be less than or equal to EvaluationPeriods.");
  }
  const auto missing = json::text_or_empty(settings, "TreatMissingData");
  constexpr std::string_view known[] = {"", "breaching", "notBreaching", "ignore", "missing"};
  if (std::ranges::find(known, missing) == std::end(known)) {
    return invalid(
        fmt::format("Value '{}' at 'treatMissingData' failed to satisfy constraint: "
                    "Member must satisfy enum value set: [breaching, notBreaching, "
                    "ignore, missing]",
                    missing));
  }
  return {};
}

}  // namespace tidemill::metrics
