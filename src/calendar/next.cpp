#include "calendar/next.h"

namespace tidemill::calendar {
namespace {

using Seconds = std::int64_t;

constexpr Seconds floor_div(Seconds a, Seconds b) noexcept { return a / b - (a % b < 0 ? 1 : 0); }

/// The first second of the wall clock at or after `from` that the expression names.
std::optional<Seconds> first_wall(const Cron& cron, Seconds from) noexcept {
  const auto minute = cron.first_from(std::max<Seconds>(0, -floor_div(-from, 60)));
  return minute ? std::optional(*minute * 60) : std::nullopt;
}

std::optional<Seconds> first_wall(const At& at, Seconds from) noexcept {
  return at.wall_seconds >= from ? std::optional(at.wall_seconds) : std::nullopt;
}

/// Walks the zone's spans: within one, wall clock and UTC differ by a constant.
template <class Named>
class Walk {
 public:
  Walk(const Named& named, const Timing& timing, std::vector<Skipped>* skipped)
      : named_(named), rules_(timing.dst), spans_(timing.zone->spans()), skipped_(skipped) {}

  std::optional<Seconds> from(std::size_t index, Seconds utc) {
    const auto* span = &spans_[index];
    Seconds wall = utc + span->offset;
    std::optional<Seconds> found;
    for (;; ++index, span = &spans_[index]) {
      if (index > 0 && !rules_.both_in_fold) {
        // Up to there the clock shows again what it has shown before.
        const auto shown = span->begin + spans_[index - 1].offset;
        if (skipped_ != nullptr) note(wall, shown, span->offset, Skipped::Why::fold);
        wall = std::max(wall, shown);
      }
      if (!found || *found < wall) found = first_wall(named_, wall);
      const bool last = index + 1 == spans_.size();
      if (found && (last || *found - span->offset < span->end)) return *found - span->offset;
      if (last) return std::nullopt;
      const auto gap_begin = span->end + span->offset;
      wall = span->end + spans_[index + 1].offset;
      if (found && *found < wall) {
        if (rules_.run_after_gap) return span->end;
        if (skipped_ != nullptr) note(gap_begin, wall, span->offset, Skipped::Why::gap);
      }
      const bool shows_again = rules_.both_in_fold && wall < gap_begin;
      if (!found && !shows_again) return std::nullopt;
      if (shows_again) found.reset();
    }
  }

 private:
  void note(Seconds begin, Seconds end, Seconds offset, Skipped::Why why) {
    auto wall = begin < end ? first_wall(named_, begin) : std::nullopt;
    for (; wall && *wall < end; wall = first_wall(named_, *wall + 1)) {
      skipped_->push_back({{(*wall - offset) * 1000}, why});
    }
  }

  const Named& named_;
  const DstRules rules_;
  const std::vector<Zone::Span>& spans_;
  std::vector<Skipped>* const skipped_;
};

template <class Named>
std::optional<TimeMs> by_the_wall(const Named& named, const Timing& timing, TimeMs after,
                                  std::vector<Skipped>* skipped) {
  const auto utc = floor_div(after.ms, 1000) + 1;
  const auto index = timing.zone->index_at(utc);
  const auto found = Walk(named, timing, skipped).from(index, utc);
  return found ? std::optional(TimeMs{*found * 1000}) : std::nullopt;
}

TimeMs next_of_rate(const Rate& rate, TimeMs first, TimeMs after) {
  if (after < first) return first;
  return {first.ms + ((after.ms - first.ms) / rate.period_ms + 1) * rate.period_ms};
}

}  // namespace

std::optional<TimeMs> next_fire(const Timing& timing, TimeMs after, std::vector<Skipped>* skipped) {
  if (const auto* at = std::get_if<At>(&timing.expression)) {
    return by_the_wall(*at, timing, after, skipped);  // AWS: the dates don't bound a one-time one.
  }
  std::optional<TimeMs> next;
  if (const auto* rate = std::get_if<Rate>(&timing.expression)) {
    next = next_of_rate(*rate, timing.start.value_or(timing.base), after);
  } else {
    const auto from = timing.start ? std::max(after, TimeMs{timing.start->ms - 1}) : after;
    next = by_the_wall(std::get<Cron>(timing.expression), timing, from, skipped);
  }
  return next && timing.end && *timing.end < *next ? std::nullopt : next;
}

}  // namespace tidemill::calendar
