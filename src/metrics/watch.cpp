#include "metrics/watch.h"

#include "base/log.h"
#include "io/wake.h"
#include "metrics/judge.h"
#include "metrics/statistic.h"

namespace tidemill::metrics {
namespace {

constexpr auto minute = std::chrono::milliseconds(60'000);
constexpr auto pause_after_failure = std::chrono::milliseconds(5'000);
constexpr int alarms_a_step = 200;

struct Judged {
  Alarm alarm;
  Verdict verdict;
};

}  // namespace

struct Watch::State {
  explicit State(const Parts& p) : parts(p), wake(p.loops.executor(0)) {}

  Result<std::vector<Judged>> judge_all(store::Tx& tx, const std::vector<Alarm>& alarms,
                                        TimeMs end) {
    std::vector<Judged> changed;
    for (const auto& one : alarms) {
      const auto criteria = criteria_of(one);
      Evaluation seen{parts.clock.now(), {}};
      TM_TRY(seen.points, datapoints(tx, parts.ledger, criteria, end));
      auto verdict = judge(criteria, seen, one.state);
      if (verdict.state != one.state) changed.push_back({one, std::move(verdict)});
    }
    return changed;
  }

  /// Gives whether there are alarms at all.
  Task<Result<bool>> evaluate(TimeMs end) {
    std::int64_t after = 0;
    while (true) {
      auto list = [&](store::Tx& tx) { return AlarmBook::all(tx, after, alarms_a_step); };
      TM_CO_TRY(const auto alarms, co_await parts.store.read(list));
      if (alarms.empty()) co_return after > 0;
      if (after == 0) TM_CO_CHECK(co_await parts.sample(end.plus(-std::chrono::milliseconds(1))));
      after = alarms.back().id;
      auto look = [&](store::Tx& tx) {
        auto ask = [&](store::Tx& flushed) { return judge_all(flushed, alarms, end); };
        return parts.ledger.flushed(tx, ask);
      };
      TM_CO_TRY(const auto changed, co_await parts.metrics_store.write(look));
      if (changed.empty()) continue;
      auto change = [&](store::Tx& tx) -> Status {
        for (const auto& [one, verdict] : changed) TM_CHECK(parts.book.judge(tx, one, verdict));
        return {};
      };
      TM_CO_CHECK(co_await parts.store.write(change));
    }
  }

  /// Tells what waited for a suppressor long enough; wakes up for the next.
  Task<Status> release() {
    auto ask = [](store::Tx& tx) { return AlarmBook::next_release(tx); };
    TM_CO_TRY(auto next, co_await parts.store.read(ask));
    if (next && *next <= parts.clock.now()) {
      auto change = [this](store::Tx& tx) { return parts.book.release(tx); };
      TM_CO_TRY(next, co_await parts.store.write(change));
    }
    if (next) alarm->set(*next);
    co_return Status();
  }

  /// What is due now.
  Task<Status> work() {
    TM_CO_CHECK(co_await release());
    const auto end = evaluation_end(parts.clock.now());
    // Who was put since the minute's evaluation waits for the next one.
    bool is_needed = true;
    if (end != last) {
      TM_CO_TRY(is_needed, co_await evaluate(end));
      last = end;
    }
    if (is_needed) alarm->set(end.plus(minute));
    co_return Status();
  }

  static Task<void> run(std::shared_ptr<State> self) {
    while (!self->is_over) {
      const auto done = co_await self->work();
      if (done) {
        co_await self->wake.wait();
        continue;
      }
      TM_LOG(warn, "alarms", "alarms weren't evaluated", {{"reason", done.error().message}});
      co_await self->wake.wait_for(pause_after_failure);
    }
  }

  const Parts parts;
  io::Wake wake;  // Of loop 0, as is_over.
  io::Alarm* alarm = nullptr;
  std::optional<TimeMs> last;  // The evaluation's end.
  bool is_over = false;
};

Watch::Watch(const Parts& parts)
    : state_(std::make_shared<State>(parts)),
      alarm_(parts.loops, 0, parts.clock, [state = state_] { state->wake.notify(); }) {
  state_->alarm = &alarm_;
  parts.loops.spawn(0, [state = state_] { return State::run(state); });
}

Watch::~Watch() {
  state_->parts.loops.post(0, [state = state_] {
    state->is_over = true;
    state->wake.notify();
  });
}

void Watch::wake() {
  state_->parts.loops.post(0, [state = state_] { state->wake.notify(); });
}

namespace {

/// The periods of an evaluation, the oldest first; none has a value yet.
std::vector<Datapoint> periods_of(const Criteria& criteria, TimeMs from) {
  std::vector<Datapoint> points;
  for (int i = 0; i < criteria.periods; ++i) {
    points.push_back({.at = from.plus(std::chrono::seconds(criteria.period_s) * i)});
  }
  return points;
}

std::size_t index_of(TimeMs at, const Criteria& criteria, TimeMs from) {
  return std::size_t((at.ms - from.ms) / (criteria.period_s * 1000));
}

Result<std::vector<Datapoint>> computed(store::Tx& tx, Ledger& ledger, const Criteria& criteria,
                                        TimeMs from, TimeMs end) {
  DataQuery query{criteria.queries, from, end};
  for (auto& one : query.queries) {
    one.series.from = from;
    one.series.until = end;
  }
  auto points = periods_of(criteria, from);
  const auto windows = [&](const SeriesQuery& asked) { return ledger.windows(tx, asked); };
  const auto line = watched_line(windows, query);
  if (!line) {  // What doesn't fit only with today's values is missing.
    if (line.error().code == Errc::invalid_argument) return points;
    return std::unexpected(line.error());
  }
  for (const auto& [at, value] : line->samples) {
    auto& point = points[index_of(at, criteria, from)];
    point.value = value;
    point.samples = 1;
  }
  return points;
}

}  // namespace

Result<std::vector<Datapoint>> datapoints(store::Tx& tx, Ledger& ledger, const Criteria& criteria,
                                          TimeMs end) {
  const auto from = end.plus(-std::chrono::seconds(criteria.period_s) * criteria.periods);
  if (!criteria.queries.empty()) return computed(tx, ledger, criteria, from, end);
  const auto statistic = Statistic::parse(criteria.statistic).value();
  const SeriesQuery query{criteria.series,   from,          end,
                          criteria.period_s, criteria.unit, statistic.is_extended()};
  TM_TRY(const auto windows, ledger.windows(tx, query));
  auto points = periods_of(criteria, from);
  std::vector<Aggregate> all(points.size());  // Of whatever unit, where the alarm names none.
  for (const auto& window : windows) {
    all[index_of(window.at, criteria, from)].merge(window.aggregate);
  }
  for (std::size_t i = 0; i < points.size(); ++i) {
    if (all[i].count > 0) points[i].value = statistic.of(all[i]);
    points[i].samples = all[i].count;
  }
  return points;
}

}  // namespace tidemill::metrics
