#include "schedule/timers.h"

#include "base/log.h"

namespace tidemill::schedule {
namespace {

constexpr std::size_t zones_max = UINT16_MAX;  // There are 600.

}  // namespace

Result<Timer> Timers::compile(const TimerRow& row) {
  Timer timer;
  // The strictest reader has seen it when it was put.
  TM_TRY(timer.expression,
         calendar::parse_expression(row.expression, calendar::Dialect::scheduler));
  auto zone = zone_indexes_.find(row.zone);
  if (zone == zone_indexes_.end()) {
    TM_TRY(auto found, zones_.find(row.zone));
    TM_ASSERT(zone_table_.size() < zones_max);
    zone = zone_indexes_.emplace(row.zone, std::uint16_t(zone_table_.size())).first;
    zone_table_.push_back(std::move(found));
  }
  timer.zone = zone->second;
  timer.policy = policy_index(row.policy);
  timer.ref = row.ref;
  timer.start = row.start ? row.start->ms : INT64_MIN;
  timer.end = row.end ? row.end->ms : INT64_MAX;
  timer.base = row.base.ms;
  timer.decided = row.decided.ms;
  timer.spread_s = std::int32_t(row.spread_ms / 1000);
  timer.version = row.version;
  timer.kind = row.kind;
  timer.recheck = row.recheck;
  timer.due = due_of(timer);
  return timer;
}

std::uint32_t Timers::policy_index(const std::string& text) {
  const auto known = policy_indexes_.find(text);
  if (known != policy_indexes_.end()) return known->second;
  const auto index = std::uint32_t(policies_.size());
  policies_.push_back(Policy::parse(text));
  policy_indexes_.emplace(text, index);
  return index;
}

calendar::Timing Timers::timing(const Timer& timer) const {
  calendar::Timing timing{.expression = timer.expression,
                          .zone = zone_table_[timer.zone],
                          .dst = policies_[timer.policy].dst,
                          .base = {timer.base}};
  if (timer.start != INT64_MIN) timing.start = TimeMs{timer.start};
  if (timer.end != INT64_MAX) timing.end = TimeMs{timer.end};
  return timing;
}

std::int64_t Timers::due_of(const Timer& timer) const {
  const auto next = calendar::next_fire(timing(timer), {timer.decided});
  return next ? next->ms + timer.spread_s * std::int64_t{1000} : INT64_MAX;
}

void Timers::reserve(std::size_t count) {
  timers_.reserve(count);
  std::vector<Place> places;
  places.reserve(count);
  order_ = decltype(order_)(std::greater<>(), std::move(places));
}

void Timers::put(TimerId id, const Timer& timer) {
  timers_.insert_or_assign(id, timer);
  if (timer.due != INT64_MAX) order_.push({timer.due, id});
}

void Timers::clear() {
  timers_.clear();
  order_ = {};
}

const Timer* Timers::find(TimerId id) const {
  const auto found = timers_.find(id);
  return found == timers_.end() ? nullptr : &found->second;
}

bool Timers::holds(const Place& place) const {
  const auto* timer = find(place.id);
  return timer != nullptr && timer->due == place.due;
}

std::vector<TimerId> Timers::take_due(TimeMs now, std::size_t most) {
  std::vector<TimerId> taken;
  while (!order_.empty() && order_.top().due <= now.ms && taken.size() < most) {
    const auto place = order_.top();
    order_.pop();
    if (holds(place) && (taken.empty() || taken.back() != place.id)) taken.push_back(place.id);
  }
  return taken;
}

void Timers::put_back(TimerId id) {
  const auto* timer = find(id);
  if (timer != nullptr && timer->due != INT64_MAX) order_.push({timer->due, id});
}

std::optional<TimeMs> Timers::next_due() {
  while (!order_.empty() && !holds(order_.top())) order_.pop();
  return order_.empty() ? std::nullopt : std::optional(TimeMs{order_.top().due});
}

std::size_t Timers::reload_zones() {
  zones_.reload();
  for (auto& zone : zone_table_) {
    auto anew = zones_.find(zone->name());
    if (anew) {
      zone = *std::move(anew);
    } else {
      TM_LOG(warn, "schedule", "a zone is gone; its old rules stay", {{"zone", zone->name()}});
    }
  }
  std::size_t changed = 0;
  for (auto& [id, timer] : timers_) {
    const auto due = due_of(timer);
    if (due == timer.due) continue;
    ++changed;
    timer.due = due;
    put_back(id);
  }
  return changed;
}

}  // namespace tidemill::schedule
