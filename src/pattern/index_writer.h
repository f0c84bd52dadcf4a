/// Changes an index of rules. Internal to pattern/; one thread.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "pattern/keys.h"
#include "pattern/rule_index.h"

namespace tidemill::pattern {

class IndexWriter {
 public:
  IndexWriter();

  /// Adds a rule, or replaces the one of that id.
  void add(RuleId id, const PatternData& pattern);
  bool remove(RuleId id);

  [[nodiscard]] const RuleIndex& index() const noexcept { return index_; }

  /// A copy that stays as it is.
  [[nodiscard]] std::shared_ptr<const RuleIndex> share();

 private:
  /// Of a branch that was filed under so many keys already the rest takes one each, so that
  /// lists and $or don't multiply.
  static constexpr std::size_t places_max = 4096;

  static constexpr std::size_t cost_unit = 64;  ///< Below it costs are about equal.

  struct Known {
    Ref<SharedClause> clause;
    std::uint32_t slot = 0;
    std::uint32_t uses = 0;  ///< In branches.
  };

  struct Choice {
    std::size_t part = 0;
    std::vector<Key> keys;
    std::size_t cost = ~std::size_t{0};
  };

  RuleData::Part use(const Clause& clause);
  /// How many branches have the clause.
  [[nodiscard]] std::size_t uses(const SharedClause& clause) const;
  void drop(const SharedClause& clause);

  void file(RuleData& rule, std::uint32_t branch);
  /// The clause that leaves the branch the least company.
  [[nodiscard]] Choice choose(std::span<const RuleData::Part> parts, bool one_key) const;
  [[nodiscard]] Choice weigh(const RuleData::Part& part) const;
  [[nodiscard]] std::size_t cost(std::uint32_t slot, const Key& key, std::size_t uses) const;
  /// A look at what of the branch is rarest, beside what it is filed under.
  [[nodiscard]] QuickCheck quick_check(std::span<const RuleData::Part> parts,
                                       const Choice& filed) const;
  void clear(const RuleData& rule, const RuleData::Place& place);
  void count(std::string_view path, const RuleData::Place& place, int change);

  RuleIndex index_;
  PathTree::Edit edit_;
  std::string identity_;  ///< Of the clause that is looked up; kept for its memory.
  std::unordered_map<std::string_view, Known> clauses_;  ///< By identity.
};

}  // namespace tidemill::pattern
