#include "events/rulebook.h"

#include "events/batch_rows.h"
#include "events/rule_history.h"

namespace tidemill::events {

Status RuleBook::put(CompiledRule rule) {
  const auto id = rule.rule.id;
  erase(id);
  const auto name = name_of(rule.rule.key);
  if (rule.rule.enabled) {
    std::optional<pattern::Pattern> pattern;
    if (!rule.rule.pattern.empty()) {
      TM_TRY(pattern, pattern::Pattern::compile(rule.rule.pattern));
    }
    auto& bus = buses_[name];
    if (pattern) bus.matcher.add(pattern::RuleId(id), *pattern);
    bus.rules[id] = std::make_shared<const CompiledRule>(std::move(rule));
    bus_of_rule_[id] = name;
  }
  return {};
}

void RuleBook::erase(std::int64_t id) {
  const auto found = bus_of_rule_.find(id);
  if (found == bus_of_rule_.end()) return;
  auto& bus = buses_[found->second];
  bus.matcher.remove(pattern::RuleId(id));
  bus.rules.erase(id);
  if (bus.rules.empty()) buses_.erase(found->second);
  bus_of_rule_.erase(found);
}

void RuleBook::clear() {
  buses_.clear();
  bus_of_rule_.clear();
}

std::shared_ptr<const CompiledRule> RuleBook::find(std::int64_t id) const {
  const auto name = bus_of_rule_.find(id);
  return name == bus_of_rule_.end() ? nullptr : buses_.at(name->second).rules.at(id);
}

std::vector<std::shared_ptr<const CompiledRule>> RuleBook::match(const BusKey& key,
                                                                 std::string_view envelope,
                                                                 pattern::Names names) const {
  std::vector<std::shared_ptr<const CompiledRule>> matched;
  const auto bus = buses_.find(name_of(key));
  if (bus == buses_.end()) return matched;
  std::vector<pattern::RuleId> ids;
  bus->second.matcher.match(envelope, names, ids);
  for (const auto id : ids) matched.push_back(bus->second.rules.at(std::int64_t(id)));
  return matched;
}

Result<CompiledRule> compiled_rule(store::Tx& tx, const Rule& rule) {
  CompiledRule compiled{.rule = rule, .targets = {}};
  TM_TRY(compiled.targets, targets_of(tx, rule.id));
  TM_TRY(compiled.once, once_of(tx, rule.arn()));
  TM_TRY(compiled.batch, batch_plan_of(tx, rule.arn()));
  return compiled;
}

Status refresh_rule(store::Tx& tx, RuleBook& book, const Rule& rule) {
  TM_TRY(auto compiled, compiled_rule(tx, rule));
  TM_TRY(const auto change, last_change(tx));
  tx.on_commit([&book, change, compiled = std::move(compiled)]() mutable {
    // The pattern compiled when it was put; it can't fail to now.
    const auto done = book.put(std::move(compiled));
    TM_ASSERT(done.has_value());
    book.reach(change);
  });
  return {};
}

Status forget_rule(store::Tx& tx, RuleBook& book, const Rule& rule) {
  TM_TRY(const auto change, last_change(tx));
  tx.on_commit([&book, change, id = rule.id] {
    book.erase(id);
    book.reach(change);
  });
  return {};
}

}  // namespace tidemill::events
