#include "pattern/fold.h"

#include <algorithm>
#include <cstdint>
#include <iterator>
#include <optional>
#include <span>
#include <vector>

#include "pattern/sized_text.h"
#include "pattern/source_text.h"

namespace tidemill::pattern {
namespace {

/// Every `step`th character from `first` to `last` maps to the one `distance` further on.
struct CaseRun {
  std::uint16_t first, last, step;
  std::int32_t distance;
};
/// A character that maps to several.
struct CaseText {
  std::uint16_t code;
  const char* text;
};
#include "pattern/case_table.inc"

std::string mapped(char32_t code, std::span<const CaseRun> runs, std::span<const CaseText> texts) {
  const auto text = std::ranges::find(texts, code, &CaseText::code);
  if (text != texts.end()) return text->text;
  // Runs may overlap (every second character each), so look at all that start before.
  auto run = std::ranges::upper_bound(runs, code, {}, &CaseRun::first);
  std::string out;
  for (int i = 0; i < 3 && run != runs.begin(); ++i) {
    --run;
    if (code <= run->last && (code - run->first) % run->step == 0) {
      append_utf8(out, static_cast<char32_t>(static_cast<std::int32_t>(code) + run->distance));
      return out;
    }
  }
  append_utf8(out, code);
  return out;
}

constexpr char ascii_mark = 'a', units_mark = 'u';

bool same_letters(std::string_view lower, std::string_view value) noexcept {
  return std::ranges::equal(lower, value, {}, {}, small);
}

/// What is left of `value` behind (in front of) the units; nullopt if they aren't there.
std::optional<std::string_view> rest_beyond(std::string_view units, std::string_view value,
                                            bool from_end) noexcept {
  const auto strip = [&](std::string_view form) {
    if (from_end ? !value.ends_with(form) : !value.starts_with(form)) return false;
    from_end ? value.remove_suffix(form.size()) : value.remove_prefix(form.size());
    return true;
  };
  while (!units.empty()) {
    const auto lower = take_sized(units);
    const auto upper = take_sized(units);
    if (!strip(lower) && (upper.empty() || !strip(upper))) return std::nullopt;
  }
  return value;
}

}  // namespace

std::vector<FoldedUnit> folded_units(std::string_view text) {
  std::vector<FoldedUnit> units;
  bool plain = false;  // Whether the last unit is a text without case, to be continued.
  for (std::size_t at = 0; at < text.size();) {
    const auto [code, length] = utf8_at(text, at);
    auto lower = std::string(text.substr(at, length));
    auto upper = lower;
    at += length;
    if (code < 0x10000) {
      lower = mapped(code, lower_runs, lower_texts);
      upper = mapped(code, upper_runs, upper_texts);
    }
    if (lower != upper) {
      units.push_back({std::move(lower), std::move(upper)});
      plain = false;
    } else if (plain) {
      units.back().lower += lower;
    } else {
      units.push_back({std::move(lower), {}});
      plain = true;
    }
  }
  return units;
}

std::string fold(std::string_view text, bool from_end) {
  auto lower = ascii_lower(text);
  if (lower.size() == text.size()) return ascii_mark + lower;
  auto units = folded_units(text);
  if (from_end) std::ranges::reverse(units);
  std::string out(1, units_mark);
  for (const auto& unit : units) {
    append_sized(out, unit.lower);
    append_sized(out, unit.upper);
  }
  return out;
}

bool folded_equals(std::string_view folded, std::string_view value) noexcept {
  const auto forms = folded.substr(1);
  if (folded[0] == ascii_mark) return same_letters(forms, value);
  const auto rest = rest_beyond(forms, value, false);
  return rest && rest->empty();
}

bool folded_starts(std::string_view folded, std::string_view value) noexcept {
  const auto forms = folded.substr(1);
  if (folded[0] == ascii_mark) return same_letters(forms, value.substr(0, forms.size()));
  return rest_beyond(forms, value, false).has_value();
}

bool folded_ends(std::string_view folded, std::string_view value) noexcept {
  const auto forms = folded.substr(1);
  if (folded[0] == ascii_mark) {
    const auto tail = value.size() - std::min(value.size(), forms.size());
    return same_letters(forms, value.substr(tail));
  }
  return rest_beyond(forms, value, true).has_value();
}

std::string ascii_lower(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (static_cast<unsigned char>(c) >= 0x80) return {};
    out += small(c);
  }
  return out;
}

}  // namespace tidemill::pattern
