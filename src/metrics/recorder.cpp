#include "metrics/recorder.h"

namespace tidemill::metrics {
namespace {

constexpr std::int64_t minute_ms = 60'000;

/// Each part with its length in front, so that no two points have the same key.
std::string key_of(const Point& point) {
  std::string key = std::to_string(point.minute.ms);
  key.reserve(128);
  const auto add = [&key](std::string_view part) {
    key.append(1, ' ').append(std::to_string(part.size())).append(1, ' ').append(part);
  };
  add(point.unit);
  add(point.series.scope.account);
  add(point.series.scope.region);
  add(point.series.space);
  add(point.series.name);
  for (const auto& [name, value] : point.series.dimensions) {
    add(name);
    add(value);
  }
  return key;
}

}  // namespace

void Recorder::measure(const Measured& measured) noexcept {
  Point point;
  point.series.scope = measured.scope;
  point.series.space = measured.space;
  point.series.name = measured.name;
  for (const auto& [name, value] : measured.dimensions) {
    point.series.dimensions.emplace_back(name, value);
  }
  point.unit = measured.unit;
  point.minute = measured.at.value_or(clock_.now());
  point.aggregate.add(measured.value);
  add(std::move(point));
}

bool Recorder::add(Point point) {
  point.minute.ms -= point.minute.ms % minute_ms;
  auto key = key_of(point);
  bool first = false;
  {
    const std::lock_guard guard(lock_);
    if (spread_ >= spread_max) return false;
    const auto found = points_.find(key);
    if (found != points_.end()) {
      auto& aggregate = found->second.aggregate;
      spread_ -= aggregate.spread.size();
      aggregate.merge(point.aggregate);
      spread_ += aggregate.spread.size();
      return true;
    }
    if (points_.size() >= points_max) return false;
    first = points_.empty();
    spread_ += point.aggregate.spread.size();
    points_.emplace(std::move(key), std::move(point));
  }
  if (first && pending_) pending_();
  return true;
}

std::vector<Point> Recorder::take() {
  std::unordered_map<std::string, Point> taken;
  {
    const std::lock_guard guard(lock_);
    taken.swap(points_);
    spread_ = 0;
  }
  std::vector<Point> points;
  points.reserve(taken.size());
  for (auto& [key, point] : taken) points.push_back(std::move(point));
  return points;
}

void Recorder::clear() {
  const std::lock_guard guard(lock_);
  points_.clear();
  spread_ = 0;
}

}  // namespace tidemill::metrics
