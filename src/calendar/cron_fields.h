/// The fields of a cron() text: where each is, what it may hold, what it says. Pure; a part of
/// read_expression.
#pragma once

#include <algorithm>
#include <array>
#include <string_view>

#include "calendar/expression.h"

namespace tidemill::calendar {

struct FieldText {
  std::string_view text;
  std::size_t column = 1;  ///< In the whole expression, from 1.
};

/// The words of a text: how many there are, and the first of them.
class Fields {
 public:
  void add(const FieldText& field) {
    if (count_ < fields_.size()) fields_[count_] = field;
    ++count_;
  }
  [[nodiscard]] std::size_t size() const noexcept { return count_; }
  [[nodiscard]] const FieldText& operator[](std::size_t i) const { return fields_[i]; }
  [[nodiscard]] const FieldText* begin() const noexcept { return fields_.data(); }
  [[nodiscard]] const FieldText* end() const noexcept {
    return begin() + std::min(count_, fields_.size());
  }

 private:
  std::array<FieldText, 8> fields_;  // No grammar has more, and a million are read at a start.
  std::size_t count_ = 0;
};

/// `text` cut at its blanks; `column` is where it begins.
[[nodiscard]] Fields split_fields(std::string_view text, std::size_t column);

/// The six fields in AWS's order: minutes hours day-of-month month day-of-week year.
[[nodiscard]] std::expected<Cron, Fault> read_cron(const Fields& fields);

}  // namespace tidemill::calendar
