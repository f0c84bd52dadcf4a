#include "server/schedule_desk.h"

#include <charconv>

#include <fmt/format.h>

#include "glue/job.h"
#include "glue/job_store.h"
#include "glue/trigger.h"
#include "schedule/report.h"

namespace tidemill::server {
namespace {

constexpr int count_default = 10, count_max = 1000;
constexpr std::size_t heatmap_max = 200'000;

Result<std::optional<TimeMs>> time_of(const console::Question& question, const std::string& name) {
  const auto text = question.get(name);
  if (text.empty()) return std::nullopt;
  if (const auto time = parse_iso(text)) return time;
  return fail(Errc::invalid_argument,
              fmt::format("{} takes an ISO 8601 time, not \"{}\"", name, text));
}

Result<TimeMs> required_time(const console::Question& question, const std::string& name) {
  TM_TRY(const auto time, time_of(question, name));
  if (time) return *time;
  return fail(Errc::invalid_argument, fmt::format("{} is missing", name));
}

int count_of(const console::Question& question) {
  const auto text = question.get("count");
  int count = count_default;
  std::from_chars(text.data(), text.data() + text.size(), count);
  return std::clamp(count, 1, count_max);
}

/// The resources that a timer starts.
Result<std::vector<std::string>> targets_of(store::Tx& tx, const schedule::TimerRow& timer) {
  std::vector<std::string> arns;
  if (timer.kind == schedule::TimerKind::trigger) {
    TM_TRY(const auto trigger, glue::find_trigger(tx, timer.ref));
    if (!trigger) return arns;
    for (const auto& job : trigger->jobs()) arns.push_back(glue::job_arn(trigger->scope, job));
    return arns;
  }
  if (timer.kind == schedule::TimerKind::rule) {
    TM_TRY(const auto targets, events::targets_of(tx, timer.ref));
    for (const auto& target : targets) arns.push_back(target.arn);
    return arns;
  }
  TM_TRY(const auto row, schedule::Book::find(tx, timer.ref));
  if (row) arns.push_back(row->target.arn);
  return arns;
}

Result<std::optional<int>> limit_of(store::Tx& tx, std::string_view target) {
  const auto arn = Arn::parse(target);
  if (!arn || arn->service != "glue" || !arn->resource.starts_with("job/")) return std::nullopt;
  const auto job = glue::require_job(tx, {arn->account, arn->region}, arn->resource.substr(4));
  if (!job) return std::nullopt;
  return glue::plan_of(*job).concurrent_max;
}

std::string short_name(std::string_view arn) { return std::string(arn.substr(arn.find('/') + 1)); }

Result<json::object> collisions_in(store::Tx& tx, calendar::Zones& zones, TimeMs now) {
  TM_TRY(const auto timers, schedule::enabled_timers(tx, heatmap_max));
  std::vector<schedule::Planned> planned;
  schedule::Limits limits;
  for (const auto& timer : timers) {
    auto timing = schedule::timing_of(timer, zones);
    if (!timing) continue;
    TM_TRY(const auto targets, targets_of(tx, timer));
    for (const auto& target : targets) {
      planned.push_back({short_name(timer.arn), target, *timing, timer.spread_ms});
      if (limits.contains(target)) continue;
      TM_TRY(const auto limit, limit_of(tx, target));
      if (limit) limits[target] = *limit;
    }
  }
  return schedule::heatmap(planned, limits, now);
}

}  // namespace

void ScheduleDesk::open(console::Console& console) {
  using Endpoint = Answer (ScheduleDesk::*)(const console::Question&);
  const auto on = [&](const char* method, const char* path, Endpoint endpoint) {
    console.on(method, fmt::format("/_tidemill/api/schedules/{}", path),
               method == std::string_view("GET") ? "tidemill:Read" : "tidemill:Write",
               [this, endpoint](const console::Question& q) { return (this->*endpoint)(q); });
  };
  on("GET", "preview", &ScheduleDesk::preview);
  on("GET", "explain", &ScheduleDesk::explain);
  on("GET", "heatmap", &ScheduleDesk::heatmap);
  on("POST", "run-now", &ScheduleDesk::run_now);
  on("POST", "backfill", &ScheduleDesk::backfill);
  on("POST", "reload-zones", &ScheduleDesk::reload_zones);
}

ScheduleDesk::Answer ScheduleDesk::preview(const console::Question& question) {
  auto query = [&](store::Tx& tx) -> Result<json::value> {
    TM_TRY(auto arn, schedule::resolve(tx, question.caller.scope, question.get("name")));
    return schedule::preview(tx, scheduling_.zones(),
                             {std::move(arn), clock_.now(), count_of(question), {}});
  };
  co_return co_await store_.read(query);
}

ScheduleDesk::Answer ScheduleDesk::explain(const console::Question& question) {
  TM_CO_TRY(const auto at, time_of(question, "at"));
  auto query = [&](store::Tx& tx) -> Result<json::value> {
    TM_TRY(auto arn, schedule::resolve(tx, question.caller.scope, question.get("name")));
    return schedule::explain(tx, scheduling_.zones(),
                             {std::move(arn), clock_.now(), count_of(question), at});
  };
  co_return co_await store_.read(query);
}

Result<json::object> ScheduleDesk::collisions(store::Tx& tx) const {
  return collisions_in(tx, scheduling_.zones(), clock_.now());
}

ScheduleDesk::Answer ScheduleDesk::heatmap(const console::Question&) {
  auto query = [&](store::Tx& tx) -> Result<json::value> { return collisions(tx); };
  co_return co_await store_.read(query);
}

ScheduleDesk::Answer ScheduleDesk::run_now(const console::Question& question) {
  auto change = [&](store::Tx& tx) -> Result<json::value> {
    TM_TRY(const auto arn, schedule::resolve(tx, question.caller.scope, question.get("name")));
    TM_TRY(const auto event, scheduling_.engine().run_now(tx, arn));
    return json::object{{"arn", arn}, {"event", event}};
  };
  co_return co_await store_.write(change);
}

ScheduleDesk::Answer ScheduleDesk::backfill(const console::Question& question) {
  schedule::Engine::Backfill order;
  TM_CO_TRY(order.from, required_time(question, "from"));
  TM_CO_TRY(order.to, required_time(question, "to"));
  order.dry_run = question.get("dry_run") == "1";
  if (const auto overlap = question.get("overlap"); overlap == "buffer-all") {
    order.overlap = schedule::Overlap::buffer_all;
  } else if (!overlap.empty() && overlap != "allow") {
    co_return fail(Errc::invalid_argument, "overlap is allow or buffer-all");
  }
  auto change = [&](store::Tx& tx) -> Result<json::value> {
    TM_TRY(const auto arn, schedule::resolve(tx, question.caller.scope, question.get("name")));
    TM_TRY(const auto instants, scheduling_.engine().backfill(tx, arn, order));
    json::array shown;
    for (const auto at : instants) shown.emplace_back(iso_seconds(at));
    return json::object{{"arn", arn}, {"dry_run", order.dry_run}, {"runs", std::move(shown)}};
  };
  co_return co_await store_.write(change);
}

ScheduleDesk::Answer ScheduleDesk::reload_zones(const console::Question&) {
  auto change = [&](store::Tx&) -> Result<json::value> {
    const auto changed = scheduling_.engine().reload_zones();
    return json::object{{"zone_data", scheduling_.zones().version()}, {"replanned", changed}};
  };
  co_return co_await store_.write(change);
}

}  // namespace tidemill::server
