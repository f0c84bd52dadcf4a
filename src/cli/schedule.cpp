#include "cli/schedule.h"

#include <iostream>

#include <fmt/format.h>

#include "calendar/describe.h"
#include "calendar/jsonl.h"

namespace tidemill::cli {
namespace {

constexpr int done = 0, failed = 1, wrong_use = 2;

int report(const Status& status) {
  if (status) return done;
  std::cerr << "tidemill: " << status.error().message << '\n';
  if (!status.error().hint.empty()) std::cerr << "  " << status.error().hint << '\n';
  return failed;
}

struct Forecast {
  calendar::Timing timing;
  std::vector<TimeMs> instants;
  std::vector<calendar::Skipped> skipped;
  std::vector<std::string> notes;
};

Result<Forecast> forecast(const ScheduleOrder& order, calendar::Zones& zones) {
  Forecast out;
  TM_TRY(
      out.timing.expression,
      calendar::parse_expression(order.expression, order.for_rule ? calendar::Dialect::rule
                                                                  : calendar::Dialect::scheduler));
  TM_TRY(out.timing.zone, zones.find(order.timezone));
  auto from = SystemClock().now();
  if (!order.from.empty()) {
    const auto given = parse_iso(order.from);
    if (!given) {
      return fail(Errc::invalid_argument,
                  fmt::format("--from takes an ISO 8601 time, not \"{}\"", order.from));
    }
    from = *given;
  }
  out.timing.base = from;
  out.notes = calendar::notes_on(out.timing, from);
  std::optional<TimeMs> at = from;
  for (int i = 0; i < order.count; ++i) {
    at = calendar::next_fire(out.timing, *at, &out.skipped);
    if (!at) break;
    out.instants.push_back(*at);
  }
  return out;
}

json::value as_json(const Forecast& forecast, const ScheduleOrder& order,
                    const std::string& version) {
  json::array instants, notes;
  for (const auto at : forecast.instants) {
    instants.push_back(
        json::object{{"utc", iso_seconds(at)}, {"local", local_text(*forecast.timing.zone, at)}});
  }
  for (const auto& note : forecast.notes) notes.emplace_back(note);
  return json::object{{"expression", order.expression},
                      {"timezone", order.timezone},
                      {"zone_data", version},
                      {"next", std::move(instants)},
                      {"notes", std::move(notes)}};
}

Status next(const ScheduleOrder& order, const Query& query) {
  calendar::Zones zones;
  TM_TRY(const auto found, forecast(order, zones));
  const auto& style = query.style;
  if (query.json) {
    std::cout << json::dump(as_json(found, order, zones.version())) << "\n";
    return {};
  }
  std::vector<std::vector<std::string>> rows;
  for (const auto at : found.instants) {
    rows.push_back({local_text(*found.timing.zone, at), iso_seconds(at)});
  }
  std::cout << style.strong(order.expression)
            << style.faint(fmt::format("  {}, zone data {}\n", order.timezone, zones.version()));
  if (!rows.empty()) std::cout << table({"LOCAL", "UTC"}, rows, style);
  for (const auto& note : found.notes) std::cout << style.faint("note: " + note) << "\n";
  return {};
}

}  // namespace

void add_schedule(CLI::App& app, ScheduleOrder& order, Query& query) {
  auto* schedule = app.add_subcommand("schedule", "Schedules: when they fire, and why not");
  schedule->require_subcommand(1);
  auto* next = schedule->add_subcommand("next", "When an expression fires, without a server");
  next->add_option("EXPRESSION", order.expression, "cron(…), rate(…) or at(…)");
  next->add_option("--timezone,--tz", order.timezone, "An IANA time zone")
      ->type_name("ZONE")
      ->capture_default_str();
  next->add_option("--from", order.from, "After this ISO 8601 time [now]")->type_name("TIME");
  next->add_option("--count", order.count, "So many times")
      ->type_name("N")
      ->check(CLI::Range(1, 10'000))
      ->capture_default_str();
  next->add_flag("--rule", order.for_rule, "As EventBridge rules read it: no at(), strict units");
  next->add_flag("--jsonl", order.jsonl, "Answer questions from standard input, a line each");
  next->add_flag("--json", query.json, "Print JSON");
  next->footer("Example: tidemill schedule next 'cron(0 9 ? * MON-FRI *)' --tz Europe/Berlin\n");
}

int run_schedule(const CLI::App& schedule, const ScheduleOrder& order, const Query& query) {
  (void)schedule;
  if (order.jsonl) {
    calendar::Zones zones;
    return calendar::run_jsonl(std::cin, std::cout, zones);
  }
  if (order.expression.empty()) {
    std::cerr << "tidemill: schedule next needs an expression, or --jsonl\n";
    return wrong_use;
  }
  return report(next(order, query));
}

}  // namespace tidemill::cli
