#include "pattern/fold.h"

#include <algorithm>
#include <cstdint>
#include <iterator>
#include <span>

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

}  // namespace

Folded::Folded(std::string_view text) {
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
      units_.push_back({std::move(lower), std::move(upper)});
      plain = false;
    } else if (plain) {
      units_.back().lower += lower;
    } else {
      units_.push_back({std::move(lower), {}});
      plain = true;
    }
  }
}

std::optional<std::string_view> Folded::rest_after(std::string_view value) const noexcept {
  for (const auto& [lower, upper] : units_) {
    if (value.starts_with(lower)) {
      value.remove_prefix(lower.size());
    } else if (!upper.empty() && value.starts_with(upper)) {
      value.remove_prefix(upper.size());
    } else {
      return std::nullopt;
    }
  }
  return value;
}

bool Folded::equals(std::string_view value) const noexcept {
  const auto rest = rest_after(value);
  return rest && rest->empty();
}

bool Folded::starts(std::string_view value) const noexcept { return rest_after(value).has_value(); }

bool Folded::ends(std::string_view value) const noexcept {
  for (auto unit = units_.rbegin(); unit != units_.rend(); ++unit) {
    if (value.ends_with(unit->lower)) {
      value.remove_suffix(unit->lower.size());
    } else if (!unit->upper.empty() && value.ends_with(unit->upper)) {
      value.remove_suffix(unit->upper.size());
    } else {
      return false;
    }
  }
  return true;
}

}  // namespace tidemill::pattern
