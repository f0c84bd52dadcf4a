/// The metrics on disk, metrics.db: an aggregate a metric, unit and minute, and the same by five
/// minutes and by the hour, each kept as long as AWS keeps it. Owned by the server.
///
/// Everything is called on the commit thread of metrics.db, questions too: whoever asks has what
/// was measured before flushed first, in the same transaction, and so sees all of it.
#pragma once

#include <functional>
#include <optional>
#include <unordered_map>

#include "metrics/recorder.h"
#include "store/store.h"

namespace tidemill::metrics {

struct MetricFilter {
  Scope scope;
  std::string space, name;  ///< Empty: any.
  std::vector<std::pair<std::string, std::optional<std::string>>> dimensions;
  TimeMs since;  ///< Only metrics with data from then on.
  std::int64_t after = 0;
  int count = 500;
};
struct MetricPage {
  std::vector<SeriesKey> metrics;
  std::optional<std::int64_t> next;
};

class Ledger {
 public:
  Ledger(const Clock& clock, Recorder& recorder) : clock_(clock), recorder_(recorder) {}

  /// Writes what the recorder has, then asks `query(tx)`, a Result or Status. If either fails, the
  /// recorder has it again: the transaction is undone.
  template <class Query, class R = std::invoke_result_t<Query, store::Tx&>>
  [[nodiscard]] R flushed(store::Tx& tx, Query query) {
    const auto points = recorder_.take();
    const auto wrote = write(tx, points);
    R answer = wrote ? query(tx) : R(std::unexpected(wrote.error()));
    if (!answer) {
      series_count_.reset();
      for (auto& point : points) recorder_.add(std::move(point));
    }
    return answer;
  }

  [[nodiscard]] Status flush(store::Tx& tx) {
    return flushed(tx, [](store::Tx&) { return Status(); });
  }

  /// Ordered by time, then unit.
  [[nodiscard]] Result<std::vector<Window>> windows(store::Tx& tx, const SeriesQuery& query);
  [[nodiscard]] Result<MetricPage> list(store::Tx& tx, const MetricFilter& filter);
  /// Deletes what is too old, some of it; true if there is more.
  [[nodiscard]] Result<bool> expire(store::Tx& tx);
  [[nodiscard]] Status reset(store::Tx& tx);

  static constexpr std::int64_t series_max = 200'000;

 private:
  Status write(store::Tx& tx, const std::vector<Point>& points);
  Result<std::optional<std::int64_t>> find(store::Tx& tx, const SeriesKey& key) const;
  Result<std::optional<std::int64_t>> series_of(store::Tx& tx, const SeriesKey& key);

  const Clock& clock_;
  Recorder& recorder_;
  std::optional<std::int64_t> series_count_;
};

}  // namespace tidemill::metrics
