/// The metrics that /_tidemill/metrics shows, and their text (Prometheus, format 0.0.4). Pure.
/// docs/reference/metrics.md has the same names and texts; a test compares them.
#pragma once

#include <initializer_list>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/histogram.h"

namespace tidemill::server {

struct Described {
  std::string_view name, type, labels, help;
};
[[nodiscard]] std::span<const Described> described_metrics();

class Exposition {
 public:
  using Labels = std::initializer_list<std::pair<std::string_view, std::string_view>>;

  Exposition();

  /// `name` is one of the described.
  void add(std::string_view name, double value, Labels labels = {});
  template <std::size_t N>
  void add(std::string_view name, const Histogram<N>& histogram, Labels labels = {}) {
    const auto seen = histogram.seen();
    for (std::size_t i = 0; i < N; ++i) {
      bucket(name, number(histogram.bounds()[i]), double(seen.up_to[i]), labels);
    }
    bucket(name, "+Inf", double(seen.count), labels);
    line(name, "_sum", seen.sum, labels, {});
    line(name, "_count", double(seen.count), labels, {});
  }

  /// With HELP and TYPE of each metric, those without a value too.
  [[nodiscard]] std::string text() const;

 private:
  using Label = std::pair<std::string_view, std::string_view>;

  static std::string number(double value);
  void bucket(std::string_view name, const std::string& bound, double count, Labels labels);
  void line(std::string_view name, std::string_view suffix, double value, Labels labels,
            std::string_view bound);

  std::vector<std::string> lines_;  ///< Of each metric, in the order of the described.
};

}  // namespace tidemill::server
