/// The compiled rules of every bus, in memory. Belongs to the commit thread, like all who use it:
/// a change is applied in Tx::on_commit, so what is here is what is on disk.
#pragma once

#include <algorithm>
#include <map>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "events/batch_plan.h"
#include "events/once.h"
#include "events/rule.h"
#include "pattern/matcher.h"

namespace tidemill::events {

/// A rule with what it starts; immutable.
struct CompiledRule {
  Rule rule;
  std::vector<RuleTarget> targets;
  Once once = Once::every;
  std::optional<BatchPlan> batch = {};
};

class RuleBook {
 public:
  /// Adds the rule or replaces the one of that id. A disabled rule, and one without a pattern,
  /// matches nothing.
  Status put(CompiledRule rule);
  void erase(std::int64_t id);
  void clear();

  /// The last change (rule_changes.id) that is in it.
  [[nodiscard]] std::int64_t as_of() const noexcept { return as_of_; }
  void reach(std::int64_t change) noexcept { as_of_ = std::max(as_of_, change); }

  /// The enabled rule of that id, or nullptr.
  [[nodiscard]] std::shared_ptr<const CompiledRule> find(std::int64_t id) const;
  /// The rules of `key` whose pattern matches `envelope`, in the order of their ids. The envelope
  /// is JSON that Tidemill wrote; `names` says whether its detail is Tidemill's own as well.
  [[nodiscard]] std::vector<std::shared_ptr<const CompiledRule>> match(
      const BusKey& key, std::string_view envelope,
      pattern::Names names = pattern::Names::any) const;

 private:
  struct Bus {
    pattern::Matcher matcher;
    std::unordered_map<std::int64_t, std::shared_ptr<const CompiledRule>> rules;
  };
  [[nodiscard]] static std::string name_of(const BusKey& key) {
    return key.scope.account + '/' + key.scope.region + '/' + key.bus;
  }
  std::unordered_map<std::string, Bus> buses_;
  std::unordered_map<std::int64_t, std::string> bus_of_rule_;
  std::int64_t as_of_ = 0;
};

/// The rule with its targets and what its tags say, as `tx` has them.
[[nodiscard]] Result<CompiledRule> compiled_rule(store::Tx& tx, const Rule& rule);

/// Puts compiled_rule() into `book` once `tx` is committed.
[[nodiscard]] Status refresh_rule(store::Tx& tx, RuleBook& book, const Rule& rule);
/// Erases what `tx` has removed once it is committed.
[[nodiscard]] Status forget_rule(store::Tx& tx, RuleBook& book, const Rule& rule);

}  // namespace tidemill::events
