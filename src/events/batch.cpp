#include "events/batch.h"

#include <algorithm>

namespace tidemill::events {
namespace {

void take(BatchState& state, const BatchEvent& event, TimeMs now) {
  using Kind = BatchEvent::Kind;
  const bool is_member = event.kind != Kind::list && event.kind != Kind::time;
  if (is_member) {
    if (++state.members == 1) state.opened = now;
    state.last = now;
  }
  if (event.kind == Kind::marker) state.is_marked = true;
  if (event.kind == Kind::list) state.missing = event.missing;
  if (event.kind != Kind::file) return;
  ++state.files;
  if (event.is_listed && state.missing) --*state.missing;
}

/// The instant at which time closes it, and by which of the two.
std::optional<std::pair<TimeMs, BatchEnd>> time_limit(const BatchPlan& plan,
                                                      const BatchState& state) {
  std::optional<std::pair<TimeMs, BatchEnd>> first;
  const auto consider = [&first](std::int64_t at, BatchEnd end) {
    if (!first || at < first->first.ms) first = {TimeMs{at}, end};
  };
  if (plan.window_ms) consider(state.opened.ms + *plan.window_ms, BatchEnd::window);
  if (plan.quiet_ms) consider(state.last.ms + *plan.quiet_ms, BatchEnd::quiet);
  return first;
}

}  // namespace

std::string_view text(BatchEnd end) noexcept {
  switch (end) {
    case BatchEnd::marker: return "marker";
    case BatchEnd::manifest: return "manifest";
    case BatchEnd::count: return "count";
    case BatchEnd::full: return "full";
    case BatchEnd::window: return "window";
    case BatchEnd::quiet: return "quiet";
    case BatchEnd::asked: return "asked";
    case BatchEnd::crowded: return "crowded";
  }
  return "";
}

BatchStep advance(const BatchPlan& plan, BatchState state, const BatchEvent& event, TimeMs now) {
  take(state, event, now);
  BatchStep step{.state = state, .end = {}, .due = {}};
  if (state.is_marked) {
    step.end = BatchEnd::marker;
  } else if (state.missing && *state.missing <= 0) {
    step.end = BatchEnd::manifest;
  } else if (plan.count && state.files >= *plan.count) {
    step.end = BatchEnd::count;
  } else if (state.members >= batch_members_max) {
    step.end = BatchEnd::full;
  } else if (const auto limit = time_limit(plan, state)) {
    if (limit->first <= now) {
      step.end = limit->second;
    } else {
      step.due = limit->first;
    }
  }
  return step;
}

}  // namespace tidemill::events
