#include "metrics/ledger.h"

#include <array>

#include <fmt/format.h>

#include "base/log.h"

namespace tidemill::metrics {
namespace {

constexpr int expired_per_step = 5000;

/// How long AWS keeps what covers so many seconds.
struct Kept {
  std::int64_t seconds;
  std::chrono::milliseconds time;
};
constexpr std::array<Kept, 3> kept = {
    {{60, std::chrono::days(15)}, {300, std::chrono::days(63)}, {3600, std::chrono::days(455)}}};

/// A run's own metrics are as many as runs: they are kept by the minute only.
bool is_of_one_run(const SeriesKey& key) {
  if (key.space != "Glue") return false;
  for (const auto& [name, value] : key.dimensions) {
    if (name == "JobRunId") return value != "ALL";
  }
  return false;
}

Aggregate read_aggregate(const store::Row& row, int column) {
  Aggregate aggregate{row.real(column), row.real(column + 1), row.real(column + 2),
                      row.real(column + 3)};
  if (!row.null(column + 4)) aggregate.spread = Distribution::decode(row.bytes(column + 4));
  return aggregate;
}

/// The coarsest that the windows can be put together from, and that goes back far enough.
std::int64_t resolution_for(const SeriesQuery& query, TimeMs now) {
  std::int64_t best = kept.front().seconds;
  for (const auto& [seconds, time] : kept) {
    const bool fits = query.period_s % seconds == 0 && query.from.ms % (seconds * 1000) == 0;
    const bool finer_is_gone = query.from < now.plus(-kept.front().time);
    if (fits && (finer_is_gone || seconds == best)) best = seconds;
  }
  return best;
}

/// AWS writes two names in two ways; who asks for the one gets the other.
std::string_view measured_name(const SeriesKey& key) {
  if (key.space != "AWS/Events") return key.name;
  if (key.name == "InvocationsSentToDLQ") return "InvocationsSentToDlq";
  if (key.name == "InvocationsFailedToBeSentToDLQ") return "InvocationsFailedToBeSentToDlq";
  return key.name;
}

Status write_point(store::Tx& tx, std::int64_t series, const Point& point, std::int64_t seconds) {
  const auto at = point.minute.ms - point.minute.ms % (seconds * 1000);
  const auto read = [](const store::Row& row) { return read_aggregate(row, 0); };
  TM_TRY(auto before,
         tx.one("SELECT count, sum, least, most, spread FROM metric_points WHERE series = $1"
                " AND seconds = $2 AND at_ms = $3 AND unit = $4",
                read, series, seconds, at, point.unit));
  if (before) before->merge(point.aggregate);
  const auto& a = before ? *before : point.aggregate;
  const auto bytes = a.spread.empty() ? std::string() : a.spread.encode();
  const auto spread = bytes.empty() ? std::nullopt : std::optional(store::Blob{bytes});
  TM_CHECK(tx.exec(
      "INSERT INTO metric_points (series, seconds, at_ms, unit, count, sum, least, most, spread)"
      " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)"
      " ON CONFLICT (series, seconds, at_ms, unit) DO UPDATE SET count = excluded.count,"
      " sum = excluded.sum, least = excluded.least, most = excluded.most,"
      " spread = excluded.spread",
      series, seconds, at, point.unit, a.count, a.sum, a.least, a.most, spread));
  return {};
}

bool has_dimensions(const SeriesKey& key, const MetricFilter& filter) {
  for (const auto& [name, value] : filter.dimensions) {
    const auto found =
        std::ranges::find_if(key.dimensions, [&](const auto& has) { return has.first == name; });
    if (found == key.dimensions.end() || (value && found->second != *value)) return false;
  }
  return true;
}

}  // namespace

Result<std::optional<std::int64_t>> Ledger::find(store::Tx& tx, const SeriesKey& key) const {
  return tx.one(
      "SELECT id FROM metric_series WHERE account = $1 AND region = $2 AND space = $3"
      " AND name = $4 AND dimensions = $5",
      [](const store::Row& row) { return row.integer(0); }, key.scope.account, key.scope.region,
      key.space, measured_name(key), dimensions_text(key.dimensions));
}

/// nullopt where there is no room for another one.
Result<std::optional<std::int64_t>> Ledger::series_of(store::Tx& tx, const SeriesKey& key) {
  const auto now = clock_.now().ms;
  TM_TRY(auto id, find(tx, key));
  if (id) {
    TM_CHECK(tx.exec("UPDATE metric_series SET last_ms = $2 WHERE id = $1", *id, now));
    return id;
  }
  if (!series_count_) {
    TM_TRY(series_count_, tx.one("SELECT count(*) FROM metric_series",
                                 [](const store::Row& row) { return row.integer(0); }));
  }
  if (*series_count_ >= series_max) return std::nullopt;
  ++*series_count_;
  TM_CHECK(
      tx.exec("INSERT INTO metric_series (account, region, space, name, dimensions, last_ms)"
              " VALUES ($1, $2, $3, $4, $5, $6)",
              key.scope.account, key.scope.region, key.space, key.name,
              dimensions_text(key.dimensions), now));
  return find(tx, key);
}

Status Ledger::write(store::Tx& tx, const std::vector<Point>& points) {
  int refused = 0;
  for (const auto& point : points) {
    TM_TRY(const auto series, series_of(tx, point.series));
    if (!series) {
      ++refused;
      continue;
    }
    for (const auto& [seconds, time] : kept) {
      if (seconds > kept.front().seconds && is_of_one_run(point.series)) continue;
      TM_CHECK(write_point(tx, *series, point, seconds));
    }
  }
  if (refused > 0) {
    TM_LOG(warn, "metrics", "no room for new metrics",
           {{"dropped", refused}, {"metrics_max", series_max}});
  }
  return {};
}

Result<std::vector<Window>> Ledger::windows(store::Tx& tx, const SeriesQuery& query) {
  std::vector<Window> windows;
  TM_TRY(const auto series, find(tx, query.series));
  if (!series || query.until <= query.from) return windows;
  const auto period_ms = query.period_s * 1000;
  std::map<std::pair<std::int64_t, std::string>, Aggregate> found;
  const store::RowFn row = [&](const store::Row& r) {
    const auto window = (r.integer(0) - query.from.ms) / period_ms;
    found[{window, r.text(1)}].merge(read_aggregate(r, 2));
    return true;
  };
  TM_CHECK(
      tx.each("SELECT at_ms, unit, count, sum, least, most, CASE WHEN $6 THEN spread END"
              " FROM metric_points WHERE series = $1"
              " AND seconds = $2 AND at_ms >= $3 AND at_ms < $4 AND ($5 = '' OR unit = $5)"
              " ORDER BY at_ms",
              row, *series, resolution_for(query, clock_.now()), query.from.ms, query.until.ms,
              query.unit, query.with_spread ? 1 : 0));
  for (auto& [key, aggregate] : found) {
    windows.push_back({{query.from.ms + key.first * period_ms}, key.second, std::move(aggregate)});
  }
  return windows;
}

Result<MetricPage> Ledger::list(store::Tx& tx, const MetricFilter& filter) {
  MetricPage page;
  std::int64_t last = 0;
  const store::RowFn row = [&](const store::Row& r) {
    SeriesKey key{filter.scope, r.text(1), r.text(2), parse_dimensions(r.bytes(3))};
    if (!has_dimensions(key, filter)) return true;
    if (int(page.metrics.size()) == filter.count) {
      page.next = last;
      return false;
    }
    last = r.integer(0);
    page.metrics.push_back(std::move(key));
    return true;
  };
  TM_CHECK(
      tx.each("SELECT id, space, name, dimensions FROM metric_series WHERE account = $1"
              " AND region = $2 AND ($3 = '' OR space = $3) AND ($4 = '' OR name = $4)"
              " AND id > $5 AND last_ms >= $6 ORDER BY id",
              row, filter.scope.account, filter.scope.region, filter.space, filter.name,
              filter.after, filter.since.ms));
  return page;
}

Result<bool> Ledger::expire(store::Tx& tx) {
  const auto now = clock_.now();
  bool more = false;
  for (const auto& [seconds, time] : kept) {
    TM_TRY(const auto gone,
           tx.exec("DELETE FROM metric_points WHERE (series, seconds, at_ms, unit) IN"
                   " (SELECT series, seconds, at_ms, unit FROM metric_points"
                   " WHERE seconds = $1 AND at_ms < $2 LIMIT $3)",
                   seconds, now.plus(-time).ms, expired_per_step));
    more = more || gone == expired_per_step;
  }
  TM_TRY(const auto series,
         tx.exec("DELETE FROM metric_series WHERE id IN (SELECT s.id FROM metric_series s"
                 " WHERE s.last_ms < $1 AND NOT EXISTS"
                 " (SELECT 1 FROM metric_points p WHERE p.series = s.id) LIMIT $2)",
                 now.plus(-kept.front().time).ms, expired_per_step));
  series_count_.reset();
  return more || series == expired_per_step;
}

Status Ledger::reset(store::Tx& tx) {
  recorder_.clear();
  series_count_.reset();
  TM_CHECK(tx.exec("DELETE FROM metric_points"));
  TM_CHECK(tx.exec("DELETE FROM metric_series"));
  return {};
}

}  // namespace tidemill::metrics
