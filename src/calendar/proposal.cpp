#include "calendar/proposal.h"

#include <charconv>
#include <vector>

#include <fmt/format.h>

#include "base/encoding.h"
#include "calendar/cron_fields.h"

namespace tidemill::calendar {
namespace {

using Words = std::vector<std::string>;

constexpr std::size_t day = 2, month = 3, weekday = 4, year = 5;

std::string joined(const Words& words) {
  std::string text;
  for (const auto& word : words) text += (text.empty() ? "" : " ") + word;
  return text;
}

/// "MONDAY-FRIDAY" to "MON-FRI": every word is cut to its first three letters.
std::string short_names(std::string_view field) {
  std::string out;
  std::size_t letters = 0;
  for (const char c : field) {
    const bool letter = (c | 32) >= 'a' && (c | 32) <= 'z';
    letters = letter ? letters + 1 : 0;
    if (letters > 3) continue;
    out += letter ? char(c & ~32) : c;
  }
  return out;
}

/// Unix counts the days of the week from 0 (SUN), AWS from 1.
std::string unix_weekdays(std::string_view field) {
  std::string out;
  for (const char c : field) {
    const bool counted = c >= '0' && c <= '7' && (out.empty() || out.back() != '/');
    out += counted ? char('1' + (c - '0') % 7) : c;
  }
  return out;
}

/// Exactly one of the two day fields is to be '?': the one that says nothing.
void settle_days(Words& fields) {
  if (fields[day] == "?" && fields[weekday] == "?") fields[day] = "*";
  if (fields[day] == "?" || fields[weekday] == "?") return;
  fields[fields[weekday] == "*" || fields[day] != "*" ? weekday : day] = "?";
}

std::string mended_cron(std::string_view inner) {
  Words fields;
  for (const auto& field : split_fields(inner, 1)) {
    auto word = std::string(field.text);
    while (!word.empty() && word.back() == ',') word.pop_back();
    fields.push_back(std::move(word));
  }
  if (fields.size() == 7) fields.erase(fields.begin());  // Quartz begins with the seconds.
  if (fields.size() == 5) {
    fields[weekday] = unix_weekdays(fields[weekday]);
    fields.emplace_back("*");
  }
  if (fields.size() != 6) return {};
  if (fields[0] == "*/60") fields[0] = "0";
  if (fields[1] == "*/24") fields[1] = "0";
  if (fields[weekday] == "0") fields[weekday] = "1";
  fields[month] = short_names(fields[month]);
  if (fields[weekday] != "?" && fields[weekday].size() > 3) {
    fields[weekday] = short_names(fields[weekday]);
  }
  if (fields[year] == "?") fields[year] = "*";
  settle_days(fields);
  return fmt::format("cron({})", joined(fields));
}

std::string mended_rate(std::string_view inner) {
  const auto words = split_fields(inner, 1);
  std::int64_t value = 1;
  std::string_view unit = inner;
  if (words.size() == 2) {
    const auto& digits = words[0].text;
    if (std::from_chars(digits.data(), digits.data() + digits.size(), value).ec != std::errc()) {
      return {};
    }
    unit = words[1].text;
  }
  auto stem = to_lower(unit);
  while (stem.ends_with('s')) stem.pop_back();
  if (stem == "second" && value % 60 == 0) value /= 60, stem = "minute";
  if (stem == "week") value *= 7, stem = "day";
  if (value < 1) return {};
  return fmt::format("rate({} {}{})", value, stem, value == 1 ? "" : "s");
}

std::string mended_at(std::string_view inner) {
  constexpr std::size_t date_size = 10, time_size = 19;
  auto text = std::string(trim(inner));
  if (text.size() == date_size) text += "T00:00:00";
  if (text.size() > date_size && text[date_size] == ' ') text[date_size] = 'T';
  if (text.size() == time_size - 3) text += ":00";
  return fmt::format("at({})", text.substr(0, time_size));
}

}  // namespace

std::string propose(std::string_view text, Dialect dialect) {
  auto body = trim(text);
  const auto open = body.find('(');
  auto form = open == body.npos ? std::string() : to_lower(trim(body.substr(0, open)));
  if (open != body.npos) body.remove_prefix(open + 1);
  if (body.ends_with(')')) body.remove_suffix(1);
  if (form.empty()) form = split_fields(body, 1).size() > 3 ? "cron" : "rate";
  auto mended = form == "cron"   ? mended_cron(body)
                : form == "rate" ? mended_rate(body)
                : form == "at"   ? mended_at(body)
                                 : std::string();
  if (mended == text || !read_expression(mended, dialect)) return {};
  return mended;
}

}  // namespace tidemill::calendar
