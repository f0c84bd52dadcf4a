#include "schedule/decide.h"

#include <deque>

namespace tidemill::schedule {
namespace {

constexpr std::int64_t hour_ms = 3'600'000, day_ms = 24 * hour_ms;
constexpr int buffered_max = 1000;

constexpr std::array<std::string_view, 6> fates = {"fired",   "late",      "buffered",
                                                   "skipped", "coalesced", "dropped"};

/// The latest instants, and how many there were before them.
struct Due {
  std::deque<TimeMs> latest;
  std::vector<calendar::Skipped> by_the_clock;
  std::int64_t earlier = 0;
  std::optional<TimeMs> next;
};

Due due_between(const calendar::Timing& timing, TimeMs after, TimeMs until, std::size_t most) {
  Due due;
  std::vector<calendar::Skipped> skipped;
  due.next = after;
  while ((due.next = calendar::next_fire(timing, *due.next, &skipped)) && *due.next <= until) {
    due.latest.push_back(*due.next);
    if (due.latest.size() > most) {
      due.latest.pop_front();
      ++due.earlier;
    }
    if (skipped.size() > 2 * told_max) skipped.erase(skipped.begin(), skipped.end() - told_max);
  }
  // What is left out on the way to the next instant is told when that is decided, but for a
  // schedule that has none.
  const auto last = due.latest.empty() ? after : due.latest.back();
  std::erase_if(skipped, [&](const auto& s) { return due.next ? last < s.at : until < s.at; });
  if (skipped.size() > told_max) skipped.erase(skipped.begin(), skipped.end() - told_max);
  due.by_the_clock = std::move(skipped);
  return due;
}

/// Adds the verdict on instants that don't run: the latest have rows, the others a number.
void add_idle(std::vector<Verdict>& verdicts, std::span<const TimeMs> instants,
              std::int64_t earlier, const Verdict& model) {
  const auto told = std::min(instants.size(), told_max);
  const auto untold = std::int64_t(instants.size() - told) + earlier;
  for (std::size_t i = instants.size() - told; i < instants.size(); ++i) {
    auto verdict = model;
    verdict.planned = instants[i];
    verdict.others = i == instants.size() - told ? untold : 0;
    verdicts.push_back(std::move(verdict));
  }
}

void add_clock(std::vector<Verdict>& verdicts, const std::vector<calendar::Skipped>& skipped) {
  for (const auto& s : skipped) {
    // The instant that the old time would have had belongs to another wall time now: 02:15, left
    // out, and 03:15. So it is told a millisecond beside it.
    const bool gap = s.why == calendar::Skipped::Why::gap;
    verdicts.push_back({.planned = {s.at.ms + (gap ? 1 : 0)},
                        .fate = Fate::skipped,
                        .reason = gap ? "the clock jumped over it" : "the clock showed it again"});
  }
}

/// How many of the missed ones at the end of the list run, and what becomes of the others.
struct Plan {
  std::size_t run = 0;
  Verdict rest;
};

Plan plan_of(const Policy& policy) {
  switch (policy.catchup) {
    case Catchup::skip:
      return {0, {.fate = Fate::skipped, .reason = "missed, and it catches nothing up"}};
    case Catchup::all:
      return {std::size_t(policy.catchup_max),
              {.fate = Fate::dropped, .reason = "missed, and more than are caught up"}};
    case Catchup::once: break;
  }
  return {1, {.fate = Fate::coalesced, .reason = "missed, and made into a later one"}};
}

void judge(std::vector<Verdict>& verdicts, const Policy& policy, const Due& due, TimeMs now) {
  const std::vector<TimeMs> all(due.latest.begin(), due.latest.end());
  const auto first_on_time = std::ranges::lower_bound(all, TimeMs{now.ms - late_after_ms});
  std::span<const TimeMs> missed(all.begin(), first_on_time), on_time(first_on_time, all.end());
  auto earlier = due.earlier;
  if (policy.window_ms > 0) {
    const TimeMs oldest{now.ms - policy.window_ms};
    const auto too_old = std::size_t(std::ranges::lower_bound(missed, oldest) - missed.begin());
    if (too_old > 0) {
      add_idle(verdicts, missed.first(too_old), earlier,
               {.fate = Fate::dropped, .reason = "missed, and older than the catch-up window"});
      earlier = 0;
    }
    missed = missed.subspan(too_old);
  }
  auto plan = plan_of(policy);
  // One that is due right now is the one into which the missed are made.
  if (policy.catchup == Catchup::once && !on_time.empty()) plan.run = 0;
  const auto run = std::min(plan.run, missed.size());
  add_idle(verdicts, missed.first(missed.size() - run), earlier, plan.rest);
  for (const auto at : missed.last(run)) verdicts.push_back({.planned = at, .fate = Fate::late});
  for (const auto at : on_time) verdicts.push_back({.planned = at});
}

}  // namespace

std::string_view text(Fate fate) noexcept { return fates[std::size_t(fate)]; }

Fate parse_fate(std::string_view text) noexcept {
  const auto* found = std::ranges::find(fates, text);
  TM_ASSERT(found != fates.end());
  return Fate(found - fates.begin());
}

Decision decide(const calendar::Timing& timing, const Policy& policy, TimeMs decided, TimeMs now) {
  const auto most = std::max(told_max + 1, std::size_t(policy.catchup_max) + told_max);
  const auto due = due_between(timing, decided, now, most);
  Decision decision{.verdicts = {}, .decided = decided, .next = due.next};
  add_clock(decision.verdicts, due.by_the_clock);
  if (!due.latest.empty()) {
    judge(decision.verdicts, policy, due, now);
    decision.decided = due.latest.back();
  }
  std::ranges::sort(decision.verdicts, {}, &Verdict::planned);
  return decision;
}

Decision decide_disabled(const calendar::Timing& timing, TimeMs decided, TimeMs now) {
  const auto due = due_between(timing, decided, now, told_max);
  Decision decision{.verdicts = {}, .decided = std::max(decided, now), .next = due.next};
  const std::vector<TimeMs> all(due.latest.begin(), due.latest.end());
  add_idle(decision.verdicts, all, due.earlier,
           {.fate = Fate::skipped, .reason = "it was disabled"});
  return decision;
}

Step beside_others(Overlap overlap, bool is_busy, int buffered) noexcept {
  if (!is_busy && buffered == 0) return Step::run;
  switch (overlap) {
    case Overlap::allow: return Step::run;
    case Overlap::skip: return Step::skip;
    case Overlap::buffer_one: return buffered == 0 ? Step::buffer : Step::skip;
    case Overlap::buffer_all: return buffered < buffered_max ? Step::buffer : Step::skip;
    case Overlap::cancel_other: return Step::cancel_and_run;
  }
  return Step::run;
}

std::int64_t history_ms(std::int64_t gap_ms) noexcept {
  return gap_ms < hour_ms ? 30 * day_ms : 400 * day_ms;
}

}  // namespace tidemill::schedule
