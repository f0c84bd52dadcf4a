#include "calendar/expression.h"

#include <charconv>

#include <fmt/format.h>

#include "base/time.h"
#include "calendar/cron_fields.h"
#include "calendar/proposal.h"

namespace tidemill::calendar {
namespace {

using Read = std::expected<Expression, Fault>;

constexpr std::size_t expression_bytes_max = 256;
constexpr int trigger_minutes_min = 5;

std::unexpected<Fault> fault(std::string_view field, std::size_t column, std::string reason) {
  return std::unexpected(Fault{std::string(field), column, std::move(reason), {}});
}

struct Unit {
  std::string_view one, many;
  std::int64_t ms;
};
constexpr std::array<Unit, 3> units = {
    {{"minute", "minutes", 60'000}, {"hour", "hours", 3'600'000}, {"day", "days", 86'400'000}}};

/// `value unit`, one blank between them.
Read read_rate(std::string_view text, std::size_t column, Dialect dialect) {
  const auto blank = text.find(' ');
  std::int64_t value = 0;
  const auto digits = text.substr(0, blank);
  const auto read = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  if (read.ec != std::errc() || read.ptr != digits.data() + digits.size() || value < 1) {
    return fault("rate", column, "it begins with a whole number above 0, right after the bracket");
  }
  constexpr std::int64_t value_max = 1'000'000'000;
  if (value > value_max) return fault("rate", column, "the number is too large");
  const auto word = blank == text.npos ? std::string_view() : text.substr(blank + 1);
  for (const auto& unit : units) {
    if (word != unit.one && word != unit.many) continue;
    if (dialect == Dialect::rule && (word == unit.one) != (value == 1)) {
      return fault("rate", column + blank + 1,
                   value == 1 ? "1 takes the singular" : "more than 1 takes the plural");
    }
    return Rate{value * unit.ms};
  }
  return fault("rate", blank == text.npos ? column + text.size() : column + blank + 1,
               "the unit is one of minute, minutes, hour, hours, day, days, after one blank");
}

/// yyyy-mm-ddThh:mm:ss, without a zone.
Read read_at(std::string_view text, std::size_t column) {
  constexpr std::string_view form = "0000-00-00T00:00:00";
  const auto digit = [](char c) { return c >= '0' && c <= '9'; };
  bool fits = text.size() == form.size();
  for (std::size_t i = 0; fits && i < form.size(); ++i) {
    fits = form[i] == '0' ? digit(text[i]) : text[i] == form[i];
  }
  const auto time = fits ? parse_iso(std::string(text) + "Z") : std::nullopt;
  if (!time) {
    return fault("at", column, "it takes a date and time as yyyy-mm-ddThh:mm:ss, without a zone");
  }
  return At{time->ms / 1000};
}

/// Two of the minutes at which it fires are never nearer to each other than that, within a day or
/// over midnight.
int closest_minutes(const Cron& cron) {
  int closest = int(minutes_per_day), last = -1, first = -1;
  for (int minute = 0; minute < minutes_per_day; ++minute) {
    if ((cron.hours >> (minute / 60) & 1) == 0 || (cron.minutes >> (minute % 60) & 1) == 0)
      continue;
    if (first < 0) first = minute;
    if (last >= 0) closest = std::min(closest, minute - last);
    last = minute;
  }
  return std::min(closest, first + int(minutes_per_day) - last);
}

Read read_form(std::string_view text, Dialect dialect) {
  const auto open = text.find('(');
  const auto form = text.substr(0, open);
  const bool known = form == "cron" || (form == "rate" && dialect != Dialect::trigger) ||
                     (form == "at" && dialect == Dialect::scheduler);
  if (open == text.npos || !known) {
    return fault("expression", 1,
                 dialect == Dialect::rule        ? "it must be cron(…) or rate(…)"
                 : dialect == Dialect::scheduler ? "it must be cron(…), rate(…) or at(…)"
                                                 : "it must be cron(…)");
  }
  if (text.back() != ')') return fault(form, text.size(), "its closing bracket is missing");
  const auto inner = text.substr(open + 1, text.size() - open - 2);
  const auto column = open + 2;
  if (form == "rate") return read_rate(inner, column, dialect);
  if (form == "at") return read_at(inner, column);
  TM_TRY(const auto cron, read_cron(split_fields(inner, column)));
  if (dialect == Dialect::trigger && closest_minutes(cron) < trigger_minutes_min) {
    return fault("minutes", column, "a trigger fires at most every five minutes");
  }
  return cron;
}

Error refusal(std::string_view text, Dialect dialect) {
  switch (dialect) {
    case Dialect::rule:
      return {.code = Errc::invalid_argument,
              .message = "Parameter ScheduleExpression is not valid.",
              .name = "ValidationException"};
    case Dialect::scheduler:
      return {.code = Errc::invalid_argument,
              .message = fmt::format("Invalid Schedule Expression {}.", text),
              .name = "ValidationException"};
    case Dialect::trigger: break;
  }
  return {.code = Errc::invalid_argument,
          .message = fmt::format("Invalid schedule expression: {}", text),
          .name = "InvalidInputException"};
}

}  // namespace

std::string Fault::text() const {
  auto out = fmt::format("{}, column {}: {}", field, column, reason);
  if (!proposal.empty()) out += ". Perhaps: " + proposal;
  return out;
}

std::expected<Expression, Fault> read_expression(std::string_view text, Dialect dialect) {
  if (text.size() > expression_bytes_max) {
    return fault("expression", expression_bytes_max + 1, "it is longer than 256 characters");
  }
  return read_form(text, dialect);
}

Result<Expression> parse_expression(std::string_view text, Dialect dialect) {
  auto read = read_expression(text, dialect);
  if (read) return *std::move(read);
  read.error().proposal = propose(text, dialect);
  auto error = refusal(text, dialect);
  error.hint = read.error().text();
  return std::unexpected(std::move(error));
}

}  // namespace tidemill::calendar
