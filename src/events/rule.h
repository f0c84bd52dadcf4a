/// Rules and their targets as the store keeps them. Functions take the open transaction.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/arn.h"
#include "base/time.h"
#include "events/input.h"
#include "events/retry.h"
#include "store/store.h"

namespace tidemill::events {

/// A bus within one account and region: the space of rule names.
struct BusKey {
  Scope scope;
  std::string bus = "default";

  /// "event-bus/default" and the like.
  [[nodiscard]] std::string arn() const;
  /// "rule/NAME" on the default bus, else "rule/BUS/NAME".
  [[nodiscard]] std::string rule_arn(std::string_view rule) const;
  bool operator==(const BusKey&) const = default;
};

/// What a rule's ARN says: its bus and its name. nullopt for what is no rule's.
struct RuleName {
  BusKey bus;
  std::string rule;
};
[[nodiscard]] std::optional<RuleName> parse_rule_arn(std::string_view arn);

struct RuleTarget {
  std::string id, arn, role_arn;  ///< ARNs have an account, whether or not the definition's do.
  std::string group_id;           ///< SqsParameters.MessageGroupId
  std::string dead_letter_arn;    ///< DeadLetterConfig.Arn
  std::string http;               ///< HttpParameters as JSON
  InputSpec input;
  RetryPolicy retry;

  /// From AWS's Target as JSON, of a rule of `account`.
  static Result<RuleTarget> parse(std::string_view definition, std::string_view account);
};

struct Rule {
  std::int64_t id = 0;
  BusKey key;
  std::string name;
  std::string pattern;   ///< Empty: it has a schedule only.
  std::string schedule;  ///< ScheduleExpression; empty: it has a pattern only.
  bool enabled = true;
  std::optional<std::string> description, role_arn;
  std::string created_by;
  TimeMs created, modified;

  [[nodiscard]] std::string arn() const { return key.rule_arn(name); }
};

/// Fails with AWS's ResourceNotFoundException. The default bus is always there.
[[nodiscard]] Status require_bus(store::Tx& tx, const BusKey& key);

[[nodiscard]] Result<std::optional<Rule>> find_rule(store::Tx& tx, const BusKey& key,
                                                    std::string_view name);
[[nodiscard]] Result<std::optional<Rule>> find_rule(store::Tx& tx, std::int64_t id);
/// As find_rule, or AWS's ResourceNotFoundException.
[[nodiscard]] Result<Rule> require_rule(store::Tx& tx, const BusKey& key, std::string_view name);
/// Which of a bus's rules: those whose names begin with `prefix` and come behind `after`.
struct RulePage {
  std::string prefix, after;
  std::int64_t count = INT64_MAX;
};
/// In the order of their names.
[[nodiscard]] Result<std::vector<Rule>> list_rules(store::Tx& tx, const BusKey& key,
                                                   const RulePage& page = {});
/// Every rule of every bus.
[[nodiscard]] Result<std::vector<Rule>> all_rules(store::Tx& tx);
/// Inserts or replaces by name, keeping id, creation and targets, and notes it in the history of
/// rules. Gives the rule as stored.
[[nodiscard]] Result<Rule> save_rule(store::Tx& tx, Rule rule);
[[nodiscard]] Status remove_rule(store::Tx& tx, const Rule& rule, TimeMs now);

/// Definitions (AWS's Target as JSON) in the order of their ids.
[[nodiscard]] Result<std::vector<std::string>> target_definitions(store::Tx& tx, std::int64_t rule);
[[nodiscard]] Result<std::vector<RuleTarget>> targets_of(store::Tx& tx, std::int64_t rule);
[[nodiscard]] Status save_target(store::Tx& tx, std::int64_t rule, const RuleTarget& target,
                                 std::string_view definition);
/// Whether there was one.
[[nodiscard]] Result<bool> remove_target(store::Tx& tx, std::int64_t rule, std::string_view id);

}  // namespace tidemill::events
