#include "bench/report.h"

#include <algorithm>
#include <cmath>
#include <iostream>

#include <fmt/format.h>

namespace tidemill::bench {

double rounded(double value) {
  if (value == 0 || !std::isfinite(value)) return 0;
  const double unit = std::pow(10.0, std::floor(std::log10(std::fabs(value))) - 3);
  return unit < 1 ? std::round(value / unit) / std::round(1 / unit) : std::round(value);
}

double quantile(std::vector<double>& values, double part) {
  if (values.empty()) return 0;
  std::ranges::sort(values);
  return values[std::min(values.size() - 1, std::size_t(part * double(values.size())))];
}

namespace {

/// As json::dump, but 4000.5 rather than 4.0005E3.
std::string text_of(const json::value& value) {
  if (value.is_double()) return fmt::format("{}", value.get_double());
  if (!value.is_object()) return json::dump(value);
  std::string text;
  for (const auto& member : value.get_object()) {
    text += fmt::format("{}{}: {}", text.empty() ? "" : ", ", json::quote(member.key()),
                        text_of(member.value()));
  }
  return "{" + text + "}";
}

}  // namespace

void print(const json::object& line) { std::cout << text_of(line) << std::endl; }

void print(const Measurement& m) {
  json::object line{{"name", m.name}, {"value", rounded(m.value)}, {"unit", m.unit}};
  auto reference = m.reference;
  if (m.target != 0) {
    reference["target"] = rounded(m.target);
    reference["better"] = m.better == Better::more ? "more" : "less";
    line["ratio"] = rounded(m.value / m.target);
    line["met"] = m.better == Better::more ? m.value >= m.target : m.value <= m.target;
  }
  line["reference"] = std::move(reference);
  for (const auto& member : m.detail) line[member.key()] = member.value();
  print(line);
}

}  // namespace tidemill::bench
