/// Single values as text: in headers, paths, query strings, forms and XML. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "wire/shape.h"

namespace tidemill::wire {

/// Fills the scalar `value` (of shape.kind) from `text`; false where it doesn't parse. A timestamp
/// without a format of its own is taken in any of AWS's.
[[nodiscard]] bool read_scalar(const Shape& shape, std::string_view text, void* value);

/// The scalar as text; a timestamp in `format` (unset: ISO 8601 with milliseconds).
[[nodiscard]] std::string write_scalar(const Shape& shape, const void* value, TimeFormat format);

/// "RoleName" → "roleName", as beans and CloudTrail call members.
[[nodiscard]] std::string lower_camel(std::string_view name);

/// Seconds since 1970 with at most three decimals, as JSON writes timestamps.
[[nodiscard]] std::string epoch_seconds(TimeMs time);

/// As above from a number; nullopt beyond year 9999.
[[nodiscard]] std::optional<TimeMs> time_of_seconds(double seconds);

/// The shortest number that reads back as `value`; NaN and infinities by name.
[[nodiscard]] std::string real_text(double value);

/// "nan" and infinities are refused unless by AWS's own names.
[[nodiscard]] std::optional<double> read_real(std::string_view text);

}  // namespace tidemill::wire
