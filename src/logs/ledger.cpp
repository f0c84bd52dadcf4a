// Start, reset, and what goes away: expired events and those of deleted groups and streams.
#include "logs/ledger.h"

#include <algorithm>

#include "logs/catalog.h"
#include "logs/measuring.h"

namespace tidemill::logs {
namespace {

constexpr int events_per_sweep = 2000;
constexpr std::int64_t day_ms = 86'400'000;
constexpr std::string_view rule_prefix = "/aws/events/rule/";

/// What one sweep found: up to events_per_sweep events, oldest first.
struct Swept {
  std::int64_t count = 0;
  std::map<std::int64_t, std::int64_t> bytes;  ///< By group.
  Position last;

  bool add(const store::Row& row) {
    ++count;
    bytes[row.integer(0)] += row.integer(3);
    last = {row.integer(1), row.integer(2)};
    return true;
  }
};

Status subtract(store::Tx& tx, const Swept& swept) {
  for (const auto& [group, bytes] : swept.bytes) {
    TM_CHECK(tx.exec("UPDATE log_groups SET stored_bytes = stored_bytes - $2 WHERE id = $1", group,
                     bytes));
  }
  return {};
}

}  // namespace

Ledger::Ledger(const Clock& clock, Meter* meter)
    : clock_(clock),
      catalog_(std::make_shared<Catalog>()),
      measuring_(std::make_shared<Measuring>(meter)) {}
Ledger::~Ledger() = default;

Status Ledger::load(store::Tx& tx) {
  TM_TRY(const auto next, tx.one("SELECT next FROM log_sequence WHERE one = 1",
                                 [](const store::Row& row) { return row.integer(0); }));
  if (!next) return fail(Errc::corrupt, "logs.db has lost its sequence");
  next_ = *next;
  std::vector<GroupKey> expiring;
  const store::RowFn row = [&](const store::Row& r) {
    const GroupKey key{{r.text(0), r.text(1)}, r.text(2)};
    catalog_->add(key);
    if (!r.null(3)) expiring.push_back(key);
    return true;
  };
  TM_CHECK(tx.each("SELECT account, region, name, retention_days FROM log_groups", row));
  for (const auto& key : expiring) {
    TM_TRY(const auto found, group(tx, key));
    TM_CHECK(expire(tx, found));
  }
  TM_CHECK(load_filters(tx));
  garbage_ = true;
  return collect(tx);
}

Status Ledger::reset(store::Tx& tx) {
  TM_CHECK(tx.exec("DELETE FROM metric_filters"));
  TM_CHECK(tx.exec("DELETE FROM log_policies"));
  TM_CHECK(tx.exec("DELETE FROM log_events"));
  TM_CHECK(tx.exec("DELETE FROM log_streams"));
  TM_CHECK(tx.exec("DELETE FROM log_tags"));
  TM_CHECK(tx.exec("DELETE FROM log_groups"));
  TM_CHECK(tx.exec("DELETE FROM log_garbage"));
  TM_CHECK(tx.exec("DELETE FROM projection"));
  tx.on_commit([catalog = catalog_, measuring = measuring_] {
    catalog->clear();
    measuring->clear();
  });
  return {};
}

bool Ledger::exists(const Scope& scope, std::string_view group) const {
  return catalog_->has(scope, group);
}

std::vector<std::string> Ledger::rule_groups(const Scope& scope, std::string_view rule) const {
  std::vector<std::string> groups{std::string(rule_prefix) + std::string(rule)};
  std::string dashed(rule);
  std::ranges::replace(dashed, '_', '-');
  dashed.insert(0, rule_prefix);
  if (dashed != groups[0] && exists(scope, dashed)) groups.push_back(std::move(dashed));
  return groups;
}

Result<std::int64_t> Ledger::reserve(store::Tx& tx, std::int64_t count) {
  const auto first = next_;
  next_ += count;
  TM_CHECK(tx.exec("UPDATE log_sequence SET next = $1 WHERE one = 1", next_));
  return first;
}

std::int64_t Ledger::oldest_kept(const Group& group) const {
  if (!group.retention_days) return 0;
  return std::max<std::int64_t>(0, clock_.now().ms - *group.retention_days * day_ms);
}

/// Deletes some of what has expired; the rest is hidden from every answer until it is its turn.
Status Ledger::expire(store::Tx& tx, const Group& group) {
  const auto cutoff = oldest_kept(group);
  if (cutoff == 0) return {};
  Swept swept;
  const store::RowFn row = [&swept](const store::Row& r) { return swept.add(r); };
  TM_CHECK(
      tx.each("SELECT log_group, at_ms, seq, bytes FROM log_events"
              " WHERE log_group = $1 AND at_ms < $2 ORDER BY at_ms, seq LIMIT $3",
              row, group.id, cutoff, events_per_sweep));
  if (swept.count == 0) return {};
  TM_CHECK(tx.exec("DELETE FROM log_events WHERE log_group = $1 AND (at_ms, seq) <= ($2, $3)",
                   group.id, swept.last.at_ms, swept.last.seq));
  return subtract(tx, swept);
}

/// Deletes some events of the oldest deleted group or stream.
Status Ledger::collect(store::Tx& tx) {
  if (!garbage_) return {};
  TM_TRY(const auto first,
         tx.one("SELECT id, is_group FROM log_garbage ORDER BY id LIMIT 1",
                [](const store::Row& r) { return std::pair(r.integer(0), r.integer(1) != 0); }));
  garbage_ = first.has_value();
  if (!first) return {};
  const auto [id, is_group] = *first;
  Swept swept;
  const store::RowFn row = [&swept](const store::Row& r) { return swept.add(r); };
  TM_CHECK(tx.each(is_group ? "SELECT log_group, at_ms, seq, bytes FROM log_events"
                              " WHERE log_group = $1 ORDER BY at_ms, seq LIMIT $2"
                            : "SELECT log_group, at_ms, seq, bytes FROM log_events"
                              " WHERE stream = $1 ORDER BY at_ms, seq LIMIT $2",
                   row, id, events_per_sweep));
  if (swept.count > 0) {
    TM_CHECK(tx.exec(
        is_group ? "DELETE FROM log_events WHERE log_group = $1 AND (at_ms, seq) <= ($2, $3)"
                 : "DELETE FROM log_events WHERE stream = $1 AND (at_ms, seq) <= ($2, $3)",
        id, swept.last.at_ms, swept.last.seq));
    TM_CHECK(subtract(tx, swept));
  }
  if (swept.count == events_per_sweep) return {};
  TM_CHECK(tx.exec("DELETE FROM log_garbage WHERE id = $1", id));
  return {};
}

}  // namespace tidemill::logs
