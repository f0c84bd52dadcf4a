/// What has been measured and isn't on disk yet: an aggregate a metric, unit and minute. Any
/// thread; one lock, held for a few memory accesses.
///
/// A kill loses what was measured since the last flush (docs/internals/metrics.md); never an event.
#pragma once

#include <functional>
#include <mutex>
#include <unordered_map>
#include <vector>

#include "base/meter.h"
#include "base/time.h"
#include "metrics/series.h"

namespace tidemill::metrics {

/// What was measured of one metric in one unit in one minute.
struct Point {
  SeriesKey series;
  std::string unit;
  TimeMs minute;
  Aggregate aggregate;
};

class Recorder final : public Meter {
 public:
  /// `pending` is called when there is something to flush that wasn't there before. Any thread.
  Recorder(const Clock& clock, std::function<void()> pending)
      : clock_(clock), pending_(std::move(pending)) {}

  void measure(const Measured& measured) noexcept override;
  /// Adds to the minute of `point.minute`. False if there is no room before the next flush.
  bool add(Point point);
  /// All that there is, which is then gone from here.
  [[nodiscard]] std::vector<Point> take();
  /// Forgets everything.
  void clear();

  static constexpr std::size_t points_max = 200'000;
  /// Different values and buckets of all points together.
  static constexpr std::size_t spread_max = 2'000'000;

 private:
  const Clock& clock_;
  const std::function<void()> pending_;
  std::mutex lock_;
  std::unordered_map<std::string, Point> points_;
  std::size_t spread_ = 0;
};

}  // namespace tidemill::metrics
