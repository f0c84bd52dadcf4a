/// What a schedule does beyond what AWS says: after a time in which the program was down, while its
/// last run still runs, when the clock is changed, among many that are due at once. Said by tags
/// with the prefix "tidemill:" (docs/guides/schedules.md). Pure.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "base/error.h"
#include "calendar/next.h"

namespace tidemill::schedule {

inline constexpr std::string_view tag_prefix = "tidemill:";

enum class Catchup : std::uint8_t {
  once,  ///< All that was missed is made into one.
  skip,
  all,  ///< Each is run, the latest `catchup_max` of them.
};

enum class Overlap : std::uint8_t { allow, skip, buffer_one, buffer_all, cancel_other };

struct Policy {
  static constexpr int catchup_max_limit = 10'000;

  Catchup catchup = Catchup::once;
  int catchup_max = 0;
  std::int64_t window_ms = 0;  ///< Older ones aren't caught up; 0: no limit.
  Overlap overlap = Overlap::allow;
  calendar::DstRules dst = {};
  std::int64_t spread_ms = 0;  ///< It runs within so much after its instant, always the same.

  bool operator==(const Policy&) const = default;

  /// "catchup=all:5;overlap=skip": only what differs from the default; "" for the default itself.
  [[nodiscard]] std::string text() const;
  /// Reads what text() wrote.
  [[nodiscard]] static Policy parse(std::string_view text);
};

using Tags = std::map<std::string, std::string>;

/// From the tags with our prefix; others are left alone. Fails with a ValidationException that
/// names what can be said.
[[nodiscard]] Result<Policy> policy_of(const Tags& tags);

/// Where in a window of `spread_ms` the thing of that name always is, in whole seconds.
[[nodiscard]] std::int64_t place_in_spread(std::string_view name, std::int64_t spread_ms) noexcept;

}  // namespace tidemill::schedule
