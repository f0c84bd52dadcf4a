#include "logs/metric_filter.h"

#include <algorithm>
#include <charconv>
#include <cmath>

#include <fmt/format.h>

#include "logs/names.h"

namespace tidemill::logs {
namespace {

constexpr std::size_t dimensions_max = 3, dimension_bytes_max = 1024;

}  // namespace

std::optional<double> read_number(std::string_view text) {
  double number = 0;
  const auto* end = text.data() + text.size();
  const auto read = std::from_chars(text.data(), end, number);
  if (read.ec != std::errc() || read.ptr != end) return std::nullopt;
  // CloudWatch's bounds of a value; what isn't finite is beyond them too.
  if (!(std::abs(number) <= std::ldexp(1, 360))) return std::nullopt;
  return number;
}

Status MetricFilter::check_dimensions(const json::object& transformation) {
  const auto* given = transformation.if_contains("dimensions");
  if (given == nullptr) return {};
  if (default_) {
    return invalid_parameter(
        "Invalid metric transformation: dimensions and default value are mutually exclusive "
        "properties.");
  }
  if (given->as_object().size() > dimensions_max) {
    return invalid_parameter(fmt::format(
        "Invalid metric transformation: at most {} dimensions are allowed.", dimensions_max));
  }
  for (const auto& [name, selector] : given->as_object()) {
    const auto text = json::view(selector.as_string());
    if (!pattern_.takes(text)) {
      if (text.starts_with('$')) {
        return invalid_parameter("The specified filter pattern does not support dimensions");
      }
      return invalid_parameter(fmt::format(
          "Invalid metric transformation: the value of the dimension {} must be a field, as in "
          "$.name or $name.",
          std::string_view(name)));
    }
    dimensions_.emplace_back(name, text);
    selectors_.emplace_back(text);
  }
  std::ranges::sort(dimensions_);
  return {};
}

Result<MetricFilter> MetricFilter::compile(const MetricFilterSettings& settings) {
  MetricFilter filter;
  const auto& given = settings.transformation;
  const auto text = [&given](std::string_view name) {
    return std::string(json::text_or_empty(given, name));
  };
  filter.name_ = settings.name;
  filter.space_ = text("metricNamespace");
  filter.metric_ = text("metricName");
  filter.unit_ = given.contains("unit") ? text("unit") : "None";
  if (filter.space_.empty() || filter.metric_.empty()) {
    return invalid_parameter(
        "Invalid metric transformation: metricNamespace and metricName must not be empty.");
  }
  if (filter.space_.starts_with("AWS/")) {
    return invalid_parameter(
        "Invalid metric transformation: a metricNamespace must not begin with AWS/.");
  }
  TM_TRY(filter.pattern_, FilterPattern::compile(settings.pattern));
  filter.value_ = text("metricValue");
  filter.constant_ = read_number(filter.value_);
  if (!filter.constant_ && !filter.pattern_.takes(filter.value_)) {
    return invalid_parameter(fmt::format(
        "Invalid metric transformation: the metricValue '{}' is neither a number nor a field that "
        "the pattern has, as in $.name or $name.",
        filter.value_));
  }
  if (!filter.constant_) filter.selectors_.push_back(filter.value_);
  if (const auto* otherwise = given.if_contains("defaultValue")) {
    filter.default_ = otherwise->to_number<double>();
  }
  if (filter.default_ && !(std::abs(*filter.default_) <= std::ldexp(1, 360))) {
    return invalid_parameter(
        "Invalid metric transformation: the defaultValue must be between -2^360 and 2^360.");
  }
  TM_CHECK(filter.check_dimensions(given));
  return filter;
}

std::optional<MetricFilter::Value> MetricFilter::value_of(std::string_view message) const {
  const auto found = pattern_.values(message, selectors_);
  Value value{constant_.value_or(0), {}};
  if (!constant_) {
    const auto text = found.find(value_);
    const auto number = text == found.end() ? std::nullopt : read_number(text->second);
    if (!number) return std::nullopt;
    value.number = *number;
  }
  for (const auto& [name, selector] : dimensions_) {
    const auto text = found.find(selector);
    if (text == found.end() || text->second.empty()) return std::nullopt;
    if (text->second.size() > dimension_bytes_max) return std::nullopt;
    value.dimensions.emplace_back(name, text->second);
  }
  return value;
}

void MetricFilter::measure(Meter& meter, const Scope& scope, const Value& value, TimeMs at) const {
  std::vector<std::pair<std::string_view, std::string_view>> dimensions(value.dimensions.begin(),
                                                                        value.dimensions.end());
  meter.measure({scope, space_, metric_, dimensions, value.number, unit_, at});
}

}  // namespace tidemill::logs
