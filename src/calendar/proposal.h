/// What may have been meant by a text that is no schedule expression. Pure.
#pragma once

#include <string>
#include <string_view>

#include "calendar/expression.h"

namespace tidemill::calendar {

/// An expression that holds in `dialect` and differs from `text` in what people commonly get wrong
/// (both day fields, Unix's five fields, Quartz's seven, names written out, singular and plural,
/// …); empty where nothing suggests itself.
[[nodiscard]] std::string propose(std::string_view text, Dialect dialect);

}  // namespace tidemill::calendar
