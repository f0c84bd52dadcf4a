/// Log groups, streams and events: what each operation does to logs.db, in a transaction that the
/// caller opens. Owned by the server. What changes runs on the commit thread of logs.db; what is
/// const may run on its readers; exists() and rule_groups() on any thread.
#pragma once

#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.h"
#include "logs/metric_filter.h"
#include "logs/records.h"
#include "store/store.h"

namespace tidemill::logs {

using Tags = std::map<std::string, std::string>;

struct FilterListQuery {
  Scope scope;
  std::string group, prefix;  ///< Empty: any.
  std::string space, metric;  ///< Of the metric; empty: any.
  std::optional<std::string> token;
  int limit = 50;
};
struct ListedFilter {
  std::string group;
  MetricFilterSettings settings;
  TimeMs created;
};
struct FilterList {
  std::vector<ListedFilter> filters;
  std::optional<std::string> token;
};

struct LogPolicy {
  std::string name, document;
  TimeMs changed;
};

class Ledger {
 public:
  /// Both outlive the ledger. What metric filters find, and how much comes in, is told to `meter`,
  /// if there is one, after the commit.
  explicit Ledger(const Clock& clock, Meter* meter = nullptr);
  ~Ledger();
  Ledger(const Ledger&) = delete;
  Ledger& operator=(const Ledger&) = delete;

  /// At start, before anything else: what exists, and the first of what has expired goes.
  [[nodiscard]] Status load(store::Tx& tx);
  /// Test mode: forgets every group and event, and what was projected.
  [[nodiscard]] Status reset(store::Tx& tx);

  /// Whether the group is there, from memory.
  [[nodiscard]] bool exists(const Scope& scope, std::string_view group) const;
  /// The groups that a rule's decisions go to: /aws/events/rule/NAME and, where there is one, the
  /// group of that name written with "-" for "_".
  [[nodiscard]] std::vector<std::string> rule_groups(const Scope& scope,
                                                     std::string_view rule) const;

  [[nodiscard]] Status create_group(store::Tx& tx, const GroupKey& key,
                                    const GroupSettings& settings);
  [[nodiscard]] Status delete_group(store::Tx& tx, const GroupKey& key);
  [[nodiscard]] Result<Group> group(store::Tx& tx, const GroupKey& key) const;
  [[nodiscard]] Result<GroupPage> groups(store::Tx& tx, const GroupQuery& query) const;
  /// nullopt: events never expire.
  [[nodiscard]] Status set_retention(store::Tx& tx, const GroupKey& key,
                                     std::optional<std::int64_t> days);
  [[nodiscard]] Status tag(store::Tx& tx, const GroupKey& key, const Tags& tags);
  [[nodiscard]] Status untag(store::Tx& tx, const GroupKey& key,
                             const std::vector<std::string>& names);
  [[nodiscard]] Result<Tags> tags(store::Tx& tx, const GroupKey& key) const;

  [[nodiscard]] Status create_stream(store::Tx& tx, const StreamKey& key);
  [[nodiscard]] Status delete_stream(store::Tx& tx, const StreamKey& key);
  [[nodiscard]] Result<StreamPage> streams(store::Tx& tx, const StreamQuery& query) const;

  /// A filter looks at what comes in from then on.
  [[nodiscard]] Status put_filter(store::Tx& tx, const GroupKey& key,
                                  const MetricFilterSettings& settings);
  [[nodiscard]] Status delete_filter(store::Tx& tx, const GroupKey& key, std::string_view name);
  [[nodiscard]] Result<FilterList> filters(store::Tx& tx, const FilterListQuery& query) const;

  [[nodiscard]] Result<LogPolicy> put_policy(store::Tx& tx, const Scope& scope,
                                             std::string_view name, std::string_view document);
  [[nodiscard]] static Status delete_policy(store::Tx& tx, const Scope& scope,
                                            std::string_view name);
  /// By name, those after `after`.
  [[nodiscard]] static Result<std::vector<LogPolicy>> policies(store::Tx& tx, const Scope& scope,
                                                               std::string_view after, int limit);

  [[nodiscard]] Result<PutOutcome> put(store::Tx& tx, const StreamKey& key,
                                       std::span<const NewEvent> events);
  [[nodiscard]] Result<ReadPage> read(store::Tx& tx, const ReadQuery& query) const;
  [[nodiscard]] Result<FilterPage> filter(store::Tx& tx, const FilterQuery& query) const;

  /// Makes group and stream where they are missing.
  [[nodiscard]] Status ensure_stream(store::Tx& tx, const StreamKey& key);
  /// Writes lines of the program's own; makes what is missing.
  [[nodiscard]] Status append(store::Tx& tx, std::span<const Line> lines);
  /// Writes `lines` and notes in the same transaction that the projection `name` has come to
  /// `position`. Does nothing if it had come there before: a repeated batch is written once.
  [[nodiscard]] Status append_projected(store::Tx& tx, std::string_view name, std::int64_t position,
                                        std::span<const Line> lines);
  /// Where the projection `name` has come to; 0 at first.
  [[nodiscard]] Result<std::int64_t> position(store::Tx& tx, std::string_view name) const;

 private:
  class Catalog;
  class Measuring;
  struct Target;

  /// The first of `count` numbers that were never given out before.
  Result<std::int64_t> reserve(store::Tx& tx, std::int64_t count);
  Result<std::int64_t> stream_id(store::Tx& tx, std::int64_t group, std::string_view name) const;
  Result<Group> ensure_group(store::Tx& tx, const GroupKey& key);
  Result<Target> ensure_target(store::Tx& tx, const StreamKey& key);
  Result<std::int64_t> insert_stream(store::Tx& tx, std::int64_t group, std::string_view name);
  Status insert(store::Tx& tx, Target& target, std::int64_t seq, const NewEvent& event);
  Status settle(store::Tx& tx, Target& target);
  [[nodiscard]] std::int64_t oldest_kept(const Group& group) const;
  Status load_filters(store::Tx& tx);
  Status expire(store::Tx& tx, const Group& group);
  Status collect(store::Tx& tx);

  const Clock& clock_;
  std::shared_ptr<Catalog> catalog_;
  std::shared_ptr<Measuring> measuring_;
  std::int64_t next_ = 1;  ///< Of log_sequence; commit thread only.
  bool garbage_ = false;   ///< Whether log_garbage may hold something; commit thread only.
};

}  // namespace tidemill::logs
