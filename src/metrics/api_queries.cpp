#include "metrics/api_queries.h"

namespace tidemill::metrics {
namespace {

namespace w = wire::monitoring;

template <class Value>
void put(json::object& into, std::string_view name, const std::optional<Value>& value) {
  if (value) into[name] = *value;
}

std::optional<std::string> text(const json::object& from, std::string_view name) {
  if (!from.contains(name)) return std::nullopt;
  return std::string(json::text_or_empty(from, name));
}

std::optional<std::int32_t> number(const json::object& from, std::string_view name) {
  const auto* value = from.if_contains(name);
  if (value == nullptr) return std::nullopt;
  return value->to_number<std::int32_t>();
}

json::object to_json(const w::MetricStat& stat) {
  json::object metric;
  if (stat.Metric) {
    put(metric, "Namespace", stat.Metric->Namespace);
    put(metric, "MetricName", stat.Metric->MetricName);
    json::array dimensions;
    for (const auto& one : stat.Metric->Dimensions.value_or(std::vector<w::Dimension>())) {
      dimensions.push_back(
          json::object{{"Name", one.Name.value_or("")}, {"Value", one.Value.value_or("")}});
    }
    metric["Dimensions"] = std::move(dimensions);
  }
  json::object shown{{"Metric", std::move(metric)}};
  put(shown, "Period", stat.Period);
  put(shown, "Stat", stat.Stat);
  put(shown, "Unit", stat.Unit);
  return shown;
}

w::MetricStat stat_to_wire(const json::object& stat) {
  const auto& metric = stat.at("Metric").as_object();
  w::MetricStat shown;
  auto& named = shown.Metric.emplace();
  named.Namespace = text(metric, "Namespace");
  named.MetricName = text(metric, "MetricName");
  named.Dimensions.emplace();
  for (const auto& one : metric.at("Dimensions").as_array()) {
    const auto& dimension = one.as_object();
    named.Dimensions->push_back({text(dimension, "Name"), text(dimension, "Value")});
  }
  shown.Period = number(stat, "Period");
  shown.Stat = text(stat, "Stat");
  shown.Unit = text(stat, "Unit");
  return shown;
}

}  // namespace

json::object to_json(const w::MetricDataQuery& query) {
  json::object shown;
  put(shown, "Id", query.Id);
  put(shown, "Expression", query.Expression);
  put(shown, "Label", query.Label);
  put(shown, "Period", query.Period);
  put(shown, "ReturnData", query.ReturnData);
  put(shown, "AccountId", query.AccountId);
  if (query.MetricStat) shown["MetricStat"] = to_json(*query.MetricStat);
  return shown;
}

w::MetricDataQuery query_to_wire(const json::object& query) {
  w::MetricDataQuery shown;
  shown.Id = text(query, "Id");
  shown.Expression = text(query, "Expression");
  shown.Label = text(query, "Label");
  shown.Period = number(query, "Period");
  shown.AccountId = text(query, "AccountId");
  const auto* returned = query.if_contains("ReturnData");
  shown.ReturnData = returned == nullptr || returned->as_bool();
  if (const auto* stat = query.if_contains("MetricStat")) {
    shown.MetricStat = stat_to_wire(stat->as_object());
  }
  return shown;
}

}  // namespace tidemill::metrics
