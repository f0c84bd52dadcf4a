/// The fields of a cron() text: where each is, what it may hold, what it says. Pure; a part of
/// read_expression.
#pragma once

#include <array>
#include <string_view>
#include <vector>

#include "calendar/expression.h"

namespace tidemill::calendar {

struct FieldText {
  std::string_view text;
  std::size_t column = 1;  ///< In the whole expression, from 1.
};

/// `text` cut at its blanks; `column` is where it begins.
[[nodiscard]] std::vector<FieldText> split_fields(std::string_view text, std::size_t column);

/// The six fields in AWS's order: minutes hours day-of-month month day-of-week year.
[[nodiscard]] std::expected<Cron, Fault> read_cron(const std::vector<FieldText>& fields);

}  // namespace tidemill::calendar
