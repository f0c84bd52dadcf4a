#include "logs/measuring.h"

#include <algorithm>

namespace tidemill::logs {
namespace {

constexpr std::int64_t minute_ms = 60'000;

}  // namespace

void Ledger::Measuring::look(Batch& batch, std::int64_t group, const NewEvent& event) {
  if (meter_ == nullptr) return;
  const auto filters = filters_.find(group);
  if (filters == filters_.end()) return;
  for (const auto& [filter, told] : filters->second) {
    const bool matches = filter->matches(event.message);
    if (filter->default_value()) {
      auto& matched = batch.minutes[{filter->name(), event.time.ms / minute_ms}];
      matched = matched || matches;
    }
    if (!matches) continue;
    if (auto value = filter->value_of(event.message)) {
      batch.found.push_back({filter, *std::move(value), event.time});
    }
  }
}

/// A minute in which nothing matches has the default value, once.
void Ledger::Measuring::tell(const GroupKey& key, std::int64_t group, const Batch& batch,
                             TimeMs now) {
  if (meter_ == nullptr) return;
  for (const auto& [filter, value, at] : batch.found)
    filter->measure(*meter_, key.scope, value, at);
  if (const auto filters = filters_.find(group); filters != filters_.end()) {
    for (const auto& [place, matched] : batch.minutes) {
      const auto& [name, minute] = place;
      for (auto& [filter, told] : filters->second) {
        if (filter->name() != name || minute <= told) continue;
        told = minute;
        if (matched || !filter->default_value()) continue;
        filter->measure(*meter_, key.scope, {*filter->default_value(), {}}, {minute * minute_ms});
      }
    }
  }
  const std::pair<std::string_view, std::string_view> named[] = {{"LogGroupName", key.name}};
  const std::pair<std::string_view, std::int64_t> counts[] = {{"IncomingLogEvents", batch.events},
                                                              {"IncomingBytes", batch.bytes}};
  for (const auto& [metric, count] : counts) {
    const std::string_view unit = metric == "IncomingBytes" ? "Bytes" : "Count";
    meter_->measure({key.scope, "AWS/Logs", metric, named, double(count), unit, now});
    meter_->measure({key.scope, "AWS/Logs", metric, {}, double(count), unit, now});
  }
}

void Ledger::Measuring::set(std::int64_t group, MetricFilter filter) {
  remove(group, filter.name());
  filters_[group].push_back({std::make_shared<const MetricFilter>(std::move(filter))});
}

void Ledger::Measuring::remove(std::int64_t group, std::string_view name) {
  const auto filters = filters_.find(group);
  if (filters == filters_.end()) return;
  std::erase_if(filters->second, [&](const Kept& kept) { return kept.filter->name() == name; });
  if (filters->second.empty()) filters_.erase(filters);
}

}  // namespace tidemill::logs
