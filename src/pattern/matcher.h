/// Many rules asked at once. A matcher belongs to one thread while it changes; match() is const and
/// touches nothing, so a matcher that no longer changes may be asked by any thread.
///
/// Each branch of a rule that asks for a plain string somewhere is filed under one such string and
/// its path; an event looks only at what is filed under the strings that it has. So a rule on
/// `detail.bucket.name` costs the events of other buckets nothing. See docs/internals/pattern.md.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "pattern/pattern.h"

namespace tidemill::pattern {

enum class RuleId : std::uint64_t {};

class Matcher {
 public:
  Matcher();
  ~Matcher();
  Matcher(Matcher&&) noexcept;
  Matcher& operator=(Matcher&&) noexcept;

  /// Adds a rule, or gives the rule `id` another pattern.
  void add(RuleId id, Pattern pattern);

  /// False if there is no such rule.
  bool remove(RuleId id);

  [[nodiscard]] std::size_t size() const noexcept;

  /// The rules that match, ascending.
  [[nodiscard]] std::vector<RuleId> match(const Event& event) const;

  /// How many branches an event is compared with in full, for tests and metrics.
  [[nodiscard]] std::size_t candidates(const Event& event) const;

 private:
  class Index;
  std::unique_ptr<Index> index_;
};

}  // namespace tidemill::pattern
