#include "metrics/series.h"

#include <cmath>

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

void Aggregate::add(double value, double times) { merge({times, value * times, value, value}); }

bool Aggregate::is_spread_known() const {
  constexpr double rounding = 1e-6;  // Of a sum that many values were added to.
  if (count <= 0 || least < 0) return false;
  return !spread.empty() ||
         (least == most && std::abs(sum - least * count) <= rounding * std::abs(sum));
}

std::vector<Weighted> Aggregate::values() const {
  if (!is_spread_known()) return {};
  if (spread.empty()) return {{least, count}};
  auto samples = spread.values();
  for (auto& sample : samples) sample.value = std::clamp(sample.value, least, most);
  return samples;
}

/// What is known of one and not of the other isn't known of both.
void Aggregate::merge(const Aggregate& other) {
  if (other.count == 0) return;
  if (count == 0) {
    *this = other;
    return;
  }
  const bool is_known = is_spread_known() && other.is_spread_known();
  if (!is_known) {
    spread.clear();
  } else if (least != most || other.least != other.most || least != other.least) {
    if (spread.empty()) spread.add(least, count);
    if (other.spread.empty()) {
      spread.add(other.least, other.count);
    } else {
      spread.merge(other.spread);
    }
  }
  count += other.count;
  sum += other.sum;
  least = std::min(least, other.least);
  most = std::max(most, other.most);
}

}  // namespace tidemill::metrics
