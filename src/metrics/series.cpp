#include "metrics/series.h"

#include "base/json.h"

namespace tidemill::metrics {

std::string dimensions_text(const Dimensions& dimensions) {
  std::string text = "[";
  for (const auto& [name, value] : dimensions) {
    if (text.size() > 1) text += ',';
    text.append("[").append(json::quote(name)).append(",").append(json::quote(value)).append("]");
  }
  return text + "]";
}

Dimensions parse_dimensions(std::string_view text) {
  Dimensions dimensions;
  const auto parsed = json::parse(text);
  if (!parsed || !parsed->is_array()) return dimensions;
  for (const auto& pair : parsed->get_array()) {
    const auto& two = pair.get_array();
    dimensions.emplace_back(json::view(two[0].get_string()), json::view(two[1].get_string()));
  }
  return dimensions;
}

bool is_statistic(std::string_view name) { return Aggregate{}.of(name).has_value(); }

std::optional<double> Aggregate::of(std::string_view statistic) const {
  if (statistic == "SampleCount") return count;
  if (statistic == "Sum") return sum;
  if (statistic == "Average") return count > 0 ? sum / count : 0;
  if (statistic == "Minimum") return least;
  if (statistic == "Maximum") return most;
  return std::nullopt;
}

}  // namespace tidemill::metrics
