/// The event-pattern language of EventBridge: which events a rule wants. The library is pure: no
/// clock, disk or random inside, and no locks. Patterns and events are immutable once made and
/// cheap to copy, so any thread may match any of them.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include "base/error.h"

namespace tidemill::pattern {

struct EventData;
struct PatternData;

struct Options {
  /// Refuse what AWS refuses though Tidemill could do it: several matchers in one object, and
  /// wildcards above AWS's measure of complexity.
  bool strict_aws = false;
};

/// An event, read once to be asked by many patterns.
class Event {
 public:
  static constexpr std::size_t bytes_max = 16 * 1024 * 1024;

  /// Fails with invalid_argument unless `json` is an object nested at most 1,000 deep.
  [[nodiscard]] static Result<Event> parse(std::string_view json);

  [[nodiscard]] const EventData& data() const noexcept { return *data_; }

 private:
  explicit Event(std::shared_ptr<const EventData> data) : data_(std::move(data)) {}
  std::shared_ptr<const EventData> data_;
};

/// Why an event matches or doesn't.
struct Explanation {
  bool matched = false;
  /// How many of the pattern's paths are in the way; 0 if it matched. The rule with the smallest
  /// is the nearest miss; of several, that of which the most paths hold.
  std::size_t distance = 0, held = 0;
  /// Empty if it matched; else the first path, in the pattern's order, that failed; what the
  /// pattern has there and what the event has there as JSON, or "(absent)"; and a sentence:
  /// `detail.object.key: expected suffix ".csv", the key ends in ".CSV"`.
  std::string path, expected, actual, text;
};

class Pattern {
 public:
  static constexpr std::size_t bytes_max = 32 * 1024;  ///< AWS's API takes 4,096 characters.
  static constexpr std::size_t branches_max = 1000;    ///< What $or may expand to.
  static constexpr std::size_t fields_max = 256;       ///< Paths in one branch.

  /// Fails with invalid_argument, AWS's InvalidEventPatternException, AWS's message and our hint.
  [[nodiscard]] static Result<Pattern> compile(std::string_view text, Options options = {});

  [[nodiscard]] bool matches(const Event& event) const;
  [[nodiscard]] Explanation explain(const Event& event) const;
  /// Whether a wildcard stands in it, which AWS counts.
  [[nodiscard]] bool has_wildcard() const;

  [[nodiscard]] const PatternData& data() const noexcept { return *data_; }

 private:
  explicit Pattern(std::shared_ptr<const PatternData> data) : data_(std::move(data)) {}
  std::shared_ptr<const PatternData> data_;
};

/// TestEventPattern's own demands on its Event: "Parameter Event is not valid." unless it is an
/// object that has id, account, source, time, region and detail-type.
[[nodiscard]] Status validate_test_event(std::string_view json);

}  // namespace tidemill::pattern
