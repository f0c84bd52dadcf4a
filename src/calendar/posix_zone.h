/// The rule at the end of a TZif file, for all years beyond its table: "EST5EDT,M3.2.0,M11.1.0".
/// Pure. (POSIX "TZ" with the extensions of RFC 9636.)
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace tidemill::calendar {

struct ZoneChange {
  std::int64_t at = 0;  ///< Seconds since 1970, UTC.
  std::int32_t offset = 0;
  auto operator<=>(const ZoneChange&) const = default;
};

/// The changes of the years `first` to `last`, in order; a rule without summer time gives the
/// standard offset at the beginning of `first`. nullopt where the text is no rule.
[[nodiscard]] std::optional<std::vector<ZoneChange>> posix_changes(std::string_view rule, int first,
                                                                   int last);

}  // namespace tidemill::calendar
