#include "metrics/statistic.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

namespace tidemill::metrics {
namespace {

using Kind = Statistic::Kind;

constexpr std::array<std::pair<std::string_view, Kind>, 5> basic = {
    {{"SampleCount", Kind::sample_count},
     {"Sum", Kind::sum},
     {"Average", Kind::average},
     {"Minimum", Kind::minimum},
     {"Maximum", Kind::maximum}}};

/// In the short form ("tm90") by a small name, with brackets ("TM(10%:90%)") by a large one.
struct Extended {
  std::string_view small, large;
  Kind kind;
};
constexpr std::array<Extended, 6> extended = {{{"p", "", Kind::percentile},
                                               {"tm", "TM", Kind::trimmed_mean},
                                               {"wm", "WM", Kind::winsorized_mean},
                                               {"tc", "TC", Kind::trimmed_count},
                                               {"ts", "TS", Kind::trimmed_sum},
                                               {"", "PR", Kind::percentile_rank}}};

/// Decimal digits with at most ten after a point: no sign, no exponent.
std::optional<double> read_number(std::string_view text) {
  constexpr std::size_t places_max = 10;
  if (text.empty() || text.find_first_not_of("0123456789.") != text.npos) return std::nullopt;
  if (text.find('.') != text.npos && text.size() - text.find('.') - 1 > places_max) {
    return std::nullopt;
  }
  double number = 0;
  const auto* end = text.data() + text.size();
  const auto read = std::from_chars(text.data(), end, number, std::chars_format::fixed);
  if (read.ec != std::errc() || read.ptr != end) return std::nullopt;
  return number;
}

/// "90": all values up to that rank.
std::optional<Statistic> read_short(Kind kind, std::string_view digits) {
  const auto rank = read_number(digits);
  if (!rank || *rank > 100) return std::nullopt;
  return Statistic{.kind = kind, .by_percent = true, .low = {}, .high = rank};
}

/// "10%:90%", "150:", ":90%": one side may be left out.
std::optional<Statistic> read_range(Kind kind, std::string_view text) {
  Statistic statistic{.kind = kind, .by_percent = text.ends_with('%') || text.contains("%:")};
  const auto colon = text.find(':');
  if (colon == text.npos || text == ":") return std::nullopt;
  const auto read = [&](std::string_view side, std::optional<double>& into) {
    if (side.empty()) return true;
    if (statistic.by_percent) {
      if (!side.ends_with('%')) return false;
      side.remove_suffix(1);
    }
    into = read_number(side);
    return into && (!statistic.by_percent || *into <= 100);
  };
  if (!read(text.substr(0, colon), statistic.low)) return std::nullopt;
  if (!read(text.substr(colon + 1), statistic.high)) return std::nullopt;
  if (statistic.low && statistic.high && *statistic.low >= *statistic.high) return std::nullopt;
  if (kind == Kind::percentile_rank && statistic.by_percent) return std::nullopt;
  return statistic;
}

/// What a statistic looks at, and what lies on both sides of it.
struct Share {
  double below = 0, count = 0, above = 0;
  double sum = 0;
  double least = 0, most = 0;  ///< Of what it looks at.
};

/// The rank that `percent` of `count` values reach; what a double is off by doesn't count.
double rank_above(double percent, double count) {
  return std::ceil(percent * count / 100 * (1 - 1e-12));
}
double rank_below(double percent, double count) {
  return std::floor(percent * count / 100 * (1 + 1e-12));
}

Share share_by_rank(const Statistic& statistic, const std::vector<Weighted>& samples,
                    double count) {
  Share share;
  const double from = rank_below(statistic.low.value_or(0), count);
  const double until = rank_above(statistic.high.value_or(100), count);
  double before = 0;
  for (const auto& [value, all] : samples) {
    const double taken = std::min(before + all, until) - std::max(before, from);
    before += all;
    if (taken <= 0) continue;
    if (share.count == 0) share.least = value;
    share.most = value;
    share.count += taken;
    share.sum += taken * value;
  }
  share.below = from;
  share.above = count - from - share.count;
  return share;
}

Share share_by_value(const Statistic& statistic, const std::vector<Weighted>& samples) {
  Share share;
  for (const auto& [value, all] : samples) {
    if (statistic.low && value <= *statistic.low) {
      share.below += all;
    } else if (statistic.high && value > *statistic.high) {
      share.above += all;
    } else {
      share.count += all;
      share.sum += all * value;
    }
  }
  // What lies outside counts as the side itself.
  share.least = statistic.low.value_or(0);
  share.most = statistic.high.value_or(0);
  return share;
}

/// The first value whose rank reaches `percent` of all.
double percentile(double percent, const std::vector<Weighted>& samples, double count) {
  const double rank = rank_above(percent, count);
  double before = 0;
  for (const auto& [value, all] : samples) {
    before += all;
    if (before >= rank) return value;
  }
  return samples.back().value;
}

}  // namespace

std::optional<Statistic> Statistic::parse(std::string_view name) {
  for (const auto& [known, kind] : basic) {
    if (name == known) return Statistic{.kind = kind};
  }
  if (name == "IQM") return Statistic{Kind::trimmed_mean, true, 25, 75};
  const auto open = name.find('(');
  for (const auto& [small, large, kind] : extended) {
    if (open != name.npos) {
      if (large.empty() || name.substr(0, open) != large || !name.ends_with(')')) continue;
      return read_range(kind, name.substr(open + 1, name.size() - open - 2));
    }
    const auto digits = name.find_first_of("0123456789.");
    if (digits == 0 || digits == name.npos || name.substr(0, digits) != small) continue;
    return read_short(kind, name.substr(digits));
  }
  return std::nullopt;
}

double Statistic::samples_needed() const {
  if (kind != Kind::percentile || *high <= 0 || *high >= 100) return 0;
  return 1000 / (*high < 50 ? *high : 100 - *high);
}

std::optional<double> Statistic::of(const Aggregate& aggregate) const {
  const auto count = aggregate.count;
  switch (kind) {
    case Kind::sample_count: return count;
    case Kind::sum: return aggregate.sum;
    case Kind::average: return count > 0 ? aggregate.sum / count : 0;
    case Kind::minimum: return aggregate.least;
    case Kind::maximum: return aggregate.most;
    default: break;
  }
  if (!aggregate.is_spread_known()) return std::nullopt;
  if (kind == Kind::percentile && *high == 0) return aggregate.least;
  if (kind == Kind::percentile && *high == 100) return aggregate.most;
  const auto samples = aggregate.values();
  if (kind == Kind::percentile) return percentile(*high, samples, count);
  const auto share =
      by_percent ? share_by_rank(*this, samples, count) : share_by_value(*this, samples);
  const bool is_empty = share.count == 0;
  switch (kind) {
    case Kind::trimmed_count: return share.count;
    case Kind::trimmed_sum: return share.sum;
    case Kind::percentile_rank: return 100 * share.count / count;
    case Kind::winsorized_mean:
      if (is_empty && by_percent) return std::nullopt;
      return (share.sum + share.below * share.least + share.above * share.most) / count;
    default: break;
  }
  if (is_empty) return std::nullopt;
  return share.sum / share.count;
}

}  // namespace tidemill::metrics
