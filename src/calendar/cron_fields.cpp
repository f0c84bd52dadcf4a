#include "calendar/cron_fields.h"

#include <charconv>

#include <fmt/format.h>

#include "base/encoding.h"

namespace tidemill::calendar {
namespace {

template <class T>
using Read = std::expected<T, Fault>;

constexpr std::array<std::string_view, 12> month_names = {"JAN", "FEB", "MAR", "APR", "MAY", "JUN",
                                                          "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"};
constexpr std::array<std::string_view, 7> weekday_names = {"SUN", "MON", "TUE", "WED",
                                                           "THU", "FRI", "SAT"};

struct FieldKind {
  std::string_view name;
  int min, max;
  std::span<const std::string_view> names;  ///< Of the values from `min` on.
  std::string_view allowed;
};

constexpr FieldKind minutes_field{"minutes", 0, 59, {}, "0-59 with , - * /"};
constexpr FieldKind hours_field{"hours", 0, 23, {}, "0-23 with , - * /"};
constexpr FieldKind days_field{"day-of-month", 1, 31, {}, "1-31 with , - * ? / L W"};
constexpr FieldKind months_field{"month", 1, 12, month_names, "1-12 or JAN-DEC with , - * /"};
constexpr FieldKind weekdays_field{"day-of-week", 1, 7, weekday_names,
                                   "1-7 or SUN-SAT with , - * ? L #"};
constexpr FieldKind years_field{"year", Cron::year_min, Cron::year_max, {}, "1970-2199, , - * /"};

/// Bit 0: the field's least value.
using Values = std::array<std::uint64_t, 4>;

/// Sets `count` bits from `first` on.
void set_run(Values& values, int first, int count) {
  for (int word = first / 64; word <= (first + count - 1) / 64; ++word) {
    const int from = std::max(first - word * 64, 0);
    const int until = std::min(first + count - word * 64, 64);
    const auto below = until == 64 ? ~std::uint64_t{0} : (std::uint64_t{1} << until) - 1;
    values[std::size_t(word)] |= below & (~std::uint64_t{0} << from);
  }
}

std::unexpected<Fault> fault(const FieldKind& kind, std::size_t column, std::string reason) {
  return std::unexpected(Fault{std::string(kind.name), column, std::move(reason), {}});
}

bool is_digit(char c) { return c >= '0' && c <= '9'; }

std::optional<int> number_of(std::string_view text) {
  int number = 0;
  if (text.empty() || text.size() > 4 || !is_digit(text.front())) return std::nullopt;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), number);
  if (read.ec != std::errc() || read.ptr != text.data() + text.size()) return {};
  return number;
}

Read<int> read_value(const FieldKind& kind, const FieldText& part) {
  const bool may_be_name = part.text.size() == 3 && !is_digit(part.text.front());
  for (std::size_t i = 0; may_be_name && i < kind.names.size(); ++i) {
    if (iequals(part.text, kind.names[i])) return kind.min + int(i);
  }
  const auto number = number_of(part.text);
  if (!number) {
    if (part.text.empty()) return fault(kind, part.column, "a value is missing");
    return fault(kind, part.column, fmt::format("\"{}\" isn't one of {}", part.text, kind.allowed));
  }
  if (*number < kind.min || *number > kind.max) {
    return fault(kind, part.column,
                 fmt::format("{} is not within {}-{}", *number, kind.min, kind.max));
  }
  return *number;
}

/// `part` before and after the first `mark`; the second is absent where there is none.
std::pair<FieldText, std::optional<FieldText>> cut(const FieldText& part, char mark) {
  std::size_t at = 0;  // These are too short for find() to pay.
  while (at < part.text.size() && part.text[at] != mark) ++at;
  if (at == part.text.size()) return {part, std::nullopt};
  return {{part.text.substr(0, at), part.column},
          FieldText{part.text.substr(at + 1), part.column + at + 1}};
}

Read<int> read_step(const FieldKind& kind, const FieldText& part) {
  const auto step = number_of(part.text);
  const int most = kind.min == Cron::year_min ? kind.max - kind.min : kind.max;
  if (step && *step >= 1 && *step <= most) return *step;
  return fault(kind, part.column,
               fmt::format("a step of \"{}\" is not within 1-{}", part.text, most));
}

/// One of `*`, `a`, `a-b`, each with `/step` or without. A range may go round: FRI-MON.
Read<void> add_item(const FieldKind& kind, const FieldText& item, Values& values) {
  const auto [span, step_text] = cut(item, '/');
  int step = 1;
  if (step_text) {
    TM_TRY(step, read_step(kind, *step_text));
  }
  const int size = kind.max - kind.min + 1;
  int first = 0, count = size;
  if (span.text != "*") {
    const auto [from, to] = cut(span, '-');
    TM_TRY(const int low, read_value(kind, from));
    first = low - kind.min;
    count = step_text ? size - first : 1;
    if (to) {
      TM_TRY(const int high, read_value(kind, *to));
      if (high < low && kind.min == Cron::year_min) {
        return fault(kind, span.column, "a range of years can't go backwards");
      }
      count = (high - low + size) % size + 1;
    } else if (step_text && kind.name == weekdays_field.name) {
      return fault(kind, item.column,
                   fmt::format("{} can be read in two ways; write a list or a range", item.text));
    }
  }
  if (step == 1 && first + count <= size) {
    set_run(values, first, count);
  } else {
    for (int i = 0; i < count; i += step) set_run(values, (first + i) % size, 1);
  }
  return {};
}

Read<Values> read_values(const FieldKind& kind, const FieldText& field) {
  Values values{};
  if (field.text == "*") {
    set_run(values, 0, kind.max - kind.min + 1);
    return values;
  }
  FieldText rest = field;
  for (bool more = true; more;) {
    const auto [item, after] = cut(rest, ',');
    if (item.text == "?") {
      return fault(kind, item.column, "'?' stands alone, in one of the two day fields");
    }
    TM_CHECK(add_item(kind, item, values));
    more = after.has_value();
    if (more) rest = *after;
  }
  return values;
}

std::uint64_t bits_of(const Values& values, int min) { return values[0] << min; }

bool ends_with(std::string_view text, char letter) {
  return !text.empty() && (text.back() == letter || text.back() == letter + 32);
}

FieldText without_last(const FieldText& field) {
  return {field.text.substr(0, field.text.size() - 1), field.column};
}

Read<void> read_day_of_month(const FieldText& field, Cron& cron) {
  const auto& text = field.text;
  if (iequals(text, "L") || iequals(text, "LW")) {
    cron.rule = text.size() == 1 ? DayRule::last_day : DayRule::last_weekday;
    return {};
  }
  if (text.size() > 2 && iequals(text.substr(0, 2), "L-")) {
    const auto before = number_of(text.substr(2));
    if (!before || *before < 1 || *before > 30) {
      return fault(days_field, field.column + 2, "L-n takes an n of 1-30");
    }
    cron.rule = DayRule::last_day;
    cron.day = std::uint8_t(*before);
    return {};
  }
  if (ends_with(text, 'W') && text.find(',') == text.npos) {
    TM_TRY(const int day, read_value(days_field, without_last(field)));
    cron.rule = DayRule::near_weekday;
    cron.day = std::uint8_t(day);
    return {};
  }
  TM_TRY(const auto values, read_values(days_field, field));
  cron.rule = DayRule::days;
  cron.days = std::uint32_t(bits_of(values, 1));
  return {};
}

Read<void> read_day_of_week(const FieldText& field, Cron& cron) {
  const auto& text = field.text;
  if (iequals(text, "L")) {
    cron.rule = DayRule::weekdays;
    cron.days = 1 << 7;
    return {};
  }
  const auto [weekday, nth] = cut(field, '#');
  if (nth) {
    if (text.find(',') != text.npos) {
      return fault(weekdays_field, field.column, "'#' stands alone in its field");
    }
    TM_TRY(const int day, read_value(weekdays_field, weekday));
    const auto number = number_of(nth->text);
    if (!number || *number < 1 || *number > 5) {
      return fault(weekdays_field, nth->column, "'#' takes the first to the fifth: 1-5");
    }
    cron.rule = DayRule::nth_of_weekday;
    cron.day = std::uint8_t(day);
    cron.nth = std::uint8_t(*number);
    return {};
  }
  if (ends_with(text, 'L') && text.find(',') == text.npos) {
    TM_TRY(const int day, read_value(weekdays_field, without_last(field)));
    cron.rule = DayRule::last_of_weekday;
    cron.day = std::uint8_t(day);
    return {};
  }
  TM_TRY(const auto values, read_values(weekdays_field, field));
  cron.rule = DayRule::weekdays;
  cron.days = std::uint32_t(bits_of(values, 1));
  return {};
}

}  // namespace

Fields split_fields(std::string_view text, std::size_t column) {
  const auto is_blank = [](char c) { return c == ' ' || c == '\t'; };
  Fields fields;
  for (const auto *at = text.begin(), *end = at; at != text.end(); at = end) {
    at = std::find_if_not(at, text.end(), is_blank);
    end = std::find_if(at, text.end(), is_blank);
    if (at != end) fields.add({{at, end}, column + std::size_t(at - text.begin())});
  }
  return fields;
}

std::expected<Cron, Fault> read_cron(const Fields& fields) {
  constexpr std::size_t count = 6;
  if (fields.size() != count) {
    return std::unexpected(Fault{
        "cron",
        1,
        fmt::format("{} fields, but it takes {}: minutes hours day-of-month month day-of-week year",
                    fields.size(), count),
        {}});
  }
  Cron cron;
  TM_TRY(const auto minutes, read_values(minutes_field, fields[0]));
  TM_TRY(const auto hours, read_values(hours_field, fields[1]));
  const bool any_day = fields[2].text == "?", any_weekday = fields[4].text == "?";
  if (any_day == any_weekday) {
    return fault(days_field, fields[2].column,
                 any_day ? "'?' stands in both day fields: one of them must say the days"
                         : "it and day-of-week both say the days: one of them must be '?'");
  }
  if (any_weekday) {
    TM_CHECK(read_day_of_month(fields[2], cron));
  }
  TM_TRY(const auto months, read_values(months_field, fields[3]));
  if (any_day) {
    TM_CHECK(read_day_of_week(fields[4], cron));
  }
  TM_TRY(cron.years, read_values(years_field, fields[5]));
  cron.minutes = bits_of(minutes, 0);
  cron.hours = std::uint32_t(bits_of(hours, 0));
  cron.months = std::uint16_t(bits_of(months, 1));
  return cron;
}

}  // namespace tidemill::calendar
