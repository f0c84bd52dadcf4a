#include "logs/event_scan.h"

#include <algorithm>
#include <deque>
#include <queue>
#include <vector>

namespace tidemill::logs {
namespace {

constexpr std::int64_t time_max_ms = 9'999'999'999'999'999;  // Sixteen digits: the year 318857.
constexpr int keys_at_once = 256;

constexpr std::string_view group_up =
    "SELECT at_ms, seq, stream, ingested_ms, message FROM log_events WHERE log_group = $1"
    " AND (at_ms, seq) > ($2, $3) AND (at_ms, seq) < ($4, $5) ORDER BY at_ms, seq";
constexpr std::string_view group_down =
    "SELECT at_ms, seq, stream, ingested_ms, message FROM log_events WHERE log_group = $1"
    " AND (at_ms, seq) > ($2, $3) AND (at_ms, seq) < ($4, $5) ORDER BY at_ms DESC, seq DESC";
constexpr std::string_view stream_up =
    "SELECT at_ms, seq FROM log_events WHERE stream = $1"
    " AND (at_ms, seq) > ($2, $3) AND (at_ms, seq) < ($4, $5) ORDER BY at_ms, seq LIMIT $6";
constexpr std::string_view stream_down =
    "SELECT at_ms, seq FROM log_events WHERE stream = $1 AND (at_ms, seq) > ($2, $3)"
    " AND (at_ms, seq) < ($4, $5) ORDER BY at_ms DESC, seq DESC LIMIT $6";
constexpr std::string_view one_event =
    "SELECT at_ms, seq, stream, ingested_ms, message FROM log_events"
    " WHERE log_group = $1 AND at_ms = $2 AND seq = $3";

ScannedEvent to_event(const store::Row& row) {
  return {{row.integer(0), row.integer(1)}, row.integer(2), row.integer(3), row.bytes(4)};
}

/// The positions of one stream's events, read some at a time.
class Source {
 public:
  Source(std::int64_t stream, const ScanRange& range) : stream_(stream), rest_(range) {}

  [[nodiscard]] bool empty() const { return keys_.empty(); }
  [[nodiscard]] Position front() const { return keys_.front(); }

  Status pop(store::Tx& tx) {
    keys_.pop_front();
    return keys_.empty() ? refill(tx) : Status();
  }
  Status refill(store::Tx& tx) {
    if (done_) return {};
    const store::RowFn row = [this](const store::Row& r) {
      keys_.push_back({r.integer(0), r.integer(1)});
      return true;
    };
    TM_CHECK(tx.each(rest_.newest_first ? stream_down : stream_up, row, stream_, rest_.after.at_ms,
                     rest_.after.seq, rest_.before.at_ms, rest_.before.seq, keys_at_once));
    done_ = keys_.size() < keys_at_once;
    if (!keys_.empty()) (rest_.newest_first ? rest_.before : rest_.after) = keys_.back();
    return {};
  }

 private:
  std::int64_t stream_;
  ScanRange rest_;
  std::deque<Position> keys_;
  bool done_ = false;
};

}  // namespace

ScanRange scan_range(std::optional<TimeMs> start, std::optional<TimeMs> end,
                     std::int64_t oldest_kept) {
  const auto from = std::clamp(start.value_or(TimeMs{0}).ms, oldest_kept, time_max_ms);
  const auto to = std::clamp<std::int64_t>(end.value_or(TimeMs{time_max_ms}).ms, 0, time_max_ms);
  // Sequence numbers begin at 1.
  return {{from, 0}, {to, 0}, false};
}

Status scan_group(store::Tx& tx, std::int64_t group, const ScanRange& range, const ScanFn& event) {
  const store::RowFn row = [&event](const store::Row& r) { return event(to_event(r)); };
  return tx.each(range.newest_first ? group_down : group_up, row, group, range.after.at_ms,
                 range.after.seq, range.before.at_ms, range.before.seq);
}

Status scan_streams(store::Tx& tx, std::int64_t group, std::span<const std::int64_t> streams,
                    const ScanRange& range, const ScanFn& event) {
  std::vector<Source> sources;
  for (const auto stream : streams) sources.emplace_back(stream, range);
  using Head = std::pair<Position, std::size_t>;
  const auto later = [&range](const Head& a, const Head& b) {
    return range.newest_first ? a.first < b.first : b.first < a.first;
  };
  std::priority_queue<Head, std::vector<Head>, decltype(later)> heads(later);
  for (std::size_t i = 0; i < sources.size(); ++i) {
    TM_CHECK(sources[i].refill(tx));
    if (!sources[i].empty()) heads.emplace(sources[i].front(), i);
  }
  bool go_on = true;
  const store::RowFn row = [&](const store::Row& r) { return go_on = event(to_event(r)); };
  while (go_on && !heads.empty()) {
    const auto [position, i] = heads.top();
    heads.pop();
    TM_CHECK(tx.each(one_event, row, group, position.at_ms, position.seq));
    TM_CHECK(sources[i].pop(tx));
    if (!sources[i].empty()) heads.emplace(sources[i].front(), i);
  }
  return {};
}

}  // namespace tidemill::logs
