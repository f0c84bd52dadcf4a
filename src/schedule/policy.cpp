#include "schedule/policy.h"

#include <charconv>

#include <fmt/format.h>

namespace tidemill::schedule {
namespace {

constexpr std::int64_t hour_ms = 3'600'000, day_ms = 24 * hour_ms;

constexpr std::array<std::pair<std::string_view, Overlap>, 5> overlaps = {
    {{"allow", Overlap::allow},
     {"skip", Overlap::skip},
     {"buffer-one", Overlap::buffer_one},
     {"buffer-all", Overlap::buffer_all},
     {"cancel-other", Overlap::cancel_other}}};

std::optional<std::int64_t> whole(std::string_view text) {
  std::int64_t number = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), number);
  if (read.ec != std::errc() || read.ptr != text.data() + text.size() || number < 0) return {};
  return number;
}

/// "90s", "15m", "6h", "7d".
std::optional<std::int64_t> duration(std::string_view text) {
  constexpr std::int64_t number_max = 100'000;
  if (text.empty()) return std::nullopt;
  const auto number = whole(text.substr(0, text.size() - 1));
  if (!number || *number > number_max) return std::nullopt;
  switch (text.back()) {
    case 's': return *number * 1000;
    case 'm': return *number * 60'000;
    case 'h': return *number * hour_ms;
    case 'd': return *number * day_ms;
    default: return std::nullopt;
  }
}

bool read_catchup(Policy& policy, std::string_view value) {
  if (value == "once" || value == "skip") {
    policy.catchup = value == "once" ? Catchup::once : Catchup::skip;
    return true;
  }
  if (!value.starts_with("all:")) return false;
  const auto most = whole(value.substr(4));
  if (!most || *most < 1 || *most > Policy::catchup_max_limit) return false;
  policy.catchup = Catchup::all;
  policy.catchup_max = int(*most);
  return true;
}

bool read_window(Policy& policy, std::string_view value) {
  const auto window = duration(value);
  if (!window || *window < hour_ms || *window > 365 * day_ms) return false;
  policy.window_ms = *window;
  return true;
}

bool read_overlap(Policy& policy, std::string_view value) {
  const auto* found = std::ranges::find(overlaps, value, [](const auto& o) { return o.first; });
  if (found == overlaps.end()) return false;
  policy.overlap = found->second;
  return true;
}

bool read_dst(Policy& policy, std::string_view value) {
  policy.dst = {.run_after_gap = value.starts_with("run-after-gap"),
                .both_in_fold = value.ends_with("both")};
  return value == "aws" || value == "run-after-gap" || value == "both" ||
         value == "run-after-gap+both";
}

bool read_spread(Policy& policy, std::string_view value) {
  const auto spread = duration(value);
  if (!spread || *spread > day_ms) return false;
  policy.spread_ms = *spread;
  return true;
}

struct Setting {
  std::string_view name;
  bool (*read)(Policy&, std::string_view);
  std::string_view values;
};
constexpr std::array settings = {
    Setting{"catchup", read_catchup, "once, skip or all:N with N of 1 to 10000"},
    Setting{"catchup-window", read_window, "1h to 365d"},
    Setting{"overlap", read_overlap, "allow, skip, buffer-one, buffer-all or cancel-other"},
    Setting{"dst", read_dst, "aws, run-after-gap, both or run-after-gap+both"},
    Setting{"spread", read_spread, "0s to 1d"}};

Error refusal(std::string_view key, std::string_view value, std::string_view reason) {
  return {
      .code = Errc::invalid_argument,
      .message = fmt::format("Tag {} with value {} is not valid. Reason: {}.", key, value, reason),
      .name = "ValidationException"};
}

std::string_view dst_text(const calendar::DstRules& dst) {
  if (dst.run_after_gap) return dst.both_in_fold ? "run-after-gap+both" : "run-after-gap";
  return dst.both_in_fold ? "both" : "aws";
}

}  // namespace

std::string Policy::text() const {
  std::string out;
  const auto add = [&](std::string_view name, std::string_view value) {
    if (!out.empty()) out += ';';
    out.append(name).append("=").append(value);
  };
  if (catchup == Catchup::skip) add("catchup", "skip");
  if (catchup == Catchup::all) add("catchup", fmt::format("all:{}", catchup_max));
  if (window_ms != 0) add("catchup-window", fmt::format("{}s", window_ms / 1000));
  if (overlap != Overlap::allow) {
    add("overlap",
        std::ranges::find(overlaps, overlap, [](const auto& o) { return o.second; })->first);
  }
  if (dst != calendar::DstRules()) add("dst", dst_text(dst));
  if (spread_ms != 0) add("spread", fmt::format("{}s", spread_ms / 1000));
  return out;
}

Policy Policy::parse(std::string_view text) {
  Policy policy;
  while (!text.empty()) {
    const auto end = std::min(text.find(';'), text.size());
    const auto word = text.substr(0, end);
    text.remove_prefix(std::min(text.size(), end + 1));
    const auto equals = std::min(word.find('='), word.size());
    const auto* setting = std::ranges::find(settings, word.substr(0, equals), &Setting::name);
    TM_ASSERT(setting != settings.end() && equals < word.size());
    setting->read(policy, word.substr(equals + 1));
  }
  return policy;
}

Result<Policy> policy_of(const Tags& tags) {
  Policy policy;
  for (const auto& [key, value] : tags) {
    if (!key.starts_with(tag_prefix)) continue;
    const auto name = std::string_view(key).substr(tag_prefix.size());
    const auto* setting = std::ranges::find(settings, name, &Setting::name);
    if (setting == settings.end()) {
      std::string names;
      for (const auto& s : settings) names += (names.empty() ? "" : ", ") + std::string(s.name);
      return std::unexpected(
          refusal(key, value, fmt::format("Behind {} there can be {}", tag_prefix, names)));
    }
    if (!setting->read(policy, value)) {
      return std::unexpected(refusal(key, value, fmt::format("It takes {}", setting->values)));
    }
  }
  return policy;
}

std::int64_t place_in_spread(std::string_view name, std::int64_t spread_ms) noexcept {
  const auto seconds = std::uint64_t(spread_ms / 1000);
  if (seconds == 0) return 0;
  std::uint64_t hash = 14'695'981'039'346'656'037U;  // FNV-1a: the same on every machine.
  for (const char c : name) hash = (hash ^ std::uint8_t(c)) * 1'099'511'628'211U;
  hash ^= hash >> 32;
  return std::int64_t(hash % seconds) * 1000;
}

}  // namespace tidemill::schedule
