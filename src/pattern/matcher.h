/// Many rules asked at once. A matcher belongs to one thread, which changes and asks it; a Snapshot
/// of it is immutable, costs next to nothing to make, and any thread may ask and drop it while the
/// matcher goes on changing. Neither takes a lock.
///
/// Each branch of a rule is filed under what it asks of one value (this string at that path, a
/// string that begins so, ...); an event looks only at what is filed under the values that it has.
/// So a rule on `detail.bucket.name` costs the events of other buckets nothing. See
/// docs/internals/pattern.md.
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "pattern/pattern.h"

namespace tidemill::pattern {

enum class RuleId : std::uint64_t {};

/// What is known of the names in an event's text.
enum class Names : std::uint8_t {
  any,
  /// In no object does a name stand twice, and none has a dot. Then reading may end once all that
  /// rules ask about was seen.
  plain,
};

struct RuleIndex;
class IndexWriter;

class Snapshot {
 public:
  /// The rules that match, ascending.
  [[nodiscard]] std::vector<RuleId> match(const Event& event) const;

  /// The same of an event that is known to be valid JSON, straight from its text, into `out`. It
  /// allocates nothing once a thread has seen a few events. Of text that isn't JSON it says
  /// anything, but stays within it.
  void match(std::string_view json, Names names, std::vector<RuleId>& out) const;

  [[nodiscard]] std::size_t size() const noexcept;

  /// How many branches an event is compared with in full, for tests and metrics.
  [[nodiscard]] std::size_t candidates(const Event& event) const;

 private:
  friend class Matcher;
  explicit Snapshot(std::shared_ptr<const RuleIndex> index) : index_(std::move(index)) {}
  std::shared_ptr<const RuleIndex> index_;
};

class Matcher {
 public:
  Matcher();
  ~Matcher();
  Matcher(Matcher&&) noexcept;
  Matcher& operator=(Matcher&&) noexcept;

  /// Adds a rule, or gives the rule `id` another pattern.
  void add(RuleId id, const Pattern& pattern);

  /// False if there is no such rule.
  bool remove(RuleId id);

  /// The rules as they are now, whatever happens here later.
  [[nodiscard]] Snapshot snapshot();

  /// As in Snapshot, of the rules as they are now.
  [[nodiscard]] std::vector<RuleId> match(const Event& event) const;
  void match(std::string_view json, Names names, std::vector<RuleId>& out) const;
  [[nodiscard]] std::size_t size() const noexcept;
  [[nodiscard]] std::size_t candidates(const Event& event) const;

 private:
  std::unique_ptr<IndexWriter> writer_;
};

}  // namespace tidemill::pattern
