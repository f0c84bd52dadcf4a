// Metric filters and resource policies.
#include <fmt/format.h>

#include "logs/measuring.h"
#include "logs/names.h"

namespace tidemill::logs {
namespace {

constexpr std::int64_t filters_max = 100, policies_max = 10;

std::unexpected<Error> limit_exceeded() {
  return fail(Errc::invalid_argument, "LimitExceededException", "Resource limit exceeded.");
}

MetricFilterSettings to_settings(const store::Row& row, int column) {
  return {row.text(column), row.text(column + 1),
          json::parse_object(row.bytes(column + 2)).value()};
}

std::int64_t count_of(const store::Row& row) { return row.integer(0); }

bool is_wanted(const FilterListQuery& query, const MetricFilterSettings& settings) {
  const auto is = [&](std::string_view wanted, std::string_view name) {
    return wanted.empty() || json::text_or_empty(settings.transformation, name) == wanted;
  };
  return settings.name.starts_with(query.prefix) && is(query.space, "metricNamespace") &&
         is(query.metric, "metricName");
}

/// A filter's place in the list: by group, then by name. No group's name has a colon.
std::string place_of(const ListedFilter& filter) {
  return filter.group + ":" + filter.settings.name;
}

}  // namespace

Status Ledger::load_filters(store::Tx& tx) {
  const store::RowFn row = [&](const store::Row& r) {
    auto filter = MetricFilter::compile(to_settings(r, 1));
    if (filter) measuring_->set(r.integer(0), *std::move(filter));
    return true;
  };
  return tx.each("SELECT log_group, name, pattern, transformation FROM metric_filters", row);
}

Status Ledger::put_filter(store::Tx& tx, const GroupKey& key,
                          const MetricFilterSettings& settings) {
  TM_TRY(auto filter, MetricFilter::compile(settings));
  TM_TRY(const auto found, group(tx, key));
  TM_CHECK(
      tx.exec("INSERT INTO metric_filters (log_group, name, pattern, transformation, created_ms)"
              " VALUES ($1, $2, $3, $4, $5) ON CONFLICT (log_group, name) DO UPDATE SET"
              " pattern = excluded.pattern, transformation = excluded.transformation,"
              " created_ms = excluded.created_ms",
              found.id, settings.name, settings.pattern, json::dump(settings.transformation),
              clock_.now().ms));
  TM_TRY(const auto count,
         tx.one("SELECT count(*) FROM metric_filters WHERE log_group = $1", count_of, found.id));
  if (*count > filters_max) return limit_exceeded();
  tx.on_commit([measuring = measuring_, id = found.id, filter = std::move(filter)]() mutable {
    measuring->set(id, std::move(filter));
  });
  return {};
}

Status Ledger::delete_filter(store::Tx& tx, const GroupKey& key, std::string_view name) {
  TM_TRY(const auto found, group(tx, key));
  TM_TRY(const auto gone,
         tx.exec("DELETE FROM metric_filters WHERE log_group = $1 AND name = $2", found.id, name));
  if (gone == 0) {
    return fail(Errc::invalid_argument, "ResourceNotFoundException",
                "The specified metric filter does not exist.");
  }
  tx.on_commit([measuring = measuring_, id = found.id, name = std::string(name)] {
    measuring->remove(id, name);
  });
  return {};
}

Result<FilterList> Ledger::filters(store::Tx& tx, const FilterListQuery& query) const {
  if (!query.group.empty()) TM_CHECK(group(tx, {query.scope, query.group}));
  std::string after;
  if (query.token) {
    TM_TRY(after, parse_list_token(*query.token));
  }
  FilterList list;
  const store::RowFn row = [&](const store::Row& r) {
    ListedFilter filter{r.text(0), to_settings(r, 1), {r.integer(4)}};
    if (!is_wanted(query, filter.settings)) return true;
    if (list.filters.size() == std::size_t(query.limit)) {
      list.token = list_token(place_of(list.filters.back()));
      return false;
    }
    list.filters.push_back(std::move(filter));
    return true;
  };
  const auto colon = std::min(after.find(':'), after.size());
  TM_CHECK(
      tx.each("SELECT g.name, f.name, f.pattern, f.transformation, f.created_ms FROM log_groups g"
              " JOIN metric_filters f ON f.log_group = g.id WHERE g.account = $1 AND g.region = $2"
              " AND ($3 = '' OR g.name = $3) AND (g.name, f.name) > ($4, $5)"
              " ORDER BY g.name, f.name",
              row, query.scope.account, query.scope.region, query.group, after.substr(0, colon),
              after.substr(std::min(colon + 1, after.size()))));
  return list;
}

Result<LogPolicy> Ledger::put_policy(store::Tx& tx, const Scope& scope, std::string_view name,
                                     std::string_view document) {
  LogPolicy policy{std::string(name), std::string(document), clock_.now()};
  TM_CHECK(
      tx.exec("INSERT INTO log_policies (account, region, name, document, changed_ms)"
              " VALUES ($1, $2, $3, $4, $5) ON CONFLICT (account, region, name) DO UPDATE SET"
              " document = excluded.document, changed_ms = excluded.changed_ms",
              scope.account, scope.region, name, document, policy.changed.ms));
  TM_TRY(const auto count,
         tx.one("SELECT count(*) FROM log_policies WHERE account = $1 AND region = $2", count_of,
                scope.account, scope.region));
  if (*count > policies_max) return limit_exceeded();
  return policy;
}

Status Ledger::delete_policy(store::Tx& tx, const Scope& scope, std::string_view name) {
  TM_TRY(const auto gone,
         tx.exec("DELETE FROM log_policies WHERE account = $1 AND region = $2 AND name = $3",
                 scope.account, scope.region, name));
  if (gone > 0) return {};
  return fail(Errc::invalid_argument, "ResourceNotFoundException",
              fmt::format("Policy with name [{}] does not exist.", name));
}

Result<std::vector<LogPolicy>> Ledger::policies(store::Tx& tx, const Scope& scope,
                                                std::string_view after, int limit) {
  return tx.all(
      "SELECT name, document, changed_ms FROM log_policies WHERE account = $1 AND region = $2"
      " AND name > $3 ORDER BY name LIMIT $4",
      [](const store::Row& row) { return LogPolicy{row.text(0), row.text(1), {row.integer(2)}}; },
      scope.account, scope.region, after, limit);
}

}  // namespace tidemill::logs
