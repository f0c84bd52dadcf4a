#include "metrics/metric_query.h"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <map>
#include <set>

#include <fmt/format.h>

#include "metrics/alarm.h"
#include "metrics/query_run.h"
#include "metrics/statistic.h"

namespace tidemill::metrics {
namespace {

constexpr std::int64_t minute_ms = 60'000;

/// The metric's name, and what tells queries of the same metric apart. An expression's is its id.
std::string label_of(const std::vector<MetricQuery>& queries, const MetricQuery& query) {
  if (!query.label.empty()) return query.label;
  if (query.expression) return query.id;
  bool statistics = false, periods = false;
  for (const auto& other : queries) {
    if (other.series.series.name != query.series.series.name || !other.label.empty()) continue;
    statistics = statistics || other.statistic != query.statistic;
    periods = periods || other.series.period_s != query.series.period_s;
  }
  auto label = query.series.series.name;
  if (statistics) label += " " + query.statistic;
  if (periods) label += fmt::format(" {}", query.series.period_s);
  return label;
}

bool is_id(std::string_view id) {
  const auto is_fine = [](unsigned char c) { return std::isalnum(c) != 0 || c == '_'; };
  return !id.empty() && std::islower(static_cast<unsigned char>(id[0])) != 0 &&
         std::ranges::all_of(id, is_fine);
}

std::unexpected<Error> in_expression(std::string_view id, std::string_view what) {
  return invalid(fmt::format("Error in expression '{}': {}", id, what));
}

/// Follows what expressions name, from one that hasn't been looked at.
class Links {
 public:
  explicit Links(const std::vector<MetricQuery>& queries) {
    for (const auto& query : queries) queries_[query.id] = &query;
  }

  Status check(const MetricQuery& query) {
    if (!query.expression || done_.contains(query.id)) return {};
    if (!open_.insert(query.id).second) {
      return in_expression(query.id, "The expression needs its own result");
    }
    for (const auto& name : names_in(*query.expression)) {
      const auto found = queries_.find(name);
      if (found == queries_.end()) {
        return in_expression(query.id,
                             fmt::format("No metric or expression has the id '{}'", name));
      }
      TM_CHECK(check(*found->second));
    }
    open_.erase(query.id);
    done_.insert(query.id);
    return {};
  }

 private:
  std::map<std::string, const MetricQuery*> queries_;
  std::set<std::string> open_, done_;
};

Result<Dimensions> read_dimensions(const json::object& metric) {
  Dimensions dimensions;
  const auto* list = metric.if_contains("Dimensions");
  if (list == nullptr) return dimensions;
  for (const auto& one : list->as_array()) {
    dimensions.emplace_back(json::text_or_empty(one.as_object(), "Name"),
                            json::text_or_empty(one.as_object(), "Value"));
  }
  std::ranges::sort(dimensions);
  const auto twice = std::ranges::adjacent_find(
      dimensions, [](const auto& a, const auto& b) { return a.first == b.first; });
  if (twice == dimensions.end()) return dimensions;
  return invalid("No two dimensions of a metric can have the same name: " + twice->first);
}

Result<std::int64_t> read_period(const json::object& given) {
  const auto* value = given.if_contains("Period");
  const auto period = value == nullptr ? 60 : value->to_number<std::int64_t>();
  if (period % 60 == 0) return period;
  return invalid("Metrics are kept by the minute: Period must be a multiple of 60.");
}

Status read_statistic(const json::object& stat, const Scope& scope, std::string_view place,
                      MetricQuery& query) {
  const auto& metric = stat.at("Metric").as_object();
  query.statistic = json::text_or_empty(stat, "Stat");
  query.series.series = {scope,
                         std::string(json::text_or_empty(metric, "Namespace")),
                         std::string(json::text_or_empty(metric, "MetricName")),
                         {}};
  TM_TRY(query.series.series.dimensions, read_dimensions(metric));
  TM_TRY(query.series.period_s, read_period(stat));
  query.series.unit = json::text_or_empty(stat, "Unit");
  const auto statistic = Statistic::parse(query.statistic);
  if (!statistic) {
    return invalid(
        fmt::format("The value {} for parameter {}.MetricStat.Stat is not a valid statistic.",
                    query.statistic, place));
  }
  query.series.with_spread = statistic->is_extended();
  return {};
}

/// An expression that gives an array is as many results as it has series.
Status add_results(QueryRun& run, const MetricQuery& query, const DataQuery& asked,
                   std::vector<MetricResult>& results) {
  TM_TRY(const auto* value, run.value(query));
  Lines lines;
  if (const auto* line = std::get_if<Line>(value)) {
    lines.push_back(*line);
    lines.back().label = query.label;
  } else if (const auto* array = std::get_if<Lines>(value)) {
    lines = *array;
    for (auto& one : lines) {
      if (query.label != query.id) one.label = query.label + " " + one.label;
    }
  } else {
    return in_expression(query.id,
                         "The result of an expression that is returned must be a time series: see "
                         "TIME_SERIES, or set ReturnData to false");
  }
  for (auto& line : lines) {
    if (asked.newest_first) std::ranges::reverse(line.samples);
    MetricResult result{query.id, line.label, {}, {}, run.units(query.id)};
    for (const auto& [at, number] : line.samples) {
      result.times.push_back(at);
      result.values.push_back(number);
    }
    results.push_back(std::move(result));
  }
  return {};
}

}  // namespace

Result<MetricQuery> read_query(const json::object& given, const Scope& scope,
                               std::string_view place) {
  MetricQuery query;
  query.id = json::text_or_empty(given, "Id");
  query.label = json::text_or_empty(given, "Label");
  if (!is_id(query.id)) {
    return invalid(fmt::format(
        "The Id '{}' isn't valid: it begins with a small letter and has letters, digits and _.",
        query.id));
  }
  if (const auto* shown = given.if_contains("ReturnData")) query.is_shown = shown->as_bool();
  const auto* stat = given.if_contains("MetricStat");
  const auto expression = json::text_or_empty(given, "Expression");
  if ((stat != nullptr) == !expression.empty()) {
    return invalid(
        fmt::format("The query '{}' needs either a MetricStat or an Expression.", query.id));
  }
  TM_TRY(query.period_s, read_period(given));
  if (stat != nullptr) {
    TM_CHECK(read_statistic(stat->as_object(), scope, place, query));
    query.period_s = query.series.period_s;
    return query;
  }
  auto parsed = parse_math(expression);
  if (!parsed) return in_expression(query.id, parsed.error().message);
  query.expression = *std::move(parsed);
  return query;
}

Status check_queries(const std::vector<MetricQuery>& queries) {
  std::set<std::string> ids;
  for (const auto& one : queries) {
    if (ids.insert(one.id).second) continue;
    return invalid(
        fmt::format("The values for parameter id in MetricDataQueries are not unique: {}", one.id));
  }
  Links links(queries);
  for (const auto& one : queries) TM_CHECK(links.check(one));
  return {};
}

TimeMs round_start(TimeMs from, TimeMs now) {
  std::int64_t to_ms = minute_ms;
  if (from < now.plus(-std::chrono::days(15))) to_ms = 5 * minute_ms;
  if (from < now.plus(-std::chrono::days(63))) to_ms = 60 * minute_ms;
  return {from.ms - from.ms % to_ms};
}

Result<std::int64_t> page_start(const std::optional<std::string>& token) {
  std::int64_t number = 0;
  if (!token) return number;
  const auto end = token->data() + token->size();
  const auto read = std::from_chars(token->data(), end, number);
  if (read.ec == std::errc() && read.ptr == end && number > 0) return number;
  return fail(Errc::invalid_argument, "InvalidNextToken", "The next token is invalid.");
}

Status prepare(DataQuery& query, const std::optional<std::string>& token) {
  TM_TRY(query.first, page_start(token));
  TM_CHECK(check_queries(query.queries));
  for (auto& one : query.queries) {
    const auto period_ms = one.series.period_s * 1000;
    one.series.from = {query.from.ms - query.from.ms % period_ms};
    one.series.until = query.until;
  }
  std::vector<std::string> labels;
  for (const auto& one : query.queries) labels.push_back(label_of(query.queries, one));
  for (std::size_t i = 0; i < labels.size(); ++i) query.queries[i].label = std::move(labels[i]);
  return {};
}

Result<DataPage> get_data(const WindowsFn& windows, const DataQuery& query) {
  DataPage page;
  QueryRun run(windows, query, TimeMs{0});
  std::size_t values = 0;
  for (std::size_t i = query.first; i < query.queries.size(); ++i) {
    const auto& one = query.queries[i];
    if (!one.is_shown) continue;
    if (!page.results.empty() && values >= query.values_max) {
      page.next = std::to_string(i);
      return page;
    }
    const auto before = page.results.size();
    TM_CHECK(add_results(run, one, query, page.results));
    for (auto r = before; r < page.results.size(); ++r) values += page.results[r].values.size();
  }
  return page;
}

Result<Line> watched_line(const WindowsFn& windows, const DataQuery& query) {
  QueryRun run(windows, query, query.from);
  const auto shown = std::ranges::find(query.queries, true, &MetricQuery::is_shown);
  TM_TRY(const auto* value, run.value(*shown));
  if (const auto* line = std::get_if<Line>(value)) return *line;
  return in_expression(shown->id, "The expression of an alarm must come to a single time series");
}

}  // namespace tidemill::metrics
