#include "schedule/report.h"

#include <fmt/format.h>

#include "calendar/describe.h"
#include "schedule/book.h"

namespace tidemill::schedule {
namespace {

json::value text_or_null(const std::optional<TimeMs>& time) {
  return time ? json::value(iso_seconds(*time)) : json::value(nullptr);
}

Result<TimerRow> require_timer(store::Tx& tx, std::string_view arn) {
  TM_TRY(auto row, find_timer(tx, arn));
  if (row) return *std::move(row);
  return fail(Errc::not_found, "ResourceNotFoundException",
              fmt::format("{} has no schedule.", arn));
}

Result<json::array> deliveries_of(store::Tx& tx, std::int64_t event) {
  json::array out;
  const auto add = [&](const store::Row& row) {
    out.push_back(json::object{{"state", row.bytes(0)},
                               {"target", row.bytes(1)},
                               {"result", row.bytes(2)},
                               {"code", row.bytes(3)},
                               {"message", row.bytes(4)},
                               {"tries", row.integer(5)}});
    return true;
  };
  TM_CHECK(
      tx.each("SELECT state, target_arn, coalesce(result, ''), coalesce(code, ''),"
              " coalesce(message, ''), tries FROM deliveries WHERE event = $1 ORDER BY id",
              add, event));
  return out;
}

struct Told {
  TimeMs planned, decided;
  std::string fate, reason;
  std::optional<std::int64_t> event;
};

Result<std::vector<Told>> firings(store::Tx& tx, const TimerRow& timer, const Question& question) {
  const auto read = [](const store::Row& row) {
    return Told{{row.integer(0)}, {row.integer(3)}, row.text(1), row.text(2), row.maybe_integer(4)};
  };
  if (!question.at) {
    return tx.all(
        "SELECT planned_ms, fate, reason, decided_ms, event FROM firings"
        " WHERE timer = $1 ORDER BY planned_ms DESC LIMIT $2",
        read, timer.id, question.count);
  }
  TM_TRY(auto told, tx.all("SELECT planned_ms, fate, reason, decided_ms, event FROM firings"
                           " WHERE timer = $1 AND planned_ms >= $2 ORDER BY planned_ms LIMIT 1",
                           read, timer.id, question.at->ms));
  TM_TRY(const auto before,
         tx.all("SELECT planned_ms, fate, reason, decided_ms, event FROM firings"
                " WHERE timer = $1 AND planned_ms < $2 ORDER BY planned_ms DESC LIMIT 1",
                read, timer.id, question.at->ms));
  told.insert(told.end(), before.begin(), before.end());
  return told;
}

Result<json::array> history(store::Tx& tx, const TimerRow& timer, const calendar::Zone& zone,
                            const Question& question) {
  TM_TRY(const auto told, firings(tx, timer, question));
  json::array out;
  for (const auto& row : told) {
    json::object shown{{"planned", iso_seconds(row.planned)},
                       {"local", calendar::local_text(zone, row.planned)},
                       {"fate", row.fate},
                       {"reason", row.reason}};
    if (row.event) {
      shown["lateness_ms"] = row.decided.ms - row.planned.ms - timer.spread_ms;
      TM_TRY(shown["deliveries"], deliveries_of(tx, *row.event));
    }
    out.push_back(std::move(shown));
  }
  return out;
}

/// What is to be said of the instant that was asked for.
std::string verdict_at(const TimerRow& timer, const calendar::Timing& timing,
                       const std::vector<Told>& told, const Question& question) {
  const auto at = *question.at;
  for (const auto& row : told) {
    if (row.planned != at) continue;
    return row.reason.empty() ? row.fate : fmt::format("{}: {}", row.fate, row.reason);
  }
  std::vector<calendar::Skipped> skipped;
  const auto next = calendar::next_fire(timing, {at.ms - 1}, &skipped);
  for (const auto& s : skipped) {
    if (s.at == at) return "skipped: " + calendar::skipped_text(*timing.zone, s);
  }
  if (next != at) {
    return fmt::format("not planned then; {}",
                       next ? "the next after it is " + iso_seconds(*next) : "nor ever after");
  }
  if (question.now < at) return "still to come";
  if (!timer.enabled) return "it is disabled since";
  return at <= timer.decided
             ? "before this expression was set, or longer ago than the history goes back"
             : "due, and about to run";
}

json::array instants(const calendar::Timing& timing, TimeMs from, int count) {
  json::array out;
  auto next = calendar::next_fire(timing, from);
  for (; next && count > 0; --count, next = calendar::next_fire(timing, *next)) {
    out.push_back(json::object{{"utc", iso_seconds(*next)},
                               {"local", calendar::local_text(*timing.zone, *next)}});
  }
  return out;
}

}  // namespace

Result<calendar::Timing> timing_of(const TimerRow& row, calendar::Zones& zones) {
  calendar::Timing timing{.expression = {},
                          .dst = Policy::parse(row.policy).dst,
                          .start = row.start,
                          .end = row.end,
                          .base = row.base};
  TM_TRY(timing.expression,
         calendar::parse_expression(row.expression, calendar::Dialect::scheduler));
  TM_TRY(timing.zone, zones.find(row.zone));
  return timing;
}

Result<std::string> resolve(store::Tx& tx, const Scope& scope, std::string_view name) {
  const auto slash = std::min(name.find('/'), name.size());
  const auto group = slash == name.size() ? default_group : name.substr(0, slash);
  const auto last = slash == name.size() ? name : name.substr(slash + 1);
  for (const auto& arn :
       {std::string(name), make_arn("events", scope, fmt::format("rule/{}", name)),
        ScheduleKey{scope, std::string(group), std::string(last)}.arn()}) {
    TM_TRY(const auto found, find_timer(tx, arn));
    if (found) return arn;
  }
  TM_TRY(const auto groups,
         tx.all(
             "SELECT group_name FROM schedules WHERE account = $1 AND region = $2 AND name = $3",
             [](const store::Row& row) { return row.text(0); }, scope.account, scope.region, name));
  if (groups.size() == 1) return ScheduleKey{scope, groups[0], std::string(name)}.arn();
  return fail(Errc::not_found, "ResourceNotFoundException",
              groups.empty() ? fmt::format("there is no schedule and no scheduled rule {}", name)
                             : fmt::format("there are {} schedules {}; say GROUP/{}", groups.size(),
                                           name, name));
}

Result<json::object> preview(store::Tx& tx, calendar::Zones& zones, const Question& question) {
  TM_TRY(const auto timer, require_timer(tx, question.arn));
  TM_TRY(const auto timing, timing_of(timer, zones));
  json::array notes;
  for (const auto& note : calendar::notes_on(timing, question.now)) notes.emplace_back(note);
  const auto from = std::max(question.now, timer.decided);
  return json::object{
      {"arn", timer.arn},
      {"expression", timer.expression},
      {"timezone", timer.zone},
      {"zone_data", zones.version()},
      {"enabled", timer.enabled},
      {"start", text_or_null(timer.start)},
      {"end", text_or_null(timer.end)},
      {"spread_s", timer.spread_ms / 1000},
      {"policy", timer.policy},
      {"next", timer.enabled ? instants(timing, from, question.count) : json::array()},
      {"notes", std::move(notes)}};
}

Result<json::object> explain(store::Tx& tx, calendar::Zones& zones, const Question& question) {
  TM_TRY(auto story, preview(tx, zones, question));
  TM_TRY(const auto timer, require_timer(tx, question.arn));
  TM_TRY(const auto timing, timing_of(timer, zones));
  TM_TRY(story["history"], history(tx, timer, *timing.zone, question));
  if (question.at) {
    TM_TRY(const auto told, firings(tx, timer, question));
    story["verdict"] = verdict_at(timer, timing, told, question);
  }
  return story;
}

}  // namespace tidemill::schedule
