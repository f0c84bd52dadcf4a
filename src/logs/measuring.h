/// What is measured of the events that come in: metric filters by group, and AWS/Logs' own counts.
/// Internal to logs/; commit thread of logs.db only.
#pragma once

#include <map>
#include <memory>
#include <span>
#include <vector>

#include "logs/ledger.h"
#include "logs/metric_filter.h"

namespace tidemill::logs {

class Ledger::Measuring {
 public:
  /// `meter` may be nullptr; it outlives this.
  explicit Measuring(Meter* meter) : meter_(meter) {}

  /// What events of a group come to before they are committed.
  struct Batch {
    struct Found {
      std::shared_ptr<const MetricFilter> filter;
      MetricFilter::Value value;
      TimeMs at;
    };
    std::vector<Found> found;
    /// Minutes in which a filter with a default value was looked at, and whether it matched.
    std::map<std::pair<std::string, std::int64_t>, bool> minutes;
    std::int64_t events = 0, bytes = 0;
  };

  void look(Batch& batch, std::int64_t group, const NewEvent& event);
  /// After the commit.
  void tell(const GroupKey& key, std::int64_t group, const Batch& batch, TimeMs now);

  void set(std::int64_t group, MetricFilter filter);
  void remove(std::int64_t group, std::string_view name);
  void remove_group(std::int64_t group) { filters_.erase(group); }
  void clear() { filters_.clear(); }

 private:
  struct Kept {
    std::shared_ptr<const MetricFilter> filter;
    std::int64_t told_minute = -1;  ///< The latest of which something was told.
  };

  Meter* const meter_;
  std::map<std::int64_t, std::vector<Kept>> filters_;
};

}  // namespace tidemill::logs
